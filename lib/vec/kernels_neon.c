/* The kernels for 64-bit ARM; NEON is part of its base, so nothing is detected. See kernels.h. */
#include "vec/kernels.h"

#if defined(__aarch64__)

#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "vec/kernels_poly.h"

static float vec_dot_f32_neon(const float *a, const float *b, size_t n)
{
	float32x4_t s0 = vdupq_n_f32(0), s1 = s0, s2 = s0, s3 = s0;
	size_t i = 0;
	for (; i + 16 <= n; i += 16) {
		s0 = vfmaq_f32(s0, vld1q_f32(a + i), vld1q_f32(b + i));
		s1 = vfmaq_f32(s1, vld1q_f32(a + i + 4), vld1q_f32(b + i + 4));
		s2 = vfmaq_f32(s2, vld1q_f32(a + i + 8), vld1q_f32(b + i + 8));
		s3 = vfmaq_f32(s3, vld1q_f32(a + i + 12), vld1q_f32(b + i + 12));
	}
	for (; i + 4 <= n; i += 4)
		s0 = vfmaq_f32(s0, vld1q_f32(a + i), vld1q_f32(b + i));
	float s = vaddvq_f32(vaddq_f32(vaddq_f32(s0, s1), vaddq_f32(s2, s3)));
	for (; i < n; i++)
		s += a[i] * b[i];
	return s;
}

static void vec_add_f32_neon(float *y, const float *x, size_t n)
{
	size_t i = 0;
	for (; i + 4 <= n; i += 4)
		vst1q_f32(y + i, vaddq_f32(vld1q_f32(y + i), vld1q_f32(x + i)));
	for (; i < n; i++)
		y[i] += x[i];
}

static void vec_scale_f32_neon(float *y, float s, size_t n)
{
	size_t i = 0;
	for (; i + 4 <= n; i += 4)
		vst1q_f32(y + i, vmulq_n_f32(vld1q_f32(y + i), s));
	for (; i < n; i++)
		y[i] *= s;
}

/* x <= 0 */
static inline float32x4_t exp4(float32x4_t x)
{
	x = vmaxq_f32(x, vdupq_n_f32(EXP_MIN));
	float32x4_t k = vrndnq_f32(vmulq_n_f32(x, EXP_LOG2E));
	float32x4_t r = vfmsq_f32(x, k, vdupq_n_f32(EXP_LN2_HI));
	r = vfmsq_f32(r, k, vdupq_n_f32(EXP_LN2_LO));
	float32x4_t p = vdupq_n_f32(EXP_POLY[4]);
	for (int i = 3; i >= 0; i--)
		p = vfmaq_f32(vdupq_n_f32(EXP_POLY[i]), p, r);
	p = vaddq_f32(vfmaq_f32(r, vmulq_f32(r, r), p), vdupq_n_f32(1));
	int32x4_t e = vshlq_n_s32(vcvtnq_s32_f32(k), 23);
	return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p), e));
}

static inline float32x4_t gelu4(float32x4_t x)
{
	float32x4_t t = vminq_f32(vabsq_f32(x), vdupq_n_f32(GELU_A_MAX));
	float32x4_t p = vdupq_n_f32(GELU_POLY[9]);
	for (int i = 8; i >= 0; i--)
		p = vfmaq_f32(vdupq_n_f32(GELU_POLY[i]), p, t);
	float32x4_t q = exp4(p);
	/* Phi(x): q for negative x, 1 - q for the others */
	uint32x4_t neg = vcltq_f32(x, vdupq_n_f32(0));
	return vmulq_f32(x, vbslq_f32(neg, q, vsubq_f32(vdupq_n_f32(1), q)));
}

static void vec_gelu_f32_neon(float *y, const float *bias, size_t n)
{
	size_t i = 0;
	for (; i + 4 <= n; i += 4)
		vst1q_f32(y + i, gelu4(vaddq_f32(vld1q_f32(y + i), vld1q_f32(bias + i))));
	if (i < n) {
		float t[4] = {0};
		for (size_t k = i; k < n; k++)
			t[k - i] = y[k] + bias[k];
		vst1q_f32(t, gelu4(vld1q_f32(t)));
		memcpy(y + i, t, (n - i) * sizeof *t);
	}
}

static void vec_softmax_f32_neon(float *y, float scale, size_t n)
{
	float top = -INFINITY, sum = 0;
	size_t i = 0;
	vec_scale_f32_neon(y, scale, n);
	for (i = 0; i < n; i++)
		top = y[i] > top ? y[i] : top;
	float32x4_t s4 = vdupq_n_f32(0), top4 = vdupq_n_f32(top);
	for (i = 0; i + 4 <= n; i += 4) {
		float32x4_t v = exp4(vsubq_f32(vld1q_f32(y + i), top4));
		vst1q_f32(y + i, v);
		s4 = vaddq_f32(s4, v);
	}
	sum = vaddvq_f32(s4);
	if (i < n) {
		float t[4] = {0};
		for (size_t k = i; k < n; k++)
			t[k - i] = y[k] - top;
		vst1q_f32(t, exp4(vld1q_f32(t)));
		for (size_t k = i; k < n; k++)
			sum += y[k] = t[k - i];
	}
	if (n)
		vec_scale_f32_neon(y, 1 / sum, n);
}

static void vec_layernorm_f32_neon(float *y, const float *bias, const float *res,
				   const float *gamma, const float *beta, float eps, size_t n)
{
	float32x4_t s4 = vdupq_n_f32(0);
	size_t i = 0, full = n - n % 4;
	if (bias)
		vec_add_f32_neon(y, bias, n);
	if (res)
		vec_add_f32_neon(y, res, n);
	for (i = 0; i < full; i += 4)
		s4 = vaddq_f32(s4, vld1q_f32(y + i));
	float mean = vaddvq_f32(s4);
	for (; i < n; i++)
		mean += y[i];
	mean /= (float)n;
	float32x4_t mean4 = vdupq_n_f32(mean);
	s4 = vdupq_n_f32(0);
	for (i = 0; i < full; i += 4) {
		float32x4_t d = vsubq_f32(vld1q_f32(y + i), mean4);
		s4 = vfmaq_f32(s4, d, d);
	}
	float var = vaddvq_f32(s4);
	for (; i < n; i++)
		var += (y[i] - mean) * (y[i] - mean);
	float inv = 1 / sqrtf(var / (float)n + eps);
	for (i = 0; i < full; i += 4) {
		float32x4_t d = vmulq_n_f32(vsubq_f32(vld1q_f32(y + i), mean4), inv);
		vst1q_f32(y + i, vfmaq_f32(vld1q_f32(beta + i), d, vld1q_f32(gamma + i)));
	}
	for (; i < n; i++)
		y[i] = (y[i] - mean) * inv * gamma[i] + beta[i];
}

const struct vec_kernels vec_kernels_neon = {
	.name = "neon",
	.dot_f32 = vec_dot_f32_neon,
	.add_f32 = vec_add_f32_neon,
	.scale_f32 = vec_scale_f32_neon,
	.gelu_f32 = vec_gelu_f32_neon,
	.softmax_f32 = vec_softmax_f32_neon,
	.layernorm_f32 = vec_layernorm_f32_neon,
};

#endif
