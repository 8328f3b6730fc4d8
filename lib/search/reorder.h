/*
 * reorder: the hits of a question again, in the order of a reranker, which reads the question and a
 * passage together (a cross-encoder: Nogueira and Cho 2019).
 *
 *	if (reorder(&asker, &plan, &question, q, &a, e)) ...
 *
 * Passages are scored as they were embedded, the line that says where they are included. Hits whose
 * source changed have no score: they follow the others in the order they had. The first plan.n_best
 * remain, and where they are not exact yet get their exact cosines, which order nothing.
 */
#ifndef LEANN_SEARCH_REORDER_H
#define LEANN_SEARCH_REORDER_H

#include "search/query.h"

/* q: the question's embedding, (dim), unit. */
int reorder(struct asker *s, const struct plan *p, const struct wire_text *question, const float *q,
	    struct answer *a, struct err *e) MUST_CHECK;

#endif
