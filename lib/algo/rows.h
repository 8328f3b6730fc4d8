/*
 * rows: a matrix of f32 rows that may live outside memory, and samples of it.
 *
 *	struct rows_array a = {p, dim};
 *	struct rows r = rows_from_array(&a, n);
 *	rows_sample(n, k, seed, ids); rows_gather(&r, ids, k, out, e);
 *
 * Nothing here keeps more than a block of ROWS_BLOCK rows or the sample asked for.
 * Errors come from read() only.
 */
#ifndef LEANN_ALGO_ROWS_H
#define LEANN_ALGO_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/par.h"

enum {
	ROWS_BLOCK = 4096, /* rows read at once: 6 MB at 384 dimensions */
	ROWS_TILE = 256, /* rows of one GEMM; fixed, so that bytes do not depend on threads */
};

struct rows {
	size_t n, dim;
	/* Rows first..first+n-1 into out (n, dim) row-major. */
	int (*read)(void *ctx, size_t first, size_t n, float *out, struct err *e);
	void *ctx;
};

struct rows_array {
	const float *p; /* (n, dim) row-major, borrowed */
	size_t dim;
};
/* a must live as long as the rows do. */
struct rows rows_from_array(struct rows_array *a, size_t n);

/* k <= n ids of 0..n-1, each set equally likely, ascending, the same for a seed. */
void rows_sample(size_t n, size_t k, uint64_t seed, uint32_t *ids);
/* Rows ids[0..k-1] (ascending) into out (k, dim). */
int rows_gather(const struct rows *r, const uint32_t *ids, size_t k, float *out,
		struct err *e) MUST_CHECK;

/* Called for n <= ROWS_TILE rows x (n, dim) from row first on; writes only what is theirs. */
typedef void rows_tile(void *ctx, size_t first, size_t n, const float *x, size_t i_worker);
/* Every row once, tile by tile on the pool. Tiles begin at multiples of ROWS_TILE. */
int rows_each(const struct rows *r, struct par *par, rows_tile *tile, void *ctx,
	      struct err *e) MUST_CHECK;

#endif
