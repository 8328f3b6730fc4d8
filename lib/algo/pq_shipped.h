/*
 * pq_shipped: product quantisers that come with the programs (base/shipped.h), for collections
 * too small to pay for one of their own.
 *
 *	if (pq_shipped_fits(&params, dim, s->p, s->n) && !pq_shipped_load(&pq, s->p, s->n, e)) ...
 *
 * A shipped quantiser costs an index nothing and needs no training, but knows nothing of the
 * collection; pq_shipped.c has how well it serves.
 */
#ifndef LEANN_ALGO_PQ_SHIPPED_H
#define LEANN_ALGO_PQ_SHIPPED_H

#include "algo/pq.h"

/* May the quantiser in p (n bytes) stand in for one of params and dim? Residual and 4-bit ones cannot. */
bool pq_shipped_fits(const struct pq_params *params, size_t dim, const uint8_t *p, size_t n);
/* Are n rows so few that it is to be taken? */
bool pq_shipped_serves(size_t n);
/* From the bytes of a member "pq", leann-index(5), into pq, which must be PQ_INIT. */
int pq_shipped_load(struct pq *pq, const uint8_t *p, size_t n, struct err *e) MUST_CHECK;

#endif
