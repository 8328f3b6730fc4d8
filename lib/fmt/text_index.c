/* A bundle as lines of JSON; see text_index.h. Reading them back: text_index_get.c. */
#include "fmt/text_index.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "fmt/index_lists.h"
#include "fmt/text_index_get.h"

/* Where the lines go: out, and at the same time into t, to see which members they give back. */
struct writer {
	const struct index *ix;
	uint32_t *place;		/* of each chunk's code; NULL: its number */
	int (*put)(void *ctx, const struct buf *line, struct err *e);
	void *ctx;
	struct text_index *t;
	struct buf line;
};

/* Takes j. */
static int put_js(struct writer *w, struct js *j, struct err *e)
{
	buf_clear(&w->line);
	js_dump(j, 0, &w->line);
	int r = text_index_take(w->t, j, "text", e) ? -1 : w->put(w->ctx, &w->line, e);
	js_free(j);
	return r;
}

static struct js *line_of(const char *word)
{
	struct js *a = js_new_arr();
	js_push(a, js_new_str(word));
	return a;
}

static void push_num(struct js *a, uint64_t v)
{
	js_push(a, js_new_int((int64_t)v));
}

static int put_head(struct writer *w, struct err *e)
{
	struct js *a = line_of("index"), *names = js_new_arr();
	for (size_t i = 0; i < w->ix->b.n_members; i++)
		js_push(names, js_new_str(w->ix->b.member[i].name));
	js_push(a, bundle_extra(w->ix->b.manifest));
	js_push(a, names);
	return put_js(w, a, e);
}

static int put_file_line(struct writer *w, size_t i, struct err *e)
{
	struct index_file f;
	struct buf path = BUF_INIT;
	char hex[17];
	index_file(w->ix, i, &f);
	if (index_path(w->ix, i, &path, e))
		return -1;
	snprintf(hex, sizeof hex, "%016llx", (unsigned long long)f.hash);
	struct js *a = line_of("file");
	push_num(a, i);
	push_num(a, f.root);
	js_push(a, js_new_path(path.p, path.len));
	push_num(a, f.size_bytes);
	js_push(a, js_new_int(f.mtime_ns));
	js_push(a, js_new_str(hex));
	js_push(a, js_new_str(index_lang(w->ix, f.lang)));
	push_num(a, f.flags);
	if (f.flags & FILE_EXTRACTED)
		push_num(a, f.text_bytes);
	buf_release(&path);
	return put_js(w, a, e);
}

static int put_chunk_line(struct writer *w, size_t i, struct err *e)
{
	const struct index *ix = w->ix;
	struct index_chunk c;
	struct buf hex = BUF_INIT;
	uint8_t code[DIM_MAX];
	if (index_chunk(ix, i, &c, e) || index_code(ix, w->place, i, code, e))
		return -1;
	for (size_t j = 0; j < ix->pq.m; j++)
		buf_printf(&hex, "%02x", code[j]);
	struct js *a = line_of("chunk");
	push_num(a, i);
	push_num(a, c.file);
	push_num(a, c.off_bytes);
	push_num(a, c.len_bytes);
	push_num(a, c.sub_off_bytes);
	push_num(a, c.sub_len_bytes);
	js_push(a, js_new_str((const char *)hex.p));
	buf_release(&hex);
	return put_js(w, a, e);
}

static int put_member(struct writer *w, const struct bundle_member *m, struct err *e)
{
	struct buf b = BUF_INIT;
	base64_put(&b, m->p, m->n);
	struct js *a = line_of("member");
	js_push(a, js_new_str(m->name));
	js_push(a, js_new_strn(m->n ? (const char *)b.p : "", b.len));
	buf_release(&b);
	return put_js(w, a, e);
}

/* Members that the lines so far do not give, or not with the same bytes. */
static int put_members(struct writer *w, struct err *e)
{
	struct bundle_part made[5];
	size_t n_made;
	if (text_index_make(w->t, made, &n_made, e))
		return -1;
	for (size_t i = 0; i < w->ix->b.n_members; i++) {
		const struct bundle_member *m = &w->ix->b.member[i];
		bool same = false;
		for (size_t k = 0; k < n_made; k++)
			same |= !strcmp(made[k].name, m->name) && made[k].n == m->n &&
				!memcmp(made[k].p, m->p, m->n);
		if (!same && put_member(w, m, e))
			return -1;
	}
	return 0;
}

static int put_lines(struct writer *w, struct err *e)
{
	if (put_head(w, e))
		return -1;
	for (size_t i = 0; i < w->ix->n_files; i++) {
		struct index_file f;
		index_file(w->ix, i, &f);
		if (put_file_line(w, i, e))
			return -1;
		for (uint64_t k = f.first_chunk; k < f.first_chunk + f.n_chunks; k++)
			if (put_chunk_line(w, (size_t)k, e))
				return -1;
	}
	return put_members(w, e);
}

int text_index_lines(const struct index *ix,
		     int (*put)(void *ctx, const struct buf *line, struct err *e), void *ctx,
		     struct err *e)
{
	if (!ix->chunks)
		return err_set(e, ERR_DATA, "%s: has no spans of passages to write as lines: "
			       "leann-bundle cat finds them again", ix->b.path);
	struct writer w = {.ix = ix, .put = put, .ctx = ctx, .t = text_index_new()};
	int r = ix->lists ? index_places(ix, &w.place, e) : 0;
	if (!r)
		r = put_lines(&w, e);
	mem_free(w.place);
	text_index_free(w.t);
	buf_release(&w.line);
	return r;
}
