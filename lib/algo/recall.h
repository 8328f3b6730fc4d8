/*
 * recall: how much of exact search over some rows a search by their codes finds.
 *
 *	struct recall_params p = {.n_recompute = 20, .n_queries = 256};
 *	struct recall r;
 *	recall_measure(&rows, vec, &codes, &p, par, &r);
 *
 * Rows are questions, themselves left out. What a search gives first counts when its exact cosine is
 * that of the k-th best row or better, so that copies of a text stand for each other.
 */
#ifndef LEANN_ALGO_RECALL_H
#define LEANN_ALGO_RECALL_H

#include <stddef.h>

#include "algo/search.h"

struct recall_params {
	size_t dim;
	size_t n_recompute;	/* of the best by codes, ranked by their exact cosine; 0: none */
	size_t n_queries;	/* rows taken as questions, evenly spread; at most all */
};

struct recall {
	size_t n_queries;		/* 0: fewer than two rows, nothing is measured */
	double at_3, at_10;		/* mean share of the first k found, 0 to 1 */
	double codes_at_3, codes_at_10;	/* the same by codes alone */
};

/* vec: (codes->n, dim) unit rows, the embeddings that the codes stand for. */
void recall_measure(const float *vec, const struct search_codes *codes,
		    const struct recall_params *p, struct par *par, struct recall *out);

#endif
