/* Lines of JSON to the members of a bundle; see text_index.h. */
#include "fmt/text_index_get.h"

#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "fmt/index_build.h"

struct text_index {
	struct js *extra, *order;		/* of the first line; NULL before it came */
	struct index_build *ib;
	struct index_counts n;
	struct rec_file file;			/* the latest */
	struct buf codes;			/* (n_chunks, m) */
	size_t m;				/* bytes of a code */
	struct bundle_part member[BUNDLE_MEMBERS_MAX];	/* of member lines; p owned */
	char *name[BUNDLE_MEMBERS_MAX];
	size_t n_members;
	struct buf packed;			/* codes in blocks */
};

struct text_index *text_index_new(void)
{
	struct text_index *t = mem_calloc(1, sizeof *t);
	t->ib = index_build_new();
	return t;
}

void text_index_free(struct text_index *t)
{
	if (!t)
		return;
	js_free(t->extra);
	js_free(t->order);
	index_build_free(t->ib);
	buf_release(&t->codes);
	buf_release(&t->packed);
	for (size_t i = 0; i < t->n_members; i++) {
		mem_free((void *)(uintptr_t)t->member[i].p);
		mem_free(t->name[i]);
	}
	mem_free(t);
}

/* Item i as a whole number up to max. */
static int get_num(const struct js *j, size_t i, uint64_t max, uint64_t *out, struct err *e)
{
	const struct js *v = js_at(j, i);
	if (js_type(v) != JS_INT || js_int(v) < 0 || (uint64_t)js_int(v) > max)
		return err_set(e, ERR_DATA, "item %zu is no whole number up to %llu", i,
			       (unsigned long long)max);
	*out = (uint64_t)js_int(v);
	return 0;
}

static int nibble(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Item i, hexadecimal, appended to out as bytes. */
static int get_hex(const struct js *j, size_t i, struct buf *out, size_t *n_bytes, struct err *e)
{
	size_t n;
	const char *s = js_str(js_at(j, i), &n);
	if (!s || n % 2)
		return err_set(e, ERR_DATA, "item %zu is not hexadecimal", i);
	for (size_t k = 0; k < n; k += 2) {
		int hi = nibble((unsigned char)s[k]), lo = nibble((unsigned char)s[k + 1]);
		if (hi < 0 || lo < 0)
			return err_set(e, ERR_DATA, "item %zu is not hexadecimal", i);
		buf_addc(out, hi << 4 | lo);
	}
	*n_bytes = n / 2;
	return 0;
}

static int take_head(struct text_index *t, const struct js *j, struct err *e)
{
	const struct js *extra = js_at(j, 1), *order = js_at(j, 2);
	if (t->extra)
		return err_set(e, ERR_DATA, "a second \"index\" line");
	if (js_type(extra) != JS_OBJ || js_type(order) != JS_ARR ||
	    js_len(order) > BUNDLE_MEMBERS_MAX)
		return err_set(e, ERR_DATA, "want [\"index\", {manifest}, [names of members]]");
	for (size_t i = 0; i < js_len(order); i++)
		if (!js_str(js_at(order, i), NULL))
			return err_set(e, ERR_DATA, "name %zu of the members is no string", i);
	t->extra = bundle_extra(extra);
	t->order = js_copy(order);
	return 0;
}

static int take_file(struct text_index *t, const struct js *j, struct err *e)
{
	struct rec_file *f = &t->file;
	struct buf path = BUF_INIT, hash = BUF_INIT;
	uint64_t id, flags;
	size_t n;
	int r = -1;
	*f = (struct rec_file){0};
	f->lang = js_str(js_at(j, 7), &f->n_lang);
	if (get_num(j, 1, UINT32_MAX, &id, e) || get_num(j, 2, UINT32_MAX, &f->root, e) ||
	    get_num(j, 4, INT64_MAX, &f->size_bytes, e) || get_num(j, 8, FILE_FLAGS_MAX, &flags, e) ||
	    ((flags & FILE_EXTRACTED) && get_num(j, 9, INT64_MAX, &f->text_bytes, e)) ||
	    get_hex(j, 6, &hash, &n, e))
		goto out;
	if (id != t->n.n_files) {
		err_set(e, ERR_DATA, "file %llu, the next is %llu", (unsigned long long)id,
			(unsigned long long)t->n.n_files);
	} else if (js_unpath(js_at(j, 3), &path) || !path_is_safe(path.p, path.len)) {
		err_set(e, ERR_DATA, "item 3 is no path below a root");
	} else if (js_type(js_at(j, 5)) != JS_INT || n != 8 || !f->lang) {
		err_set(e, ERR_DATA,
			"want [\"file\", number, root, path, size, mtime, hash, language, flags]");
	} else {
		f->flags = (unsigned)flags;
		f->mtime_ns = js_int(js_at(j, 5));
		for (size_t i = 0; i < 8; i++)
			f->hash = f->hash << 8 | hash.p[i];
		f->path = path.p;
		f->n_path = path.len;
		r = index_build_file(t->ib, f, e);
	}
out:
	buf_release(&path);
	buf_release(&hash);
	index_build_counts(t->ib, &t->n);
	return r;
}

static int take_chunk(struct text_index *t, const struct js *j, struct err *e)
{
	struct rec_chunk c = {0};
	size_t m;
	if (get_num(j, 1, UINT32_MAX, &c.id, e) || get_num(j, 2, UINT32_MAX, &c.file, e) ||
	    get_num(j, 3, INT64_MAX, &c.off_bytes, e) ||
	    get_num(j, 4, STREAM_RECORD_MAX, &c.len_bytes, e) ||
	    get_num(j, 5, UINT32_MAX, &c.sub_off_bytes, e) ||
	    get_num(j, 6, UINT32_MAX, &c.sub_len_bytes, e) || get_hex(j, 7, &t->codes, &m, e))
		return -1;
	if (c.id != t->n.n_chunks || c.file + 1 != t->n.n_files)
		return err_set(
			e, ERR_DATA, "chunk %llu of file %llu, the next is chunk %llu of file %llu",
			(unsigned long long)c.id, (unsigned long long)c.file,
			(unsigned long long)t->n.n_chunks, (unsigned long long)t->n.n_files - 1);
	if (c.id && m != t->m)
		return err_set(e, ERR_DATA, "a code of %zu bytes, those before have %zu", m, t->m);
	t->m = m;
	index_build_chunk(t->ib, &c);
	index_build_counts(t->ib, &t->n);
	return 0;
}

static int take_member(struct text_index *t, const struct js *j, struct err *e)
{
	size_t n;
	const char *name = js_str(js_at(j, 1), NULL), *text = js_str(js_at(j, 2), &n);
	struct buf b = BUF_INIT;
	if (!name || !bundle_name_ok(name) || !text || t->n_members == BUNDLE_MEMBERS_MAX ||
	    base64_get(&b, text, n)) {
		buf_release(&b);
		return err_set(e, ERR_DATA, "want [\"member\", name, base64], at most %d of them",
			       BUNDLE_MEMBERS_MAX);
	}
	size_t i = t->n_members++;
	t->name[i] = mem_strdup(name);
	t->member[i] = (struct bundle_part){.name = t->name[i], .n = b.len};
	t->member[i].p = buf_detach(&b);
	return 0;
}

static int take(struct text_index *t, const struct js *j, struct err *e)
{
	const char *word = js_str(js_at(j, 0), NULL);
	if (!word)
		return err_set(e, ERR_DATA, "want an array that begins with a word");
	if (!strcmp(word, "index"))
		return take_head(t, j, e);
	if (!t->extra)
		return err_set(e, ERR_DATA, "want the \"index\" line first, not \"%s\"", word);
	if (!strcmp(word, "file"))
		return take_file(t, j, e);
	if (!strcmp(word, "chunk"))
		return take_chunk(t, j, e);
	if (!strcmp(word, "member"))
		return take_member(t, j, e);
	return err_set(e, ERR_DATA, "unknown word \"%s\": index, file, chunk and member are known",
		       word);
}

int text_index_take(struct text_index *t, const struct js *j, const char *where, struct err *e)
{
	return take(t, j, e) ? err_prefix(e, "%s", where) : 0;
}

int text_index_line(struct text_index *t, const void *line, size_t n, const char *where,
		    struct err *e)
{
	struct js *j;
	if (js_parse(line, n, where, &j, e))
		return -1;
	int r = text_index_take(t, j, where, e);
	js_free(j);
	return r;
}

/*
 * Rows of m bytes to the blocks of member "codes": 64 chunks, column-wise, the last filled with
 * 0.
 */
static void pack_codes(struct buf *out, const uint8_t *codes, size_t n, size_t m)
{
	for (size_t i = 0; i < n; i += INDEX_BLOCK) {
		size_t k = n - i < INDEX_BLOCK ? n - i : INDEX_BLOCK, at = out->len;
		buf_zero(out, INDEX_BLOCK * m);
		for (size_t j = 0; j < m; j++)
			for (size_t c = 0; c < k; c++)
				out->p[at + j * INDEX_BLOCK + c] = codes[(i + c) * m + j];
	}
}

int text_index_make(struct text_index *t, struct bundle_part *part, size_t *n_parts, struct err *e)
{
	struct bundle_part made[5];
	size_t n;
	*n_parts = 0;
	if (index_build_parts(t->ib, made, &n, e))
		return -1;
	/* stored text has a member line of its own */
	for (size_t i = 0; i < n; i++)
		if (strcmp(made[i].name, "text"))
			part[(*n_parts)++] = made[i];
	if (t->n.n_chunks && t->m) {
		pack_codes(&t->packed, t->codes.p, (size_t)t->n.n_chunks, t->m);
		part[(*n_parts)++] = (struct bundle_part){"codes", t->packed.p, t->packed.len};
	}
	return 0;
}

static const struct bundle_part *find(const struct bundle_part *part, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(part[i].name, name))
			return &part[i];
	return NULL;
}

int text_index_parts(struct text_index *t, const struct js **extra, struct bundle_part *part,
		     size_t *n_parts, struct err *e)
{
	struct bundle_part made[5];
	size_t n_made;
	if (!t->extra)
		return err_set(e, ERR_DATA, "no \"index\" line");
	if (text_index_make(t, made, &n_made, e))
		return -1;
	*extra = t->extra;
	*n_parts = js_len(t->order);
	for (size_t i = 0; i < *n_parts; i++) {
		const char *name = js_str(js_at(t->order, i), NULL);
		const struct bundle_part *p = find(t->member, t->n_members, name);
		if (!p)
			p = find(made, n_made, name);
		if (!p)
			return err_set(e, ERR_DATA, "no lines for member %s", name);
		part[i] = *p;
	}
	return 0;
}
