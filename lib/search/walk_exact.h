/*
 * walk_exact: candidates with exact cosines, by two-level search over the graph of chunks
 * (algo/two_level.h): codes say what is worth recomputing, batches of it tell where to go on.
 *
 *	if (walk_exact(&asker, &plan, q, &a, e)) ...	plan.promote above 0, a graph that is open
 *
 * The caller made a->hits of plan.n_candidates; they come best first.
 */
#ifndef LEANN_SEARCH_WALK_EXACT_H
#define LEANN_SEARCH_WALK_EXACT_H

#include "search/query.h"

/*
 * Sets n_hits, n_recomputed and n_round_trips. A chunk whose source changed counts by its code, and
 * has exact false. plan.allow: what it leaves out is walked through, not recomputed.
 */
int walk_exact(struct asker *s, const struct plan *p, const float *q, struct answer *a,
	       struct err *e) MUST_CHECK;

#endif
