/* Lines of a file of an index; see ops.h. */
#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "search/leann_impl.h"
#include "search/why.h"
#include "serve/ops.h"
#include "serve/want.h"

struct reading {
	struct desk *d;
	struct buf path;		/* NUL-terminated */
	size_t start, end;
	struct err *e;
};

/* 1: the index has it, 0: it has not, or -1. */
static int find_as(struct seat *s, const char *path, uint32_t *chunk, struct err *e)
{
	struct leann_error why;
	if (!leann_find(s->from, path, 0, chunk, &why))
		return 1;
	return why.status == LEANN_NOT_FOUND ? 0 : leann_why(&why, e);
}

/* By the path that hits have, else below one of its roots. */
static int find_in(struct seat *s, const char *path, uint32_t *chunk, struct err *e)
{
	const struct index *ix = &s->ed->ix->g.ix;
	struct buf at = BUF_INIT;
	int r = find_as(s, path, chunk, e);
	for (size_t i = 0; i < ix->n_roots && !r && *path != '/'; i++) {
		buf_clear(&at);
		r = index_root(ix, i, &at, e);
		buf_addc(&at, '/');
		buf_adds(&at, path);
		buf_addc(&at, 0);
		r = r ? r : find_as(s, (const char *)at.p, chunk, e);
	}
	buf_release(&at);
	return r;
}

/* Bytes from to end of the text that are lines start to *end; *end: as many as fit. */
struct cut {
	size_t from, to, end, total;
	bool truncated;
};

/* The last line that begins within the limit is given whole where it fits, the first one in any case in part. */
static void cut_lines(const uint8_t *p, size_t n, size_t start, size_t end, struct cut *c)
{
	size_t line = 0;
	*c = (struct cut){.from = n, .to = n, .end = start};
	for (size_t at = 0; at < n;) {
		const uint8_t *lf = memchr(p + at, '\n', n - at);
		size_t next = lf ? (size_t)(lf - p) + 1 : n;
		line++;
		if (line == start) {
			c->from = c->to = at;
		}
		if (line >= start && line <= end && !c->truncated) {
			c->truncated = next - c->from > READ_BYTES_MAX;
			if (!c->truncated || c->to == c->from) {
				c->to = next;
				c->end = line;
			}
		}
		at = next;
	}
	c->total = line;
	if (c->to - c->from > READ_BYTES_MAX) {	/* a long line */
		c->to = c->from + READ_BYTES_MAX;
		while (c->to > c->from && (p[c->to] & 0xc0) == 0x80)
			c->to--;
	}
}

static struct js *compose(const struct reading *r, const struct seat *s, const struct source_passage *p)
{
	struct index_file f;
	struct cut c;
	cut_lines(p->whole, p->n_whole, r->start, r->end, &c);
	if (r->start > c.total) {
		err_set(r->e, ERR_USAGE, "start: %zu, the file has %zu lines", r->start, c.total);
		return NULL;
	}
	struct js *o = js_new_obj();
	index_file(&s->ed->ix->g.ix, p->at.file, &f);
	js_set(o, "path", js_new_path(p->path.p, p->path.len));
	js_set(o, "index", js_new_str(s->ed->name));
	js_set(o, "language", js_new_str(index_lang(&s->ed->ix->g.ix, f.lang)));
	js_set(o, "startLine", js_new_int((int64_t)r->start));
	js_set(o, "endLine", js_new_int((int64_t)c.end));
	js_set(o, "totalLines", js_new_int((int64_t)c.total));
	js_set(o, "text", js_new_strn((const char *)p->whole + c.from, c.to - c.from));
	js_set(o, "truncated", js_new_bool(c.truncated));
	return o;
}

static struct js *read_chunk(const struct reading *r, const struct seat *s, uint32_t chunk)
{
	struct source_passage p = SOURCE_PASSAGE_INIT;
	struct js *o = NULL;
	if (source_passage(s->from->a.src, chunk, &p, r->e))
		o = NULL;
	else if (p.status == SOURCE_FRESH)
		o = compose(r, s, &p);
	else
		err_set(r->e, ERR_DATA, "%s %s: only what was indexed is read: update the index %s",
			(const char *)r->path.p, source_status_text(p.status), s->ed->name);
	source_passage_release(&p);
	return o;
}

static int parse(struct reading *r, const struct js *request, const char **index)
{
	static const char *const known[] = {"path", "start", "end", "index", NULL};
	const struct js *path = js_get(request, "path");
	if (want_members(request, "the request", known, r->e) || want_str(request, "index", index, r->e))
		return -1;
	if (!path)
		return err_set(r->e, ERR_USAGE, "path: want one, as results of a search have it");
	if (js_unpath(path, &r->path) || !r->path.len || memchr(r->path.p, 0, r->path.len))
		return err_set(r->e, ERR_USAGE, "path: want a path as results of a search have it");
	buf_addc(&r->path, 0);
	if (want_size(request, "start", 1, INT_MAX, &r->start, r->e) ||
	    want_size(request, "end", 1, INT_MAX, &r->end, r->e))
		return -1;
	if (r->end < r->start)
		return err_set(r->e, ERR_USAGE, "end: %zu, want %zu, the start, or more", r->end, r->start);
	return 0;
}

static enum op_result read_from(struct reading *r, size_t first, size_t end, struct js **reply)
{
	for (size_t i = first; i < end; i++) {
		uint32_t chunk;
		struct seat *s = desk_seat(r->d, i, r->e);
		int found = s ? find_in(s, (const char *)r->path.p, &chunk, r->e) : -1;
		if (found > 0)
			*reply = read_chunk(r, s, chunk);
		if (found)
			return *reply ? OP_OK : op_result(r->e);
	}
	err_set(r->e, ERR_USAGE, "%s: no index has text of such a file: want a path as results of a search have it",
		(const char *)r->path.p);
	return OP_NONE;
}

enum op_result op_read(struct desk *d, const struct js *request, struct js **reply, struct err *e)
{
	struct reading r = {.d = d, .start = 1, .end = INT_MAX, .e = e};
	const char *index;
	size_t first = 0, end = catalog_n(desk_catalog(d));
	*reply = NULL;
	enum op_result done = parse(&r, request, &index) ? OP_WRONG : OP_OK;
	if (done == OP_OK && index) {
		done = op_index(d, index, &first, e);
		end = first + 1;
	}
	if (done == OP_OK)
		done = read_from(&r, first, end, reply);
	buf_release(&r.path);
	return done;
}
