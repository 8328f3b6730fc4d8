/* Hits as JSON; see hits.h. */
#include "serve/hits.h"

#include <string.h>

#include "algo/preview.h"
#include "search/why.h"
#include "serve/want.h"

const char *stale_name(int source)
{
	static const char *const name[] = {[LEANN_CHANGED] = "changed", [LEANN_MISSING] = "missing",
					   [LEANN_RECUT] = "recut", [LEANN_UNREADABLE] = "unreadable"};
	return source > 0 && source <= LEANN_UNREADABLE ? name[source] : NULL;
}

static struct js *meta_value(const struct leann_meta *m)
{
	return m->type == LEANN_TEXT	 ? js_new_strn(m->text.p, m->text.n_bytes)
	       : m->type == LEANN_NUMBER ? js_new_real(m->number)
	       : m->type == LEANN_BOOL	 ? js_new_bool(m->integer)
					 : js_new_int(m->integer);
}

struct js *meta_json(const struct leann_meta *meta, size_t n)
{
	struct js *o = js_new_obj();
	for (size_t i = 0; i < n; i++)
		js_set(o, meta[i].key, meta_value(&meta[i]));
	return o;
}

/* symbol, heading and page are members of the hit; they and all others are in meta, too. */
static void add_meta(struct js *hit, const struct leann_meta *meta, size_t n)
{
	static const struct {
		const char *name;
		int type;
	} own[] = {{"symbol", LEANN_TEXT}, {"heading", LEANN_TEXT}, {"page", LEANN_INTEGER}};
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof own / sizeof *own; k++)
			if (meta[i].type == own[k].type && !strcmp(meta[i].key, own[k].name))
				js_set(hit, own[k].name, meta_value(&meta[i]));
	if (n)
		js_set(hit, "meta", meta_json(meta, n));
}

struct js *place_json(const struct leann_passage *p)
{
	struct js *o = js_new_obj();
	js_set(o, "path", js_new_path(p->path.p, p->path.n_bytes));
	if (p->source == LEANN_FRESH) {
		js_set(o, "startLine", js_new_int((int64_t)p->first_line));
		js_set(o, "endLine", js_new_int((int64_t)p->last_line));
	}
	return o;
}

static struct js *preview_json(const struct leann_passage *p, const struct leann_text *question)
{
	struct buf lines = BUF_INIT;
	size_t first;
	if (p->source != LEANN_FRESH)
		return js_new_null();
	preview_lines(p->text.p, p->text.n_bytes, question->p, question->n_bytes, WANT_PREVIEW_LINES,
		      &lines, &first);
	struct js *j = js_new_strn((const char *)lines.p, lines.len);
	buf_release(&lines);
	return j;
}

int copies_json(struct leann_searcher *from, const struct leann_hit *h, struct js *hit, struct leann_error *e)
{
	struct js *also = h->n_also ? js_new_arr() : NULL;
	struct leann_passage p;
	if (also)
		js_set(hit, "also", also);
	for (size_t i = 0; i < h->n_also; i++) {
		if (leann_passage_get(from, h->also[i], &p, e))
			return -1;
		js_push(also, place_json(&p));
	}
	return 0;
}

struct js *hit_json(const struct seat *s, const struct leann_hit *h, const struct leann_text *question,
		    struct err *e)
{
	struct leann_passage p;
	const struct leann_meta *meta;
	struct leann_error why;
	size_t n_meta;
	if (leann_passage_get(s->from, h->chunk, &p, &why) ||
	    leann_passage_meta(s->from, h->chunk, &meta, &n_meta, &why)) {
		leann_why(&why, e);
		return NULL;
	}
	struct js *o = place_json(&p);
	js_set(o, "score", js_new_real((double)h->score));
	js_set(o, "preview", preview_json(&p, question));
	js_set(o, "language", js_new_str(p.language));
	if (p.id.n_bytes)
		js_set(o, "id", js_new_strn(p.id.p, p.id.n_bytes));
	if (p.heading.n_bytes)
		js_set(o, "heading", js_new_strn(p.heading.p, p.heading.n_bytes));
	add_meta(o, meta, n_meta);
	js_set(o, "index", js_new_str(s->ed->name));
	js_set(o, "chunk", js_new_int(h->chunk));
	js_set(o, "cosine", js_new_real((double)h->cosine));
	js_set(o, "exact", js_new_bool(h->exact));
	if (h->reranked)
		js_set(o, "reranked", js_new_bool(true));
	js_set(o, "stale", stale_name(p.source) ? js_new_str(stale_name(p.source)) : js_new_bool(false));
	if (copies_json(s->from, h, o, &why)) {
		js_free(o);
		leann_why(&why, e);
		return NULL;
	}
	return o;
}

struct js *latency_json(const struct leann_results *r)
{
	double n = r->n_answers ? (double)r->n_answers : 1;
	struct js *l = js_new_obj();
	js_set(l, "total_ms", js_new_real(r->total_ms / n));
	js_set(l, "embed_ms", js_new_real(r->embed_ms / n));
	js_set(l, "search_ms", js_new_real(r->search_ms / n));
	js_set(l, "words_ms", js_new_real(r->words_ms / n));
	js_set(l, "recompute_ms", js_new_real(r->recompute_ms / n));
	if (r->rerank_ms > 0)
		js_set(l, "rerank_ms", js_new_real(r->rerank_ms / n));
	return l;
}
