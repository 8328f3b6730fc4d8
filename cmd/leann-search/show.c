/* Printing hits; see show.h. */
#include "show.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "algo/lang.h"
#include "algo/outline.h"
#include "base/utf8.h"
#include "preview.h"

#define ON(s, code) ((s)->colour ? "\033[" code "m" : "")

/* What the passage is under, appended to out; nothing for records and stale files. */
static void heading(const struct engine *g, const struct source_passage *p, uint32_t chunk,
		    struct buf *out)
{
	struct index_chunk c;
	struct index_file f;
	struct err ignored;
	size_t at, n;
	if (p->status != SOURCE_FRESH || !p->raw || index_chunk(&g->ix, chunk, &c, &ignored))
		return;
	index_file(&g->ix, c.file, &f);
	const char *name = index_lang(&g->ix, f.lang);
	const struct lang *l = lang_by_name(name, strlen(name));
	enum outline_kind kind = l && l->style == STYLE_CODE ? OUTLINE_CODE : OUTLINE_PROSE;
	if ((f.flags & FILE_RECORDS) || c.off_bytes >= p->n_raw)
		return;
	if (outline_find((const char *)p->raw, p->n_raw, (size_t)c.off_bytes, kind, &at, &n))
		utf8_repair(out, p->raw + at, n < 160 ? n : 160);
}

/* The path as a person here would type it: relative to the working directory when below it. */
static void here(const struct buf *path, const char **p, size_t *n)
{
	char cwd[4096];
	*p = (const char *)path->p;
	*n = path->len;
	if (!getcwd(cwd, sizeof cwd))
		return;
	size_t k = strlen(cwd);
	if (k > 1 && *n > k + 1 && !memcmp(*p, cwd, k) && (*p)[k] == '/') {
		*p += k + 1;
		*n -= k + 1;
	}
}

struct hit_text {
	struct source_passage p;
	struct buf head, preview;
	const char *path;
	size_t n_path, preview_line;
	const char *lang;
};

static int load_hit(const struct show *s, struct engine *g, const struct wire_text *question,
		    uint32_t chunk, struct hit_text *t, struct err *e)
{
	struct index_chunk c;
	struct index_file f;
	buf_clear(&t->head);
	buf_clear(&t->preview);
	if (source_passage(g->src, chunk, &t->p, e) || index_chunk(&g->ix, chunk, &c, e))
		return -1;
	index_file(&g->ix, c.file, &f);
	t->lang = index_lang(&g->ix, f.lang);
	here(&t->p.path, &t->path, &t->n_path);
	heading(g, &t->p, chunk, &t->head);
	if (t->p.status == SOURCE_FRESH)
		preview_lines((const char *)t->p.text.p, t->p.text.len, question->p, question->n,
			      s->json ? 8 : s->n_lines, &t->preview, &t->preview_line);
	return 0;
}

static const char *stale_word(const struct source_passage *p)
{
	return p->status == SOURCE_MISSING ? "missing" : "changed";
}

static void print_person(const struct show *s, const struct search_hit *h, const struct hit_text *t)
{
	struct buf path = BUF_INIT, text = BUF_INIT;
	preview_safe(&path, t->path, t->n_path, s->tty);
	printf("%s%s%s", ON(s, "35"), (const char *)path.p, ON(s, "0"));
	if (t->p.status == SOURCE_FRESH)
		printf(":%s%llu-%llu%s", ON(s, "32"), (unsigned long long)t->p.first_line,
		       (unsigned long long)t->p.last_line, ON(s, "0"));
	printf("  %.3f", (double)h->score);
	if (t->p.id.len) {
		preview_safe(&text, (const char *)t->p.id.p, t->p.id.len, s->tty);
		printf("  [%s]", (const char *)text.p);
	}
	if (t->head.len) {
		buf_clear(&text);
		preview_safe(&text, (const char *)t->head.p, t->head.len, s->tty);
		printf("  %s%s%s", ON(s, "1"), (const char *)text.p, ON(s, "0"));
	}
	if (t->p.status != SOURCE_FRESH)
		printf("  %s(stale: the file %s)%s", ON(s, "31"),
		       t->p.status == SOURCE_MISSING ? "is gone or cannot be read"
						  : "changed since it was indexed",
		       ON(s, "0"));
	putchar('\n');
	for (size_t at = 0; at < t->preview.len;) {
		const char *p = (const char *)t->preview.p + at,
			   *lf = memchr(p, '\n', t->preview.len - at);
		size_t n = lf ? (size_t)(lf - p) : t->preview.len - at, shown = n < 200 ? n : 200;
		while (shown < n && shown && ((unsigned char)p[shown] & 0xc0) == 0x80)
			shown--;
		buf_clear(&text);
		preview_safe(&text, p, shown, s->tty);
		printf("    %s%s\n", text.len ? (const char *)text.p : "", shown < n ? " ..." : "");
		at += n + 1;
	}
	buf_release(&path);
	buf_release(&text);
}

static struct js *json_hit(const struct search_hit *h, const struct hit_text *t)
{
	struct js *o = js_new_obj(), *item = js_new_obj();
	bool fresh = t->p.status == SOURCE_FRESH;
	js_set(item, "path", js_new_path(t->p.path.p, t->p.path.len));
	if (fresh) {
		js_set(item, "startLine", js_new_int((int64_t)t->p.first_line));
		js_set(item, "endLine", js_new_int((int64_t)t->p.last_line));
	}
	js_set(item, "language", js_new_str(t->lang));
	if (t->p.id.len)
		js_set(item, "id", js_new_strn((const char *)t->p.id.p, t->p.id.len));
	if (t->head.len)
		js_set(item, "symbol", js_new_strn((const char *)t->head.p, t->head.len));
	js_set(o, "item", item);
	js_set(o, "score", js_new_real((double)h->score));
	js_set(o, "exact", js_new_bool(h->exact));
	js_set(o, "chunk", js_new_int(h->chunk));
	js_set(o, "preview",
	       fresh ? js_new_strn((const char *)t->preview.p, t->preview.len) : js_new_null());
	if (!fresh)
		js_set(o, "stale", js_new_str(stale_word(&t->p)));
	return o;
}

static struct js *json_answer(const struct show *s, const struct wire_text *question,
			      const struct answer *a, const struct latency *t, struct js *items)
{
	struct js *o = js_new_obj(), *l = js_new_obj();
	js_set(o, "query", js_new_strn(question->p, question->n));
	js_set(o, "items", items);
	js_set(l, "total_ms", js_new_real(s->total_ms));
	js_set(l, "embed_ms", js_new_real(t->embed_ms));
	js_set(l, "search_ms", js_new_real(t->search_ms));
	js_set(l, "recompute_ms", js_new_real(t->recompute_ms));
	js_set(o, "latency", l);
	js_set(o, "recomputed", js_new_int((int64_t)a->n_recomputed));
	return o;
}

int show_answer(struct show *s, struct engine *g, const struct wire_text *question,
		const struct answer *a, const struct latency *lat, struct err *e)
{
	struct hit_text t = {.p = SOURCE_PASSAGE_INIT};
	struct js *items = s->json ? js_new_arr() : NULL;
	int r = 0;
	for (size_t i = 0; i < a->n_hits && !r; i++) {
		r = load_hit(s, g, question, a->hits[i].chunk, &t, e);
		s->n_hits++;
		s->n_stale += t.p.status != SOURCE_FRESH;
		if (!r && s->json)
			js_push(items, json_hit(&a->hits[i], &t));
		else if (!r)
			print_person(s, &a->hits[i], &t);
	}
	if (s->json) {
		struct js *o = json_answer(s, question, a, lat, items);
		struct buf b = BUF_INIT;
		js_dump(o, 0, &b);
		if (!r)
			puts((const char *)b.p);
		buf_release(&b);
		js_free(o);
	}
	source_passage_release(&t.p);
	buf_release(&t.head);
	buf_release(&t.preview);
	return r;
}
