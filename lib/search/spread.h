/*
 * spread: which candidates become hits: texts that are the same but for white space are one hit,
 * and a file has at most so many.
 *
 *	spread_deepen(&asker, &plan, q, &a, e);		enough files among the candidates
 *	spread_front(&asker, &plan, &a, e);		what is worth recomputing comes first
 *	... recompute, rank ...
 *	spread_cut(&asker, &plan, &a, e);		at most top_k hits; their copies in a.copies
 *
 * The same text has the same embedding, so texts are only read and compared where cosines are
 * next to the same: white space is no token of the models that leann has.
 */
#ifndef LEANN_SEARCH_SPREAD_H
#define LEANN_SEARCH_SPREAD_H

#include "search/query.h"

/*
 * With plan.per_file: scan again, without the files that have enough candidates, until top_k hits
 * and a full batch to recompute are there with at most twice per_file of a file, or no more chunks.
 * q: the question's embedding. A walk over a graph is not gone on with.
 */
int spread_deepen(struct asker *s, const struct plan *p, const float *q, struct answer *a,
		  struct err *e) MUST_CHECK;
/* Copies and hits past twice per_file of a file make room among the first plan.n_recompute. */
int spread_front(struct asker *s, const struct plan *p, struct answer *a,
		 struct err *e) MUST_CHECK;
/* The first top_k hits that are no copies, per_file of a file at most. */
int spread_cut(struct asker *s, const struct plan *p, struct answer *a, struct err *e) MUST_CHECK;

#endif
