/* Attention in plain C, in f64: the truth that the others are tested against; see attention.h. */
#include <math.h>

#include "vec/attention_impl.h"

size_t attention_scratch_scalar(size_t max_len, size_t head)
{
	(void)head;
	return (max_len * sizeof(double) + 63) / 64 * 64;
}

/* Weights of query i's softmax; returns their sum. */
static double weights(const struct attention_job *j, size_t i, double *w)
{
	double top = -INFINITY, sum = 0;
	for (size_t t = 0; t < j->len; t++) {
		w[t] = 0;
		for (size_t d = 0; d < j->head; d++)
			w[t] += (double)j->q[i * j->ld + d] * j->k[t * j->ld + d];
		w[t] *= j->scale;
		top = w[t] > top ? w[t] : top;
	}
	for (size_t t = 0; t < j->len; t++)
		sum += w[t] = exp(w[t] - top);
	return sum;
}

void attention_run_scalar(const struct attention_job *j)
{
	double *w = j->scratch;
	for (size_t i = 0; i < j->len; i++) {
		double sum = weights(j, i, w);
		for (size_t d = 0; d < j->head; d++) {
			double acc = 0;
			for (size_t t = 0; t < j->len; t++)
				acc += w[t] * j->v[t * j->ld + d];
			j->out[i * j->ldo + d] = (float)(acc / sum);
		}
	}
}

const struct attention_kernels attention_fp32_scalar = {
	SIMD_SCALAR, false, attention_scratch_scalar, attention_run_scalar,
};
