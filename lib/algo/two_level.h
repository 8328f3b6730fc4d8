/*
 * two_level: the search of LEANN (arXiv:2506.08276, algorithm 2) over a graph of chunks: every
 * neighbour met is scored by its code and queued; of the queue the most promising share is
 * promoted, that is, scored by its exact embedding, computed again in batches (section 4.2 there);
 * only nodes with exact scores are expanded.
 *
 * Filters are ours: a node that may not be a hit is walked through by its approximate score, and
 * nothing is computed for it; while fewer hits than there is room for were found, the queue is
 * promoted further, so that hits are found wherever in the graph they are.
 *
 *	if (two_level_search(&g, &s, &p, &scratch, hits, &stats, e)) ...
 *
 * Kept for comparison and for those who ask for it: below ten million chunks a scan of all codes
 * and one batch needs a fifth of its recomputes (docs/benchmarks.md).
 */
#ifndef LEANN_ALGO_TWO_LEVEL_H
#define LEANN_ALGO_TWO_LEVEL_H

#include "algo/graph.h"
#include "base/err.h"

/* Exact scores of n nodes into out, larger is better: 0, or -1 with e filled. */
typedef int two_level_exact(void *ctx, const uint32_t *ids, size_t n, float *out, struct err *e);

struct two_level_scores {
	graph_score *approx;
	void *approx_ctx;
	two_level_exact *exact;
	void *exact_ctx;
};

struct two_level_params {
	size_t ef;		/* exact hits kept, >= 1 */
	double promote;		/* share of the queue that an expansion promotes, above 0, up to 1 */
	size_t batch;		/* recomputes wait until there are so many, >= 1 */
	const uint64_t *allow;	/* bit i: node i may be a hit; NULL: all may */
};

struct two_level_stats {
	size_t n_hits, n_exact, n_batches, n_approx;
};

/* The ef best with exact scores, best first, into hits (ef). g->n > 0. */
int two_level_search(const struct graph *g, const struct two_level_scores *s,
		     const struct two_level_params *p, struct graph_scratch *scratch,
		     struct graph_hit *hits, struct two_level_stats *stats,
		     struct err *e) MUST_CHECK;

#endif
