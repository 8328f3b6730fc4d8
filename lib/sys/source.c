/* Passages from their files; see source.h. */
#define _GNU_SOURCE	/* realpath */
#include "sys/source.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "sys/jsonl.h"
#include "sys/readfile.h"

enum {
	CACHE_FILES = 32,
	CACHE_BYTES = 64 << 20,		/* of all files but the current one */
	FILE_MAX = 1 << 30,		/* no larger file was ever indexed: leann-chunk(1) */
};

struct entry {
	size_t file;
	bool used;
	uint64_t tick;			/* of the last use */
	enum source_status status;
	struct buf path, bytes;
	struct buf spans;		/* of an index without: struct source_span, one a chunk */
	size_t line_off, line; /* byte line_off is on this line: counting goes on from here */
};

struct source {
	const struct index *ix;
	char *root;			/* instead of the index's; NULL: none */
	struct source_opts o;		/* its root is not kept */
	struct readfile rf;
	struct entry cache[CACHE_FILES];
	uint64_t tick;
	struct buf fixed;		/* scratch: a record's text */
	uint64_t *unreadable;		/* a bit a file; NULL: none was */
	size_t n_unreadable;
	char *why;			/* of the first */
};

int source_open(const struct index *ix, const struct source_opts *o, struct source **out,
		struct err *e)
{
	char real[PATH_MAX];
	if (o->root && ix->n_roots > 1)
		return err_set(e, ERR_USAGE,
			       "%s: files are below %zu roots: another root can stand for one only",
			       ix->b.path, ix->n_roots);
	if (!ix->chunks && !o->cut)
		return err_set(e, ERR_DATA, "%s: has no spans of passages, and this program does "
			       "not cut files", ix->b.path);
	if (o->root && !realpath(o->root, real))
		return err_sys(e, "%s", o->root);
	struct source *s = mem_calloc(1, sizeof *s);
	s->ix = ix;
	s->o = *o;
	s->o.root = NULL;
	s->root = o->root ? mem_strdup(real) : NULL;
	s->rf = (struct readfile)READFILE_INIT;
	*out = s;
	return 0;
}

static void forget(struct entry *n)
{
	buf_release(&n->path);
	buf_release(&n->bytes);
	buf_release(&n->spans);
	*n = (struct entry){0};
}

void source_free(struct source *s)
{
	if (!s)
		return;
	source_forget(s);
	readfile_release(&s->rf);
	buf_release(&s->fixed);
	mem_free(s->root);
	mem_free(s);
}

static int index_damaged(const struct source *s, size_t i_chunk, const char *what, struct err *e)
{
	return err_set(e, ERR_DATA, "%s: damaged index: chunk %zu: %s", s->ix->b.path, i_chunk,
		       what);
}

void source_forget(struct source *s)
{
	for (size_t i = 0; i < CACHE_FILES; i++)
		forget(&s->cache[i]);
	mem_free(s->unreadable);
	mem_free(s->why);
	s->unreadable = NULL;
	s->why = NULL;
	s->n_unreadable = 0;
}

void source_note_unreadable(struct source *s, size_t file, const char *why)
{
	if (!s->unreadable) {
		s->unreadable = mem_calloc(s->ix->n_files / 64 + 1, sizeof *s->unreadable);
		s->why = mem_strdup(why);
	}
	uint64_t bit = (uint64_t)1 << file % 64, *word = &s->unreadable[file / 64];
	s->n_unreadable += !(*word & bit);
	*word |= bit;
}

size_t source_unreadable(const struct source *s, const char **why)
{
	*why = s->why ? s->why : "";
	return s->n_unreadable;
}

const struct index *source_index(const struct source *s)
{
	return s->ix;
}

const char *source_root(const struct source *s)
{
	return s->root;
}

/* A file's bytes as they are now, checked against what was indexed. */
static int load_file(struct source *s, const struct index_file *f, struct entry *n,
		     const char *root, const char *rel, struct err *e)
{
	struct file_meta meta;
	uint64_t max = f->size_bytes < FILE_MAX ? f->size_bytes : FILE_MAX;
	switch (readfile(&s->rf, root, rel, max, &n->bytes, &meta, e)) {
	case READ_OK:
		n->status = n->bytes.len == f->size_bytes &&
					    hash64(n->bytes.p, n->bytes.len) == f->hash
				    ? SOURCE_FRESH
				    : SOURCE_CHANGED;
		break;
	case READ_TOO_BIG:
	case READ_CHANGED: n->status = SOURCE_CHANGED; break;
	case READ_DENIED:
		n->status = SOURCE_UNREADABLE;
		source_note_unreadable(s, n->file, e->msg);
		break;
	case READ_ERROR:
	case READ_STARVED: return -1;
	case READ_GONE:
	case READ_NOT_REGULAR: n->status = SOURCE_MISSING; break;
	}
	if (n->status != SOURCE_FRESH)
		buf_release(&n->bytes);
	return 0;
}

static int load_stored(struct source *s, size_t file, const struct index_file *f, struct entry *n,
		       struct err *e)
{
	if (f->size_bytes > FILE_MAX)
		return err_set(e, ERR_DATA,
			       "%s: damaged index: stored file %zu has %llu bytes, the limit is %d",
			       s->ix->b.path, file, (unsigned long long)f->size_bytes, FILE_MAX);
	if (index_text(s->ix, file, 0, (size_t)f->size_bytes, &n->bytes, e))
		return -1;
	if (hash64(n->bytes.p, n->bytes.len) != f->hash)
		return err_set(
			e, ERR_DATA,
			"%s: damaged index: stored file %zu has another hash than the index says",
			s->ix->b.path, file);
	n->status = SOURCE_FRESH;
	return 0;
}

/* Where the index has no spans: those of the file, which has to have as many as it had. */
static int cut(const struct source *s, const struct index_file *f, struct entry *n, struct err *e)
{
	if (s->ix->chunks || n->status != SOURCE_FRESH)
		return 0;
	if (s->o.cut(s->o.cut_ctx, f, n->bytes.p, n->bytes.len, &n->spans, e))
		return -1;
	if (n->spans.len == f->n_chunks * sizeof(struct source_span))
		return 0;
	n->status = SOURCE_RECUT;
	buf_release(&n->spans);
	buf_release(&n->bytes);
	return 0;
}

static int load(struct source *s, size_t file, struct entry *n, struct err *e)
{
	struct index_file f;
	struct buf rel = BUF_INIT;
	int r = -1;
	index_file(s->ix, file, &f);
	n->file = file;
	n->line = 1;
	if (index_path(s->ix, file, &rel, e))
		goto out;
	if (f.flags & FILE_STORED) {
		buf_add(&n->path, rel.p, rel.len);
		r = load_stored(s, file, &f, n, e) || cut(s, &f, n, e) ? -1 : 0;
		goto out;
	}
	if (s->root)
		buf_adds(&n->path, s->root);
	else if (index_root(s->ix, f.root, &n->path, e))
		goto out;
	buf_addc(&n->path, 0);
	char *root = mem_strdup((const char *)n->path.p);
	n->path.len = strlen(root) == 1 && *root == '/' ? 0 : strlen(root);
	buf_addc(&n->path, '/');
	buf_add(&n->path, rel.p, rel.len);
	r = load_file(s, &f, n, root, (const char *)rel.p, e) || cut(s, &f, n, e) ? -1 : 0;
	mem_free(root);
out:
	buf_release(&rel);
	n->used = r == 0;
	return r;
}

/* The place for a file that is not in memory: an empty one, else that used longest ago. */
static struct entry *make_room(struct source *s)
{
	for (;;) {
		struct entry *oldest = NULL, *empty = NULL;
		size_t bytes = 0;
		for (size_t i = 0; i < CACHE_FILES; i++) {
			struct entry *n = &s->cache[i];
			bytes += n->bytes.len;
			if (!n->used)
				empty = n;
			else if (!oldest || n->tick < oldest->tick)
				oldest = n;
		}
		if (empty && (bytes <= CACHE_BYTES || !oldest))
			return empty;
		forget(oldest);
	}
}

static struct entry *get_entry(struct source *s, size_t file, struct err *e)
{
	struct entry *n = NULL;
	for (size_t i = 0; i < CACHE_FILES && !n; i++)
		if (s->cache[i].used && s->cache[i].file == file)
			n = &s->cache[i];
	if (!n) {
		n = make_room(s);
		if (load(s, file, n, e)) {
			forget(n);
			return NULL;
		}
	}
	n->tick = ++s->tick;
	return n;
}

static size_t count_lf(const uint8_t *p, size_t from, size_t to)
{
	size_t n = 0;
	for (const uint8_t *q; from < to && (q = memchr(p + from, '\n', to - from)); n++)
		from = (size_t)(q - p) + 1;
	return n;
}

/* As leann-chunk has it. */
static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Lines of bytes off..off+len; white space at their end is not text. */
static void count_lines(struct entry *n, size_t off, size_t len, struct source_passage *out)
{
	size_t last = off + len;
	if (off < n->line_off) {
		n->line_off = 0;
		n->line = 1;
	}
	n->line += count_lf(n->bytes.p, n->line_off, off);
	n->line_off = off;
	while (last > off && is_blank(n->bytes.p[last - 1]))
		last--;
	out->first_line = n->line;
	out->last_line = n->line + count_lf(n->bytes.p, off, last);
}

/* The record in a line of JSON Lines: its id, and its text or a span of it. */
static int record(struct source *s, size_t i_chunk, const struct index_chunk *c,
		  const uint8_t *line, struct source_passage *out, struct err *e)
{
	struct err why;
	if (record_text(line, (size_t)c->len_bytes, &s->fixed, &out->id, &why))
		return index_damaged(s, i_chunk, why.msg, e);
	if (c->sub_off_bytes > s->fixed.len || c->sub_len_bytes > s->fixed.len - c->sub_off_bytes)
		return index_damaged(s, i_chunk, "a span beyond its record's text", e);
	size_t n = c->sub_len_bytes ? (size_t)c->sub_len_bytes
				    : s->fixed.len - (size_t)c->sub_off_bytes;
	utf8_repair(&out->text, s->fixed.p + c->sub_off_bytes, n);
	return 0;
}

const char *source_status_text(enum source_status st)
{
	return st == SOURCE_MISSING ? "is gone"
	       : st == SOURCE_UNREADABLE ? "cannot be read"
	       : st == SOURCE_RECUT ? "is cut into other passages now than when it was indexed"
				    : "changed since it was indexed";
}

/* The span of chunk i of the file in n, whose passages were cut again. */
static int cut_span(const struct source *s, const struct entry *n, size_t i, struct index_chunk *c,
		    struct err *e)
{
	const struct source_span *at = (const void *)n->spans.p;
	size_t k = i - (size_t)column_get(&s->ix->first_chunk, n->file);
	c->off_bytes = at[k].off_bytes;
	c->len_bytes = at[k].len_bytes;
	if (!c->len_bytes || c->off_bytes > n->bytes.len ||
	    c->len_bytes > n->bytes.len - c->off_bytes)
		return index_damaged(s, i, "its file was cut wrongly", e);
	return 0;
}

static int find_file(const struct source *s, size_t i_chunk, struct index_chunk *c, struct err *e)
{
	size_t file;
	if (index_chunk_file(s->ix, i_chunk, &file, e))
		return -1;
	c->file = (uint32_t)file;
	return 0;
}

int source_span(struct source *s, size_t i_chunk, struct index_chunk *c, struct err *e)
{
	if (s->ix->chunks)
		return index_chunk(s->ix, i_chunk, c, e) ? -1 : 1;
	*c = (struct index_chunk){0};
	if (find_file(s, i_chunk, c, e))
		return -1;
	struct entry *n = get_entry(s, c->file, e);
	if (!n)
		return -1;
	if (n->status != SOURCE_FRESH)
		return 0;
	return cut_span(s, n, i_chunk, c, e) ? -1 : 1;
}

int source_passage(struct source *s, size_t i_chunk, struct source_passage *out, struct err *e)
{
	struct index_chunk c = {0};
	struct index_file f;
	buf_clear(&out->path);
	buf_clear(&out->id);
	buf_clear(&out->text);
	out->status = SOURCE_MISSING;
	out->raw = NULL;
	out->n_raw = 0;
	out->first_line = out->last_line = 0;
	if (s->ix->chunks ? index_chunk(s->ix, i_chunk, &c, e) : find_file(s, i_chunk, &c, e))
		return -1;
	out->at = c;
	struct entry *n = get_entry(s, c.file, e);
	if (!n)
		return -1;
	buf_add(&out->path, n->path.p, n->path.len);
	if (n->status != SOURCE_FRESH) {
		out->status = n->status;
		return 0;
	}
	if (!s->ix->chunks && cut_span(s, n, i_chunk, &c, e))
		return -1;
	out->at = c;
	index_file(s->ix, c.file, &f);
	count_lines(n, (size_t)c.off_bytes, (size_t)c.len_bytes, out);
	const uint8_t *span = n->bytes.p + c.off_bytes;
	if (!(f.flags & FILE_RECORDS))
		utf8_repair(&out->text, span, (size_t)c.len_bytes);
	else if (record(s, i_chunk, &c, span, out, e))
		return -1;
	out->raw = n->bytes.p;
	out->n_raw = n->bytes.len;
	out->status = SOURCE_FRESH;
	return 0;
}

void source_passage_release(struct source_passage *p)
{
	buf_release(&p->path);
	buf_release(&p->id);
	buf_release(&p->text);
	p->raw = NULL;
	p->status = SOURCE_MISSING;
}
