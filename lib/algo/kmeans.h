/*
 * kmeans: Lloyd's algorithm with k-means++ seeding (Arthur, Vassilvitskii 2007).
 *
 *	struct kmeans_params p = {.k = 256, .max_iter = 12, .tol = 1e-3, .seed = s};
 *	double err = kmeans_train(x, n, dim, &p, par, cent, assign);
 *
 * The result depends on the data and the params alone, never on the number of
 * threads: GEMM tiles are fixed and every sum runs in the order of row numbers.
 */
#ifndef LEANN_ALGO_KMEANS_H
#define LEANN_ALGO_KMEANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/par.h"

struct kmeans_params {
	size_t k; /* 1..n clusters */
	size_t max_iter; /* Lloyd steps at most */
	double tol; /* stop when a step lowers the objective by less than this share */
	uint64_t seed;
	size_t seed_rows; /* rows that seeding looks at, 0: all (spread evenly over x) */
	bool spherical; /* centroids of unit length: for unit rows, by cosine */
	double *trace; /* NULL, or room for max_iter + 1 objectives, one a step */
	size_t n_trace; /* set */
};

/*
 * cent (k, dim) out; assign (n) out: nearest centroid, ties to the lowest number.
 * Returns the objective: the sum of squared distances to the assigned centroids.
 * An empty cluster takes the worst row of the cluster with the largest error.
 */
double kmeans_train(const float *x, size_t n, size_t dim, struct kmeans_params *p, struct par *par,
		    float *cent, uint32_t *assign);

/* Nearest centroid of n rows: assign, and the squared distance (>= 0), each may be NULL. */
void kmeans_assign(const float *x, size_t n, size_t dim, const float *cent, size_t k,
		   struct par *par, uint32_t *assign, float *dist);

/*
 * The same for one tile of n <= ROWS_TILE rows in the calling thread. norms: squared
 * lengths of the centroids (k); scratch: KMEANS_SCRATCH(k) floats.
 */
#define KMEANS_SCRATCH(k) (ROWS_TILE * (k))
void kmeans_nearest(const float *x, size_t n, size_t ldx, size_t dim, const float *cent, size_t k,
		    const float *norms, float *scratch, uint32_t *assign, float *best);
/* Squared lengths of k rows. */
void kmeans_norms(const float *cent, size_t k, size_t dim, float *norms);

#endif
