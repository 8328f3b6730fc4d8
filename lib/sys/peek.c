/* Spans of files, without the rest of them; see peek.h. */
#include "sys/peek.h"

#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "sys/jsonl.h"
#include "sys/readfile.h"

struct peek {
	const struct index *ix;
	struct source *src;
	struct source_passage passage;	/* of an index without spans: the whole file is read */
	const char *root;
	struct index_paths paths;
	struct readfile rf;
	size_t file;		/* open as fd; SIZE_MAX: none yet */
	int fd;			/* -1: cannot be had */
	bool unsure;
	struct buf dir, span, record, id;
};

struct peek *peek_new(struct source *src)
{
	struct peek *p = mem_alloc(sizeof *p);
	*p = (struct peek){.ix = source_index(src), .src = src, .passage = SOURCE_PASSAGE_INIT,
			   .root = source_root(src),
			   .paths = INDEX_PATHS_INIT, .rf = READFILE_INIT, .file = SIZE_MAX,
			   .fd = -1};
	return p;
}

void peek_free(struct peek *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		close(p->fd);
	index_paths_release(&p->paths);
	readfile_release(&p->rf);
	source_passage_release(&p->passage);
	buf_release(&p->dir);
	buf_release(&p->span);
	buf_release(&p->record);
	buf_release(&p->id);
	mem_free(p);
}

/* Open file i; with p->fd -1 it is not to be had. */
static int open_file(struct peek *p, size_t i, const struct index_file *f, struct err *e)
{
	struct file_meta meta;
	struct err why;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->unsure = false;
	p->file = i;
	if (file_keeps_text(f->flags))
		return 0;
	buf_clear(&p->dir);
	if (p->root)
		buf_adds(&p->dir, p->root);
	else if (index_root(p->ix, f->root, &p->dir, e))
		return -1;
	if (index_paths_get(p->ix, &p->paths, i, e))
		return -1;
	enum read_result res = readfile_open(&p->rf, (const char *)p->dir.p,
					     (const char *)p->paths.path.p, &p->fd, &meta, &why);
	if (res == READ_ERROR || res == READ_STARVED) {
		p->fd = -1;
		p->file = SIZE_MAX;
		return err_set(e, why.code, "%s", why.msg);
	}
	if (res == READ_DENIED)
		source_note_unreadable(p->src, i, why.msg);
	if (res != READ_OK) {
		p->fd = -1;
	} else if (meta.size_bytes != f->size_bytes) {
		close(p->fd);
		p->fd = -1;
	} else {
		p->unsure = meta.mtime_ns != f->mtime_ns;
	}
	return 0;
}

bool peek_unsure(const struct peek *p)
{
	return p->unsure;
}

void peek_forget(struct peek *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->file = SIZE_MAX;
}

/* The bytes of the chunk's span into p->span; 1, 0, -1 as peek_text(). */
static int get_span(struct peek *p, const struct index_chunk *c, const struct index_file *f,
		    struct err *e)
{
	size_t n = (size_t)c->len_bytes, got;
	buf_clear(&p->span);
	if (file_keeps_text(f->flags))
		return index_text(p->ix, c->file, c->off_bytes, n, &p->span, e) ? -1 : 1;
	if (p->fd < 0)
		return 0;
	buf_reserve(&p->span, n);
	if (fd_pread(p->fd, (const char *)p->paths.path.p, p->span.p, n, c->off_bytes, &got, e))
		return -1;
	p->span.len = got;
	return got == n;
}

static unsigned hex4(const uint8_t *p)
{
	unsigned v = 0;
	for (int i = 0; i < 4; i++)
		v = v << 4 | (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
	return v;
}

/*
 * A line of JSON with the escapes of its strings decoded: for its words as good as its record's
 * text, and ten times as fast. Surrogates, and what has no business in JSON, become spaces.
 */
static void decode_escapes(const uint8_t *p, size_t n, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < n;) {
		const uint8_t *slash = memchr(p + i, '\\', n - i);
		size_t plain = slash ? (size_t)(slash - p) - i : n - i;
		buf_add(out, p + i, plain);
		i += plain;
		if (n - i < 2)
			return;
		bool wide = p[i + 1] == 'u' && n - i >= 6;
		unsigned c = wide ? hex4(p + i + 2) : ' ';
		if (c >= 0x800 && (c < 0xd800 || c > 0xdfff) && c <= 0xffff) {
			buf_addc(out, (int)(0xe0 | c >> 12));
			buf_addc(out, (int)(0x80 | (c >> 6 & 0x3f)));
			buf_addc(out, (int)(0x80 | (c & 0x3f)));
		} else if (c >= 0x80 && c < 0x800) {
			buf_addc(out, (int)(0xc0 | c >> 6));
			buf_addc(out, (int)(0x80 | (c & 0x3f)));
		} else {
			buf_addc(out, c < 0x80 ? (int)c : ' ');
		}
		i += wide ? 6 : 2;
	}
}

/* The record in p->span, or the part of it that is the chunk. 0: another line stands there now. */
static int record_words(struct peek *p, const struct index_chunk *c)
{
	struct err why;
	if (!c->sub_off_bytes && !c->sub_len_bytes) {
		decode_escapes(p->span.p, p->span.len, &p->record);
		return 1;
	}
	if (record_text(p->span.p, p->span.len, &p->record, &p->id, &why) ||
	    c->sub_off_bytes > p->record.len)
		return 0;
	return 1;
}

int peek_text(struct peek *p, size_t i_chunk, const char **text, size_t *n, struct err *e)
{
	struct index_chunk c;
	struct index_file f;
	if (!p->ix->chunks) {
		if (source_passage(p->src, i_chunk, &p->passage, e))
			return -1;
		*text = (const char *)p->passage.text.p;
		*n = p->passage.text.len;
		return p->passage.status == SOURCE_FRESH;
	}
	if (index_chunk(p->ix, i_chunk, &c, e))
		return -1;
	index_file(p->ix, c.file, &f);
	if (p->file != c.file && open_file(p, c.file, &f, e))
		return -1;
	int r = get_span(p, &c, &f, e);
	if (r != 1)
		return r;
	*text = (const char *)p->span.p;
	*n = p->span.len;
	if (file_encoding(f.flags) != ENC_UTF8) {
		buf_clear(&p->record);
		decode_span(&p->record, file_encoding(f.flags), p->span.p, p->span.len);
		*text = (const char *)p->record.p;
		*n = p->record.len;
	}
	if (!(f.flags & FILE_RECORDS))
		return 1;
	if (!record_words(p, &c))
		return 0;
	size_t left = p->record.len - (size_t)c.sub_off_bytes;
	*text = (const char *)p->record.p + c.sub_off_bytes;
	*n = c.sub_len_bytes && c.sub_len_bytes < left ? (size_t)c.sub_len_bytes : left;
	return 1;
}
