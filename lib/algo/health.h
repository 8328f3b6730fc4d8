/*
 * health: how well codes stand for embeddings, measured while the embeddings are there.
 *
 * quantisation error = mean |q.x - (a q.x^ + b)| over the 100 best chunks x (by codes) of
 * each of up to 64 sampled chunks taken as queries q, a and b by least squares over all of
 * them; q.x^ is the approximate cosine. Range 0..2, good below .05.
 */
#ifndef LEANN_ALGO_HEALTH_H
#define LEANN_ALGO_HEALTH_H

#include "algo/rows.h"
#include "algo/search.h"

int health_quantization(const struct rows *rows, const struct search_codes *codes, uint64_t seed,
			struct par *par, double *error, struct err *e) MUST_CHECK;

#endif
