/* Linear layers in plain C: the truth that the others are tested against; see linear.h. */
#include <math.h>

#include "vec/linear_impl.h"

float linear_gelu_scalar(float x)
{
	return (float)(0.5 * (double)x * erfc(-(double)x * 0.70710678118654752));
}

static void row_int8(const float *x, const float *smooth, size_t k, uint8_t *q)
{
	size_t pad = linear_k_pad(PRECISION_INT8, k);
	struct linear_row_tail *tail = (void *)(q + pad);
	float lo = INFINITY, hi = -INFINITY, poison = 0;
	for (size_t i = 0; i < k; i++) {
		float v = smooth ? x[i] * smooth[i] : x[i];
		lo = v < lo ? v : lo;
		hi = v > hi ? v : hi;
		poison += v * 0;		/* NaN for what is not finite, else 0 */
	}
	float inv = hi > lo ? 255 / (hi - lo) : 0;
	for (size_t i = 0; i < k; i++) {
		float v = rintf(((smooth ? x[i] * smooth[i] : x[i]) - lo) * inv);
		q[i] = (uint8_t)(v > 255 ? 255 : v >= 0 ? v : 0);
	}
	memset(q + k, 0, pad - k + sizeof *tail);
	tail->scale = (hi - lo) / 255 + poison;
	tail->min = lo;
}

void linear_rows_int8_scalar(const struct linear_input *in, void *rows)
{
	const float *x = in->x;
	size_t ldx = in->ldx, m = in->m, k = in->k;
	size_t bytes = linear_row_bytes(&linear_int8_scalar, k);
	for (size_t i = 0; i < m; i++)
		row_int8(x + i * ldx, in->smooth, k, (uint8_t *)rows + i * bytes);
}

void linear_rows_bf16_scalar(const struct linear_input *in, void *rows)
{
	const float *x = in->x;
	size_t ldx = in->ldx, m = in->m, k = in->k;
	size_t bytes = linear_row_bytes(&linear_bf16_scalar, k);
	for (size_t i = 0; i < m; i++) {
		uint16_t *h = (void *)((char *)rows + i * bytes);
		for (size_t d = 0; d < k; d++)
			h[d] = linear_to_bf16(x[i * ldx + d]);
		memset(h + k, 0, bytes - k * sizeof *h);
	}
}

static float dot8(const uint8_t *q, const int8_t *w, size_t k, size_t c)
{
	int32_t acc = 0;
	for (size_t i = 0; i < k; i++)
		acc += q[i] * w[i / 4 * 64 + c * 4 + i % 4];
	return (float)acc;
}

void linear_mul_int8_scalar(const struct linear_job *j)
{
	size_t pad = linear_k_pad(PRECISION_INT8, j->k);
	size_t bytes = linear_panel_bytes(PRECISION_INT8, j->k);
	size_t hi = j->hi * LINEAR_PANEL < j->n ? j->hi * LINEAR_PANEL : j->n;
	for (size_t i = 0; i < j->m; i++) {
		const uint8_t *q = (const uint8_t *)j->rows + i * j->row_bytes;
		const struct linear_row_tail *row = (const void *)(q + pad);
		for (size_t c = j->lo * LINEAR_PANEL; c < hi; c++) {
			const char *p = (const char *)j->w + c / LINEAR_PANEL * bytes;
			const struct linear_tail8 *t = (const void *)(p + pad * LINEAR_PANEL);
			size_t in = c % LINEAR_PANEL;
			float acc = dot8(q, (const int8_t *)p, j->k, in);
			float y = fmaf(row->scale, t->scale[in] * acc,
				       fmaf(row->min, t->sum[in], t->bias[in]));
			j->y[i * j->ldy + c] = j->gelu ? linear_gelu_scalar(y) : y;
		}
	}
}

/* Channel c of the panel at p, on row r. */
static double dot(enum precision prec, const void *r, const void *p, size_t k, size_t c)
{
	const uint16_t *rh = r, *ph = p;
	const float *rf = r, *pf = p;
	double acc = 0;
	for (size_t i = 0; i < k; i++)
		acc += prec == PRECISION_BF16
			? (double)linear_from_bf16(rh[i]) *
			  linear_from_bf16(ph[i / 2 * 32 + c * 2 + i % 2])
			: (double)rf[i] * pf[i * LINEAR_PANEL + c];
	return acc;
}

static void mul(const struct linear_job *j, enum precision prec)
{
	size_t bytes = linear_panel_bytes(prec, j->k);
	size_t hi = j->hi * LINEAR_PANEL < j->n ? j->hi * LINEAR_PANEL : j->n;
	for (size_t i = 0; i < j->m; i++)
		for (size_t c = j->lo * LINEAR_PANEL; c < hi; c++) {
			const char *p = (const char *)j->w + c / LINEAR_PANEL * bytes;
			const struct linear_tail *t =
				(const void *)(p + linear_groups_bytes(prec, j->k));
			size_t in = c % LINEAR_PANEL;
			double acc = dot(prec, (const char *)j->rows + i * j->row_bytes, p, j->k,
					 in);
			float y = (float)(acc + (double)t->bias[in]);
			j->y[i * j->ldy + c] = j->gelu ? linear_gelu_scalar(y) : y;
		}
}

void linear_mul_bf16_scalar(const struct linear_job *j)
{
	mul(j, PRECISION_BF16);
}

void linear_mul_fp32_scalar(const struct linear_job *j)
{
	mul(j, PRECISION_FP32);
}

const struct linear_kernels linear_fp32_scalar = {
	SIMD_SCALAR, PRECISION_FP32, NULL, linear_mul_fp32_scalar,
};
const struct linear_kernels linear_bf16_scalar = {
	SIMD_SCALAR, PRECISION_BF16, linear_rows_bf16_scalar, linear_mul_bf16_scalar,
};
const struct linear_kernels linear_int8_scalar = {
	SIMD_SCALAR, PRECISION_INT8, linear_rows_int8_scalar, linear_mul_int8_scalar,
};
