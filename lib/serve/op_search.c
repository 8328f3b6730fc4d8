/* Questions to one index or to all of them; see ops.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/leann_impl.h"
#include "search/why.h"
#include "serve/hits.h"
#include "serve/ops.h"
#include "serve/want.h"

/* A hit of any index, and where it came in the answers of its own. */
struct found {
	bool reranked;		/* such come first */
	double score;
	size_t order;
	struct js *hit;
};

struct answer_list {
	struct found *p;
	size_t n, cap, n_recomputed;
};

struct searching {
	struct desk *d;
	const struct want *w;
	struct answer_list *answers;	/* (w->n) */
	struct js *latency;		/* of all of them together */
	struct err *e;
};

static void put(struct answer_list *a, const struct leann_hit *h, struct js *hit)
{
	if (a->n == a->cap) {
		a->cap = a->cap ? 2 * a->cap : 16;
		a->p = mem_realloc(a->p, a->cap * sizeof *a->p);
	}
	a->p[a->n] = (struct found){h->reranked, (double)h->score, a->n, hit};
	a->n++;
}

static void add_latency(struct searching *s, const struct leann_results *r)
{
	static const char *const keys[] = {"total_ms", "embed_ms", "search_ms", "words_ms", "recompute_ms",
					   "rerank_ms"};
	struct js *now = latency_json(r), *sum = js_new_obj();
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (js_get(now, keys[i]))
			js_set(sum, keys[i], js_new_real(js_num(js_get(now, keys[i])) +
						 js_num(js_get(s->latency, keys[i]))));
	js_free(now);
	js_free(s->latency);
	s->latency = sum;
}

static int take(struct searching *s, const struct seat *seat, const struct leann_results *r)
{
	for (size_t i = 0; i < r->n_answers; i++) {
		const struct leann_answer *a = &r->answers[i];
		s->answers[i].n_recomputed += a->n_recomputed;
		for (size_t k = 0; k < a->n_hits; k++) {
			struct js *hit = hit_json(seat, &a->hits[k], &s->w->questions[i], s->e);
			if (!hit)
				return -1;
			put(&s->answers[i], &a->hits[k], hit);
		}
	}
	add_latency(s, r);
	return 0;
}

static int search_one(struct searching *s, size_t i_index)
{
	struct leann_params p = s->w->params;
	struct leann_filter *filter = NULL;
	struct leann_results *r;
	struct leann_error why;
	struct seat *seat = desk_seat(s->d, i_index, s->e);
	if (!seat || want_filter(s->w, seat->ed->ix, &filter, s->e))
		return -1;
	p.filter = filter;
	int bad = leann_search(seat->from, s->w->questions, s->w->n, &p, &r, &why);
	if (bad)
		leann_why(&why, s->e);
	else
		bad = take(s, seat, r);
	if (!bad)
		catalog_timed(desk_catalog(s->d), i_index, r->total_ms / (double)r->n_answers);
	leann_results_free(r);
	leann_filter_free(filter);
	return bad;
}

/* Scores compare when the embeddings do. */
static int check_models(struct desk *d, struct err *e)
{
	struct edition *first = catalog_take(desk_catalog(d), 0);
	int r = 0;
	for (size_t i = 1; i < catalog_n(desk_catalog(d)) && !r; i++) {
		struct edition *ed = catalog_take(desk_catalog(d), i);
		const struct leann_info *a = leann_index_info(first->ix), *b = leann_index_info(ed->ix);
		if (leann_comparable(first->ix, ed->ix, NULL))
			r = err_set(e, ERR_USAGE, "%s and %s have different models (%s %s, %s %s), whose scores do "
				    "not compare: say which index", first->name, ed->name,
				    a->model ? a->model : "?", a->precision ? a->precision : a->provider,
				    b->model ? b->model : "?", b->precision ? b->precision : b->provider);
		edition_drop(ed);
	}
	edition_drop(first);
	return r;
}

static int by_score(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	if (x->reranked != y->reranked)
		return x->reranked ? -1 : 1;
	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->order > y->order) - (x->order < y->order);
}

/* The best of them; takes the hits over. */
static struct js *results(struct answer_list *a, size_t top_k)
{
	struct js *list = js_new_arr();
	if (a->n)
		qsort(a->p, a->n, sizeof *a->p, by_score);
	for (size_t i = 0; i < a->n; i++) {
		if (i < top_k)
			js_push(list, a->p[i].hit);
		else
			js_free(a->p[i].hit);
	}
	a->n = 0;
	return list;
}

static struct js *compose(struct searching *s)
{
	const struct want *w = s->w;
	struct js *o = js_new_obj(), *all = w->many ? js_new_arr() : NULL;
	for (size_t i = 0; i < w->n; i++) {
		struct js *into = all ? js_new_obj() : o;
		if (all)
			js_set(into, "query", js_new_strn(w->questions[i].p, w->questions[i].n_bytes));
		js_set(into, "results", results(&s->answers[i], w->params.top_k));
		js_set(into, "recomputed", js_new_int((int64_t)s->answers[i].n_recomputed));
		if (all)
			js_push(all, into);
	}
	if (all)
		js_set(o, "answers", all);
	js_set(o, "latency", s->latency ? js_copy(s->latency) : js_new_obj());
	return o;
}

static int search_any(struct searching *s, bool all, size_t i_index)
{
	size_t n = catalog_n(desk_catalog(s->d));
	if (!all)
		return search_one(s, i_index);
	if (!s->w->rerank && check_models(s->d, s->e))	/* a reranker's scores compare */
		return -1;
	for (size_t i = 0; i < n; i++)
		if (search_one(s, i))
			return -1;
	return 0;
}

enum op_result op_search(struct desk *d, const char *name, const struct js *request, struct js **reply,
			 struct err *e)
{
	struct want w;
	const char *said;
	size_t i_index = 0;
	*reply = NULL;
	if (want_parse(request, &w, e))
		return op_result(e);
	struct searching s = {d, &w, mem_calloc(w.n, sizeof *s.answers), NULL, e};
	int r = want_str(request, "index", &said, e);
	name = name ? name : said;
	bool all = !name && catalog_n(desk_catalog(d)) > 1;
	enum op_result found = r ? OP_WRONG : all ? OP_OK : op_index(d, name, &i_index, e);
	if (found == OP_OK && search_any(&s, all, i_index))
		found = op_result(e);
	if (found == OP_OK)
		*reply = compose(&s);
	for (size_t i = 0; i < w.n; i++) {
		for (size_t k = 0; k < s.answers[i].n; k++)
			js_free(s.answers[i].p[k].hit);
		mem_free(s.answers[i].p);
	}
	mem_free(s.answers);
	js_free(s.latency);
	want_release(&w);
	return found;
}
