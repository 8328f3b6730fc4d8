/*
 * Linear layers by OpenBLAS, for machines that we have no kernels for; see linear.h. Weights are
 * row-major: (n, k), then the bias (n). A row's last bits may depend on the rows beside it.
 */
#include "vec/blas.h"
#include "vec/kernels.h"
#include "vec/linear_impl.h"

static void mul(const struct linear_job *j)
{
	const struct vec_kernels *k = vec_kernels_of(SIMD_BLAS);
	size_t lo = j->lo * LINEAR_PANEL;
	size_t hi = j->hi * LINEAR_PANEL < j->n ? j->hi * LINEAR_PANEL : j->n;
	const float *w = j->w, *bias = w + j->n * j->k + lo;
	size_t ld = j->row_bytes / sizeof(float), cols = hi - lo;
	float *y = j->y + lo;
	if (!j->gelu)
		for (size_t i = 0; i < j->m; i++)
			memcpy(y + i * j->ldy, bias, cols * sizeof *y);
	blas_nt(j->m, cols, j->k, 1, j->rows, ld, w + lo * j->k, j->k, j->gelu ? 0 : 1, y, j->ldy);
	if (j->gelu)
		for (size_t i = 0; i < j->m; i++)
			k->gelu_f32(y + i * j->ldy, bias, cols);
}

const struct linear_kernels linear_fp32_blas = {SIMD_BLAS, PRECISION_FP32, NULL, mul};
