/* Several indexes, one answer; see together.h. */
#include "together.h"

#include <stdlib.h>

#include "base/mem.h"
#include "filters.h"
#include "log.h"
#include "search/why.h"

enum { EF_DEFAULT = 200 };

struct member {
	struct leann_index *ix;
	struct leann_searcher *from;
	struct leann_filter *filter;
	struct leann_params params;
	struct leann_results *r;	/* of the latest call */
};

struct together {
	const struct settings *s;
	struct member *m;		/* (n) */
	size_t n;
	struct leann_results times;	/* sums over r; no answers */
	struct shown *shown;		/* of the answer that was given last */
};

static size_t ef_search(const struct settings *s)
{
	if (s->source == SOURCE_TWO_LEVEL)
		return s->ef_search;
	return s->source == SOURCE_GRAPH ? s->ef_search ? s->ef_search : EF_DEFAULT : 0;
}

static struct leann_params params(const struct settings *s)
{
	return (struct leann_params){.top_k = s->top_k,
				     .recompute = s->recompute,
				     .codes_only = s->no_recompute,
				     .shortlist = s->candidates,
				     .word_weight = s->weight,
				     .dense = s->dense,
				     .per_file = s->per_file,
				     .all_copies = s->all_copies,
				     .recall_target = s->recall_target,
				     .confidence = s->confidence,
				     .ef_search = ef_search(s),
				     .n_probe = s->source == SOURCE_SCAN ? SIZE_MAX : s->n_probe,
				     .promote = s->promote,
				     .recompute_batch = s->recompute_batch,
				     .rerank = s->rerank,
				     .rerank_depth = s->rerank_depth};
}

static int open_member(const struct settings *s, const char *path, struct member *m, struct err *e)
{
	struct leann_error why;
	const struct leann_options o = {.root = s->root,
					.model = s->model,
					.endpoint = s->embed.endpoint,
					.allow_remote = s->embed.allow_remote,
					.timeout_s = s->embed.timeout_s,
					.no_start = s->embed.no_start,
					.threads = (unsigned)s->n_threads,
					.no_cache = s->no_cache,
					.reranker = s->reranker,
					.rerank_endpoint = s->rerank_endpoint};
	bool graph = s->source == SOURCE_GRAPH || s->source == SOURCE_TWO_LEVEL;
	m->params = params(s);
	if (leann_open(path, graph ? LEANN_OPEN_GRAPH : 0, &m->ix, &why) ||
	    leann_searcher_new(m->ix, &o, &m->from, &why))
		return leann_why(&why, e);
	const struct leann_info *i = leann_index_info(m->ix);
	if ((s->n_probe || s->source == SOURCE_LISTS) && i->n_chunks && !i->n_lists)
		return err_set(e, ERR_USAGE, "%s has no lists: build it with leann-graph --backend "
			       "diskann, or search it with --candidates scan", path);
	if (filters_make(s, m->ix, &m->filter, e))
		return -1;
	m->params.filter = m->filter;
	return 0;
}

int together_open(const struct settings *s, struct together **out, struct err *e)
{
	struct together *t = mem_calloc(1, sizeof *t);
	struct leann_error why;
	int r = 0;
	*out = NULL;
	t->s = s;
	t->m = mem_calloc(1 + s->n_more, sizeof *t->m);
	while (t->n < 1 + s->n_more && !r) {
		r = open_member(s, t->n ? s->more[t->n - 1] : s->index, &t->m[t->n], e);
		t->n++;
		if (!r && !s->rerank && leann_comparable(t->m[0].ix, t->m[t->n - 1].ix, &why))
			r = leann_why(&why, e);
	}
	if (r)
		together_free(t);
	else
		*out = t;
	return r;
}

static void forget(struct together *t)
{
	for (size_t i = 0; i < t->n; i++) {
		leann_results_free(t->m[i].r);
		t->m[i].r = NULL;
	}
	mem_free(t->shown);
	t->shown = NULL;
	t->times = (struct leann_results){0};
}

void together_free(struct together *t)
{
	if (!t)
		return;
	forget(t);
	for (size_t i = 0; i < t->n; i++) {
		leann_filter_free(t->m[i].filter);
		leann_searcher_free(t->m[i].from);
		leann_close(t->m[i].ix);
	}
	mem_free(t->m);
	mem_free(t);
}

const struct leann_index *together_index(const struct together *t)
{
	return t->m[0].ix;
}

struct leann_searcher *together_searcher(const struct together *t)
{
	return t->m[0].from;
}

bool together_has_words(const struct together *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (leann_index_info(t->m[i].ix)->has_words)
			return true;
	return false;
}

/* One index has answered. */
static void add(struct together *t, const struct member *m)
{
	const struct leann_results *r = m->r;
	t->times.n_answers = r->n_answers;
	t->times.total_ms += r->total_ms;
	t->times.embed_ms += r->embed_ms;
	t->times.search_ms += r->search_ms;
	t->times.words_ms += r->words_ms;
	t->times.recompute_ms += r->recompute_ms;
	t->times.rerank_ms += r->rerank_ms;
	if (!t->s->no_log)
		log_results(m->ix, r);
}

int together_ask(struct together *t, const struct leann_text *q, size_t n, struct leann_error *e)
{
	forget(t);
	for (size_t i = 0; i < t->n; i++) {
		struct member *m = &t->m[i];
		if (leann_search(m->from, q, n, &m->params, &m->r, e))
			return -1;
		add(t, m);
	}
	return 0;
}

int together_near(struct together *t, uint32_t chunk, struct leann_error *e)
{
	struct member *m = &t->m[0];
	forget(t);
	if (leann_related(m->from, chunk, &m->params, &m->r, e))
		return -1;
	add(t, m);
	return 0;
}

/* As each index has them: reranked ones first, by score. Equals stay in the order of the indexes. */
static bool before(const struct leann_hit *a, const struct leann_hit *b)
{
	return a->reranked != b->reranked ? a->reranked : a->score > b->score;
}

struct shown_answer together_answer(struct together *t, size_t i)
{
	struct shown_answer a = {.cached = true, .times = &t->times};
	size_t *at = mem_calloc(t->n, sizeof *at), n_all = 0;
	for (size_t k = 0; k < t->n && t->m[k].r; k++) {
		const struct leann_answer *one = &t->m[k].r->answers[i];
		a.n_recomputed += one->n_recomputed;
		a.n_round_trips += one->n_round_trips;
		a.cached &= one->cached != 0;
		n_all += one->n_hits;
	}
	mem_free(t->shown);
	t->shown = mem_array(n_all + 1, sizeof *t->shown);
	size_t top = t->s->top_k < n_all ? t->s->top_k : n_all;
	while (a.n_hits < top) {
		size_t best = t->n;
		for (size_t k = 0; k < t->n && t->m[k].r; k++) {
			const struct leann_answer *one = &t->m[k].r->answers[i];
			if (at[k] < one->n_hits &&
			    (best == t->n ||
			     before(&one->hits[at[k]], &t->m[best].r->answers[i].hits[at[best]])))
				best = k;
		}
		t->shown[a.n_hits++] = (struct shown){t->m[best].from, &t->m[best].r->answers[i].hits[at[best]++],
						      t->n > 1 ? leann_index_info(t->m[best].ix)->path : NULL};
	}
	mem_free(at);
	a.hits = t->shown;
	return a;
}

void together_warn(const struct together *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const char *why;
		size_t n = leann_unreadable(t->m[i].from, &why);
		if (n)
			err_warn("%s: passages of %zu file%s are ranked by codes alone", why, n, n == 1 ? "" : "s");
	}
}
