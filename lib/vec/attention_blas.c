/* Attention by OpenBLAS, beside linear_blas.c; see attention.h. */
#include "vec/attention_impl.h"
#include "vec/blas.h"
#include "vec/kernels.h"

enum { ROWS = 256 };		/* queries whose scores are held at once */

static size_t scratch_bytes(size_t max_len, size_t head)
{
	(void)head;
	return ((max_len < ROWS ? max_len : ROWS) * max_len * sizeof(float) + 63) / 64 * 64;
}

static void run(const struct attention_job *j)
{
	const struct vec_kernels *k = vec_kernels_of(SIMD_BLAS);
	float *scores = j->scratch;
	for (size_t i = 0; i < j->len; i += ROWS) {
		size_t rows = j->len - i < ROWS ? j->len - i : ROWS;
		blas_nt(rows, j->len, j->head, 1, j->q + i * j->ld, j->ld, j->k, j->ld, 0, scores,
			j->len);
		for (size_t r = 0; r < rows; r++)
			k->softmax_f32(scores + r * j->len, j->scale, j->len);
		blas_nn(rows, j->head, j->len, 1, scores, j->len, j->v, j->ld, 0,
			j->out + i * j->ldo, j->ldo);
	}
}

const struct attention_kernels attention_fp32_blas = {SIMD_BLAS, false, scratch_bytes, run};
