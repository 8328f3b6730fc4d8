/*
 * enrich: anchors and codes for a set of vectors, with the defaults of every program.
 * leann-anchors, leann-pq and leann-graph all call these, so they cannot differ.
 *
 *	struct enrich_params p = ENRICH_PARAMS_DEFAULT;
 *	struct enrich x = ENRICH_INIT;
 *	enrich_anchors(&rows, group, &p, par, &x, e);	makes x.anchors, x.assign, x.cosine
 *	enrich_pq(&rows, group, &p, par, &x, e);	x.pq, x.codes (anchors first if residual)
 *	enrich_release(&x);
 *
 * What is already in x (loaded from a stream) is kept. No rows: nothing is made.
 */
#ifndef LEANN_ALGO_ENRICH_H
#define LEANN_ALGO_ENRICH_H

#include "algo/anchors.h"
#include "algo/pq.h"
#include "algo/rows.h"

#define ENRICH_SEED 42

struct enrich_params {
	struct anchors_params anchors;
	struct pq_params pq;
};
#define ENRICH_PARAMS_DEFAULT                                                                      \
	{                                                                                          \
		.anchors = {.strategy = ANCHORS_KMEANS, .min_per_group = 1, .seed = ENRICH_SEED},  \
		.pq = {.seed = ENRICH_SEED }                                                       \
	}

struct enrich {
	struct anchors anchors; /* n 0: none */
	uint32_t *assign; /* (n rows) nearest anchor, or NULL */
	float *cosine; /* (n rows) to it; NULL when assign came from elsewhere */
	struct pq pq; /* m 0: none */
	uint8_t *codes; /* (n rows, m) row-major, or NULL */
};
#define ENRICH_INIT                                                                                \
	{                                                                                          \
		0                                                                                  \
	}

void enrich_release(struct enrich *x);
/* Anchors unless x has some, the assignment unless x has one. group: see anchors_train(). */
int enrich_anchors(const struct rows *rows, const uint16_t *group, const struct enrich_params *p,
		   struct par *par, struct enrich *x, struct err *e) MUST_CHECK;
/* Codebook unless x has one, codes unless x has them; anchors as well where they are residual. */
int enrich_pq(const struct rows *rows, const uint16_t *group, const struct enrich_params *p,
	      struct par *par, struct enrich *x, struct err *e) MUST_CHECK;

#endif
