/*
 * vec/blas.h in plain C, in place of lib/vec/blas.c where scripts/check-arm links unit tests: there
 * is no OpenBLAS for the other machine. Only what the kernels call.
 */
#include "vec/blas.h"

/* a (m, k) x b^T, b's element (j, i) at b[j row + i col] */
static void product(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
		    const float *b, size_t row, size_t col, float beta, float *c, size_t ldc)
{
	for (size_t r = 0; r < m; r++)
		for (size_t j = 0; j < n; j++) {
			double sum = 0;
			float *out = c + r * ldc + j;
			for (size_t i = 0; i < k; i++)
				sum += (double)a[r * lda + i] * b[j * row + i * col];
			/* as in BLAS, what c holds does not matter where beta is 0 */
			*out = (float)(alpha * sum + (beta != 0 ? (double)beta * *out : 0));
		}
}

void blas_nt(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
	     const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
	product(m, n, k, alpha, a, lda, b, ldb, 1, beta, c, ldc);
}

void blas_nn(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
	     const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
	product(m, n, k, alpha, a, lda, b, 1, ldb, beta, c, ldc);
}
