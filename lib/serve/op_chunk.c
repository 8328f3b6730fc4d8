/* A passage as it is now, with what is around it; what is near it. See ops.h. */
#include <string.h>

#include "search/leann_impl.h"
#include "search/why.h"
#include "serve/hits.h"
#include "serve/ops.h"
#include "serve/want.h"

enum { CONTEXT_MAX = 1000, TEXT_MAX = 1 << 20 };

/* Start of the line n lines before the one that at is in. */
static size_t lines_back(const uint8_t *p, size_t at, size_t n)
{
	while (at && p[at - 1] != '\n')
		at--;
	for (; n && at; n--) {
		at--;
		while (at && p[at - 1] != '\n')
			at--;
	}
	return at;
}

/* End of the line n lines behind the one that at is in, without its LF. */
static size_t lines_on(const uint8_t *p, size_t size, size_t at, size_t n)
{
	for (;; n--) {
		const uint8_t *lf = at < size ? memchr(p + at, '\n', size - at) : NULL;
		at = lf ? (size_t)(lf - p) : size;
		if (!n || at == size)
			return at;
		at++;
	}
}

static void set_text(struct js *o, const char *key, const uint8_t *p, size_t from, size_t to)
{
	size_t n = to - from < TEXT_MAX ? to - from : TEXT_MAX;
	js_set(o, key, js_new_strn((const char *)p + from, n));
}

/* "before", "after": whole lines around the passage, which is "text"; nothing is around a record's. */
static void put_context(const struct source_passage *p, size_t n_lines, struct js *o)
{
	size_t from = p->off_whole, to = from + p->text.len;
	if (!p->whole || p->id.len || to > p->n_whole)
		return;
	size_t first = lines_back(p->whole, from, n_lines);
	/* the passage may end with its line's LF, which is not behind it then */
	size_t last = to && to > from && p->whole[to - 1] == '\n' ? to - 1 : to;
	size_t end = lines_on(p->whole, p->n_whole, last, n_lines);
	set_text(o, "before", p->whole, first, from);
	set_text(o, "after", p->whole, to < end ? to : end, end);
}

static enum op_result describe(const struct seat *s, uint32_t chunk, size_t n_lines, struct js **reply,
			       struct err *e)
{
	const struct leann_hit h = {.chunk = chunk};
	const struct leann_text none = {"", 0};
	struct leann_passage p;
	struct leann_error why;
	struct js *o = hit_json(s, &h, &none, e);
	if (!o)
		return op_result(e);
	if (leann_passage_get(s->from, chunk, &p, &why)) {
		js_free(o);
		leann_why(&why, e);
		return op_result(e);
	}
	js_del(o, "score");
	js_del(o, "preview");
	js_del(o, "cosine");
	js_del(o, "exact");
	if (p.source == LEANN_FRESH) {
		set_text(o, "text", (const uint8_t *)p.text.p, 0, p.text.n_bytes);
		put_context(&s->from->p, n_lines, o);
	}
	*reply = o;
	return OP_OK;
}

static enum op_result which_chunk(const struct seat *s, size_t id, uint32_t *chunk, struct err *e)
{
	size_t n = leann_index_info(s->ed->ix)->n_chunks;
	if (id < n) {
		*chunk = (uint32_t)id;
		return OP_OK;
	}
	err_set(e, ERR_USAGE, "%s: chunk %zu of %zu", s->ed->name, id, n);
	return OP_NONE;
}

/* The seat of the index that name, or "index" of request, says. */
static enum op_result sit(struct desk *d, const struct js *request, struct seat **s, struct err *e)
{
	const char *name;
	size_t i;
	if (want_str(request, "index", &name, e))
		return OP_WRONG;
	enum op_result r = op_index(d, name, &i, e);
	if (r != OP_OK)
		return r;
	*s = desk_seat(d, i, e);
	return *s ? OP_OK : op_result(e);
}

enum op_result op_chunk(struct desk *d, const struct js *request, struct js **reply, struct err *e)
{
	static const char *const known[] = {"index", "chunk", "context", NULL};
	size_t id = SIZE_MAX, n_lines = 0;
	struct seat *s;
	uint32_t chunk;
	*reply = NULL;
	if (want_members(request, "the request", known, e) ||
	    want_size(request, "chunk", 0, UINT32_MAX, &id, e) ||
	    want_size(request, "context", 0, CONTEXT_MAX, &n_lines, e))
		return OP_WRONG;
	enum op_result r = sit(d, request, &s, e);
	if (r != OP_OK)
		return r;
	searcher_look_anew(s->from);
	r = which_chunk(s, id, &chunk, e);
	return r == OP_OK ? describe(s, chunk, n_lines, reply, e) : r;
}

/* "chunk", or "path" and "line". */
static enum op_result near_what(const struct seat *s, const struct js *request, uint32_t *chunk,
				struct err *e)
{
	size_t id = SIZE_MAX, line = 0;
	const char *path;
	struct leann_error why;
	if (want_size(request, "chunk", 0, UINT32_MAX, &id, e) ||
	    want_size(request, "line", 0, SIZE_MAX >> 1, &line, e) || want_str(request, "path", &path, e))
		return OP_WRONG;
	if (!path == (id == SIZE_MAX)) {
		err_set(e, ERR_USAGE, "want a path, or a chunk");
		return OP_WRONG;
	}
	if (!path)
		return which_chunk(s, id, chunk, e);
	if (!leann_find(s->from, path, line, chunk, &why))
		return OP_OK;
	leann_why(&why, e);
	return why.status == LEANN_NOT_FOUND ? OP_NONE : op_result(e);
}

static enum op_result related(const struct seat *s, uint32_t chunk, const struct leann_params *p,
			      struct js **reply, struct err *e)
{
	const struct leann_text none = {"", 0};
	struct leann_results *r;
	struct leann_error why;
	struct js *list = js_new_arr(), *hit = NULL;
	if (leann_related(s->from, chunk, p, &r, &why)) {
		js_free(list);
		leann_why(&why, e);
		return op_result(e);
	}
	for (size_t k = 0; k < r->answers[0].n_hits; k++) {
		hit = hit_json(s, &r->answers[0].hits[k], &none, e);
		if (!hit)
			break;
		js_push(list, hit);
	}
	bool whole = hit || !r->answers[0].n_hits;
	struct js *o = js_new_obj();
	js_set(o, "results", list);
	js_set(o, "latency", latency_json(r));
	leann_results_free(r);
	if (!whole) {
		js_free(o);
		return op_result(e);
	}
	*reply = o;
	return OP_OK;
}

enum op_result op_related(struct desk *d, const struct js *request, struct js **reply, struct err *e)
{
	static const char *const known[] = {"index", "chunk", "path", "line", "top_k", "per_file", NULL};
	struct leann_params p = LEANN_PARAMS_INIT;
	struct seat *s;
	uint32_t chunk;
	*reply = NULL;
	p.top_k = 10;
	if (want_members(request, "the request", known, e) ||
	    want_size(request, "top_k", 1, WANT_TOP_MAX, &p.top_k, e) ||
	    want_size(request, "per_file", 1, WANT_TOP_MAX, &p.per_file, e))
		return OP_WRONG;
	enum op_result r = sit(d, request, &s, e);
	if (r == OP_OK)
		r = near_what(s, request, &chunk, e);
	return r == OP_OK ? related(s, chunk, &p, reply, e) : r;
}
