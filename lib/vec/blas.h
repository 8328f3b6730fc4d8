/*
 * blas: matrix products and eigenvectors (OpenBLAS inside, in blas.c alone).
 *
 * Matrices are row-major f32; ld* are row strides in elements. BLAS runs in the
 * calling thread only: the program's own pool (base/par.h) is the parallelism.
 * A row of a product may differ in its last bits with the number of rows asked
 * for at once; the same call on the same data gives the same bytes.
 */
#ifndef LEANN_VEC_BLAS_H
#define LEANN_VEC_BLAS_H

#include <stddef.h>

#include "base/err.h"

/* c (m, n) = alpha * a (m, k) x b (n, k)^T + beta * c */
void blas_nt(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
	     const float *b, size_t ldb, float beta, float *c, size_t ldc);
/* c (m, n) = alpha * a (m, k) x b (k, n) + beta * c */
void blas_nn(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
	     const float *b, size_t ldb, float beta, float *c, size_t ldc);
/* s (n, n) += a (m, n)^T x a, full matrix, f64 sums of f32 rows are the caller's affair */
void blas_tn_add(size_t n, size_t m, const float *a, size_t lda, float *s);
/*
 * Eigenvectors of the symmetric a (n, n) f64, overwritten: row i of a becomes the
 * unit eigenvector of w[i], largest eigenvalue first; the component of largest
 * magnitude (lowest index on a tie) is made positive, so that signs are fixed.
 */
int blas_eigen(size_t n, double *a, double *w, struct err *e) MUST_CHECK;

#endif
