/* Two-level search with the embedding server; see walk_exact.h. */
#include "search/walk_exact.h"

#include "algo/two_level.h"
#include "base/mem.h"

struct walk {
	struct asker *s;
	struct answer *a;
	const float *q;		/* (dim) the question */
	struct code_scorer codes;
	uint64_t *stale;	/* bit i: chunk i could not be read as indexed */
};

static void approx(void *ctx, const uint32_t *ids, size_t n, float *out)
{
	struct walk *w = ctx;
	code_scores(&w->codes, ids, n, out);
}

static int exact(void *ctx, const uint32_t *ids, size_t n, float *out, struct err *e)
{
	struct walk *w = ctx;
	bool *fresh = mem_array(n, sizeof *fresh);
	code_scores(&w->codes, ids, n, out);
	int r = query_exact(w->s, ids, n, w->q, out, fresh, w->a, e);
	for (size_t i = 0; i < n && !r; i++)
		if (!fresh[i])
			w->stale[ids[i] / 64] |= (uint64_t)1 << ids[i] % 64;
	mem_free(fresh);
	return r;
}

int walk_exact(struct asker *s, const struct plan *p, const float *q, struct answer *a,
	       struct err *e)
{
	const struct engine *g = s->g;
	struct walk w = {.s = s, .a = a, .q = q};
	struct two_level_scores scores = {approx, &w, exact, &w};
	struct two_level_params params = {p->n_candidates, p->promote, p->batch, p->allow};
	struct two_level_stats stats;
	struct graph_hit *hits = mem_array(p->n_candidates, sizeof *hits);
	code_scorer_init(&w.codes, g, q);
	w.stale = mem_calloc(g->ix.n_chunks / 64 + 1, sizeof *w.stale);
	int r = two_level_search(&g->graph, &scores, &params, &s->scratch, hits, &stats, e);
	for (size_t i = 0; i < stats.n_hits && !r; i++) {
		struct search_hit *h = &a->hits[i];
		uint32_t id = hits[i].id;
		*h = (struct search_hit){.chunk = id, .score = hits[i].score, .cosine = hits[i].score,
					 .exact = !(w.stale[id / 64] >> id % 64 & 1)};
		code_scores(&w.codes, &id, 1, &h->approx);
	}
	if (!r)
		a->n_hits = stats.n_hits;
	code_scorer_release(&w.codes);
	mem_free(w.stale);
	mem_free(hits);
	return r;
}
