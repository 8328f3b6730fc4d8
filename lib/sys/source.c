/* Passages from their files; see source.h. */
#define _GNU_SOURCE	/* realpath */
#include "sys/source.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/decode.h"
#include "base/hash.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "fmt/context.h"
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
	struct buf path, bytes;		/* bytes: of a document its text */
	size_t off_rel;			/* in path */
	struct decoded decoded;		/* of bytes that are not UTF-8 */
	struct decode_place place;	/* of the span asked for last */
	const uint8_t *text;		/* n_text bytes that lines are counted in: bytes, or decoded */
	size_t n_text;
	struct buf spans;		/* of an index without: struct source_span, one a chunk */
	size_t line_off, line; /* byte line_off of text is on this line: counting goes on from here */
};

struct source {
	const struct index *ix;
	char *root;			/* instead of the index's; NULL: none */
	struct source_opts o;		/* its root is not kept */
	struct readfile rf;
	struct entry cache[CACHE_FILES];
	uint64_t tick;
	struct buf fixed;		/* scratch: a record's text */
	enum context context;
	struct meta_reader *reader;	/* NULL: not needed so far */
	struct meta meta;
	uint64_t *unreadable;		/* a bit a file; NULL: none was */
	size_t n_unreadable;
	char *why;			/* of the first */
};

int source_open(const struct index *ix, const struct source_opts *o, struct source **out,
		struct err *e)
{
	char real[PATH_MAX];
	enum context context;
	if (context_of_index(ix, &context, e))
		return -1;
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
	s->context = context;
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
	decode_release(&n->decoded);
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
	meta_reader_free(s->reader);
	meta_release(&s->meta);
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

/* A file that was not READ_OK: what that says of it; -1 where it says nothing of it. */
static int not_read(struct source *s, struct entry *n, enum read_result res, const struct err *why)
{
	switch (res) {
	case READ_TOO_BIG:
	case READ_CHANGED: n->status = SOURCE_CHANGED; return 0;
	case READ_DENIED:
		n->status = SOURCE_UNREADABLE;
		source_note_unreadable(s, n->file, why->msg);
		return 0;
	case READ_GONE:
	case READ_NOT_REGULAR: n->status = SOURCE_MISSING; return 0;
	default: return -1;
	}
}

/* A file's bytes as they are now, checked against what was indexed. */
static int load_file(struct source *s, const struct index_file *f, struct entry *n,
		     const char *root, const char *rel, struct err *e)
{
	struct file_meta meta;
	uint64_t max = f->size_bytes < FILE_MAX ? f->size_bytes : FILE_MAX;
	enum read_result res = readfile(&s->rf, root, rel, max, &n->bytes, &meta, e);
	if (res != READ_OK && not_read(s, n, res, e))
		return -1;
	if (res == READ_OK)
		n->status = n->bytes.len == f->size_bytes &&
					    hash64(n->bytes.p, n->bytes.len) == f->hash
				    ? SOURCE_FRESH
				    : SOURCE_CHANGED;
	if (n->status != SOURCE_FRESH)
		buf_release(&n->bytes);
	return 0;
}

/* The file of a document, whose text is in the index: is it what it was? */
static int look_at_document(struct source *s, const struct index_file *f, struct entry *n,
			    const char *root, const char *rel, struct err *e)
{
	struct file_meta meta;
	int fd, r = 0;
	enum read_result res = readfile_open(&s->rf, root, rel, &fd, &meta, e);
	if (res != READ_OK)
		return not_read(s, n, res, e);
	close(fd);
	if (meta.size_bytes == f->size_bytes && meta.mtime_ns == f->mtime_ns)
		n->status = SOURCE_FRESH;
	else if (meta.size_bytes != f->size_bytes)
		n->status = SOURCE_CHANGED;
	else
		r = load_file(s, f, n, root, rel, e);
	buf_release(&n->bytes);
	return r;
}

/* What the index keeps of a file: its bytes, or of a document its text. */
static int load_kept(struct source *s, size_t file, const struct index_file *f, struct entry *n,
		     struct err *e)
{
	if (f->text_bytes > FILE_MAX)
		return err_set(e, ERR_DATA,
			       "%s: damaged index: stored file %zu has %llu bytes, the limit is %d",
			       s->ix->b.path, file, (unsigned long long)f->text_bytes, FILE_MAX);
	if (index_text(s->ix, file, 0, (size_t)f->text_bytes, &n->bytes, e))
		return -1;
	if (!(f->flags & FILE_EXTRACTED) && hash64(n->bytes.p, n->bytes.len) != f->hash)
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

/* What lines are counted in, and headings looked for. */
static void set_text(struct entry *n, const struct index_file *f)
{
	n->place = (struct decode_place){0, 0};
	n->text = n->bytes.p;
	n->n_text = n->bytes.len;
	if (file_encoding(f->flags) == ENC_UTF8 || !n->n_text)
		return;
	decode_as(&n->decoded, file_encoding(f->flags), n->bytes.p, n->bytes.len);
	n->text = (const uint8_t *)n->decoded.text;
	n->n_text = n->decoded.n;
}

/* Byte `at` of the file as a place in the text. */
static size_t in_text(struct entry *n, size_t at)
{
	if (!n->decoded.raw)
		return at;
	decode_to_text(&n->decoded, &n->place, at);
	return n->place.text;
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
		r = load_kept(s, file, &f, n, e) || cut(s, &f, n, e) ? -1 : 0;
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
	n->off_rel = n->path.len;
	buf_add(&n->path, rel.p, rel.len);
	r = f.flags & FILE_EXTRACTED ? look_at_document(s, &f, n, root, (const char *)rel.p, e)
				     : load_file(s, &f, n, root, (const char *)rel.p, e);
	mem_free(root);
	if (!r && (f.flags & FILE_EXTRACTED) && n->status == SOURCE_FRESH)
		r = load_kept(s, file, &f, n, e);
	r = r || cut(s, &f, n, e) ? -1 : 0;
out:
	if (!r)
		set_text(n, &f);
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
			bytes += n->bytes.len + n->decoded.own.len;
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

/* Lines of bytes off..off+len of the text; white space at their end is not text. */
static void count_lines(struct entry *n, size_t off, size_t len, struct source_passage *out)
{
	size_t last = off + len;
	if (off < n->line_off) {
		n->line_off = 0;
		n->line = 1;
	}
	n->line += count_lf(n->text, n->line_off, off);
	n->line_off = off;
	while (last > off && is_space((char)n->text[last - 1]))
		last--;
	out->first_line = n->line;
	out->last_line = n->line + count_lf(n->text, off, last);
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

static size_t in_file(struct entry *n, size_t text)
{
	if (!n->decoded.raw)
		return text;
	decode_to_raw(&n->decoded, &n->place, text);
	return n->place.raw;
}

int source_line(struct source *s, size_t i_chunk, uint64_t line, size_t *from, size_t *to,
		struct err *e)
{
	size_t file, at = 0;
	if (index_chunk_file(s->ix, i_chunk, &file, e))
		return -1;
	struct entry *n = get_entry(s, file, e);
	if (!n)
		return -1;
	if (n->status != SOURCE_FRESH)
		return 0;
	for (uint64_t i = 1; at < n->n_text; i++) {
		const uint8_t *lf = memchr(n->text + at, '\n', n->n_text - at);
		size_t next = lf ? (size_t)(lf - n->text) + 1 : n->n_text;
		if (i == line) {
			*from = in_file(n, at);
			*to = in_file(n, next);
			return 1;
		}
		at = next;
	}
	return 0;
}

int source_passage(struct source *s, size_t i_chunk, struct source_passage *out, struct err *e)
{
	struct index_chunk c = {0};
	struct index_file f;
	buf_clear(&out->path);
	buf_clear(&out->id);
	buf_clear(&out->text);
	out->status = SOURCE_MISSING;
	out->whole = NULL;
	out->n_whole = out->off_whole = 0;
	out->first_line = out->last_line = 0;
	if (s->ix->chunks ? index_chunk(s->ix, i_chunk, &c, e) : find_file(s, i_chunk, &c, e))
		return -1;
	out->at = c;
	struct entry *n = get_entry(s, c.file, e);
	if (!n)
		return -1;
	buf_add(&out->path, n->path.p, n->path.len);
	out->off_rel = n->off_rel;
	if (n->status != SOURCE_FRESH) {
		out->status = n->status;
		return 0;
	}
	if (!s->ix->chunks && cut_span(s, n, i_chunk, &c, e))
		return -1;
	out->at = c;
	index_file(s->ix, c.file, &f);
	size_t from = in_text(n, (size_t)c.off_bytes),
	       to = in_text(n, (size_t)(c.off_bytes + c.len_bytes));
	count_lines(n, from, to - from, out);
	const uint8_t *span = n->bytes.p + c.off_bytes;
	if (!(f.flags & FILE_RECORDS))
		decode_span(&out->text, file_encoding(f.flags), span, (size_t)c.len_bytes);
	else if (record(s, i_chunk, &c, span, out, e))
		return -1;
	out->whole = n->text;
	out->n_whole = n->n_text;
	out->off_whole = from;
	out->status = SOURCE_FRESH;
	return 0;
}

void source_passage_release(struct source_passage *p)
{
	buf_release(&p->path);
	buf_release(&p->id);
	buf_release(&p->text);
	p->whole = NULL;
	p->status = SOURCE_MISSING;
}

int source_embedded(struct source *s, size_t i_chunk, const struct source_passage *p, struct buf *out,
		    struct err *e)
{
	struct index_file f;
	index_file(s->ix, p->at.file, &f);
	meta_clear(&s->meta);
	if (s->context == CONTEXT_FULL && s->ix->meta) {
		if (!s->reader)
			s->reader = meta_reader_new(s->ix->meta);
		if (meta_reader_get(s->reader, (uint32_t)i_chunk, &s->meta, e))
			return err_prefix(e, "%s: damaged index", s->ix->b.path);
	}
	context_put(s->context, f.flags, p->path.p + p->off_rel, p->path.len - p->off_rel, &s->meta, out);
	buf_add(out, p->text.p, p->text.len);
	return 0;
}

bool source_places(const struct source *s)
{
	return s->context != CONTEXT_NONE;
}
