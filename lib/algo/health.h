/*
 * health: how well codes stand for embeddings, measured while the embeddings are there.
 *
 * quantisation error = mean |q.x - (a q.x^ + b)| over the 100 best chunks x (by codes) of
 * each of up to 64 sampled chunks taken as queries q, a and b by least squares over all of
 * them; q.x^ is the approximate cosine. Range 0..2, good below .05.
 *
 * reconstruction = mean x.x^ / |x^|: falls when chunks come that the codebook was not made for.
 */
#ifndef LEANN_ALGO_HEALTH_H
#define LEANN_ALGO_HEALTH_H

#include "algo/rows.h"
#include "algo/search.h"

/*
 * Mean cosine of rows to what their codes (rows->n, m; row-major) stand for, over up to 4,096 rows
 * drawn by seed. anchors, assign: of residual codes, else NULL. 1 is perfect.
 */
int health_reconstruction(const struct rows *rows, const struct pq *pq,
			  const struct anchors *anchors, const uint32_t *assign,
			  const uint8_t *codes, uint64_t seed, double *mean,
			  struct err *e) MUST_CHECK;

int health_quantization(const struct rows *rows, const struct search_codes *codes, uint64_t seed,
			struct par *par, double *error, struct err *e) MUST_CHECK;

#endif
