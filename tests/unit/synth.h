/* synth: unit vectors with clusters and a falling spectrum, as embeddings have; for unit tests. */
#ifndef LEANN_TESTS_SYNTH_H
#define LEANN_TESTS_SYNTH_H

#include <math.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/rng.h"

/* Nearly normal: a sum of 12 uniforms. */
static inline float synth_normal(struct rng *r)
{
	double s = -6;
	for (int i = 0; i < 12; i++)
		s += rng_unit(r);
	return (float)s;
}

/* (n, dim) unit rows around n_centres; component d has spread 1 / (1 + d / 8). Caller frees. */
static inline float *synth_rows(size_t n, size_t dim, size_t n_centres, uint64_t seed)
{
	struct rng r = {seed};
	float *c = mem_array(n_centres * dim, sizeof *c), *x = mem_array(n * dim, sizeof *x);
	for (size_t i = 0; i < n_centres * dim; i++)
		c[i] = synth_normal(&r) / (1 + (float)(i % dim) / 8);
	for (size_t i = 0; i < n; i++) {
		size_t k = (size_t)rng_below(&r, n_centres);
		double norm = 0;
		for (size_t d = 0; d < dim; d++) {
			float v = c[k * dim + d] + .7f * synth_normal(&r) / (1 + (float)d / 8);
			x[i * dim + d] = v;
			norm += (double)v * v;
		}
		for (size_t d = 0; d < dim; d++)
			x[i * dim + d] = (float)(x[i * dim + d] / sqrt(norm));
	}
	mem_free(c);
	return x;
}

#endif
