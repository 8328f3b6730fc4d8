/*
 * query: questions put to an open index: candidates, one recompute batch, hits in order.
 *
 *	struct asker s = {.g = &g, ...};	one a thread, over a shared engine
 *	struct plan p; plan_make(&g, &params, &p);
 *	if (ask(&s, &p, questions, n, answers, &latency, e)) ...
 *	answer_release(&answers[i]);
 */
#ifndef LEANN_SEARCH_QUERY_H
#define LEANN_SEARCH_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "algo/search.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/par.h"
#include "fmt/wire.h"
#include "search/engine.h"

struct cache;
struct embed;
struct peek;
struct source;

/* What was looked into, added up: for measuring. */
struct probe_tally {
	size_t n_lists, n_seen;			/* n_seen: chunks of these lists */
	size_t n_stretches;			/* of codes that are read at one go */
};

/* What one thread asks with; all but scratch is the caller's to make and free. */
struct asker {
	const struct engine *g;
	struct source *src;
	struct peek *peek;
	struct embed *embed;
	struct embed *reranker;			/* where plan.n_rerank is not 0 */
	struct par *par;
	struct cache *cache;			/* NULL: none */
	struct graph_scratch scratch;		/* caller: graph_scratch_release() */
	struct probe_tally tally;		/* of lists, probe.h; counted on and on */
};

/* How to answer; made from leann_params by plan_make(). plan_describe() has every member. */
struct plan {
	size_t top_k, n_candidates, n_recompute;
	size_t ef_search;			/* of a walk over the graph; 0: scan */
	size_t n_probe;				/* lists to look into: probe.h; 0: there are none */
	bool words;				/* rank by words too */
	double weight_first, weight_last;	/* of words, before and after recomputing: fuse.h */
	const uint64_t *allow;			/* filter, NULL: all chunks */
	bool like;				/* questions are texts as passages are: like.c */
	size_t per_file;			/* hits of a file at most; 0: any number */
	bool all_copies;			/* the same text again is a hit of its own */
	size_t n_first;				/* of n_recompute, in a first batch; 0: all */
	double margin;				/* no second one from this much of the span */
	double promote;				/* share of the queue that a walk recomputes; 0: it does not */
	size_t batch;				/* so many at a time */
	size_t n_rerank;			/* hits that a reranker scores: reorder.h; top_k then; 0: none */
	size_t n_best;				/* of which so many remain */
	bool exact_last;			/* and have their exact cosines computed */
	const char *reranker;			/* identity of its model */
};

struct leann_params;
/* Defaults and what they depend on; p->allow is the caller's to set. */
int plan_make(const struct engine *g, const struct leann_params *want, struct plan *p,
	      struct err *e) MUST_CHECK;
/* All of p but the filter, as text: what tells its answers from another plan's. */
void plan_describe(const struct plan *p, struct buf *out);

struct latency {
	double embed_ms, search_ms, words_ms, recompute_ms, rerank_ms;
};

struct copy {
	uint32_t chunk, of;			/* of: a hit with the same text */
};

struct answer {
	struct search_hit *hits;		/* n_hits, best first */
	size_t n_hits;
	float top, span;			/* of the candidates' cosines by codes: the best, less the last */
	struct copy *copies;			/* n_copies, in no order */
	size_t n_copies;
	size_t lo, hi;				/* hits lo to hi are in the batch to recompute */
	size_t n_recomputed;			/* embeddings computed for this question alone or shared */
	size_t n_round_trips;			/* batches of them that the server was asked for */
	bool partial;				/* something it needed could not be read as indexed */
	bool cached;				/* it was asked before, nothing was computed */
};

/*
 * Answer n questions into out, which starts zeroed and is released by the caller also after a
 * failure: their embeddings in one batch, the candidates of all of them in another. Hits whose
 * source changed keep exact false and their approximate score.
 */
int ask(struct asker *s, const struct plan *p, const struct wire_text *questions, size_t n,
	struct answer *out, struct latency *t, struct err *e) MUST_CHECK;
void answer_release(struct answer *a);

/* Cosines of any chunks to a question by their codes. */
struct code_scorer {
	const struct engine *g;
	float *lut, *qrot;
};
void code_scorer_init(struct code_scorer *s, const struct engine *g, const float *q);
void code_scorer_release(struct code_scorer *s);
void code_scores(const struct code_scorer *s, const uint32_t *ids, size_t n, float *out);

/*
 * Recompute n different chunks in one batch: their exact cosines to q into out, fresh set; where the source
 * changed fresh is false, out is left alone and a->partial set. Counts into a.
 */
int query_exact(struct asker *s, const uint32_t *ids, size_t n, const float *q, float *out,
		bool *fresh, struct answer *a, struct err *e) MUST_CHECK;

#endif
