/* Attention with NEON; see attention.h and attention_fp32_simd.h. */
#include "vec/attention_impl.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#define FP32			/* the base of aarch64 */
#define V static inline __attribute__((always_inline))

enum { W = 4, PANELS = 3 };	/* 18 sums; gcc 12 keeps some of 24 in memory */
typedef float32x4_t vec;

V vec v_load(const float *p) { return vld1q_f32(p); }
V void v_store(float *p, vec a) { vst1q_f32(p, a); }

V vec v_load_n(const float *p, size_t n)
{
	float t[W] = {0};
	if (n == W)
		return v_load(p);
	for (size_t i = 0; i < n; i++)
		t[i] = p[i];
	return v_load(t);
}

V void v_store_n(float *p, size_t n, vec a)
{
	float t[W];
	v_store(n == W ? p : t, a);
	for (size_t i = 0; i < n && n < W; i++)
		p[i] = t[i];
}

V vec v_set1(float a) { return vdupq_n_f32(a); }
V vec v_add(vec a, vec b) { return vaddq_f32(a, b); }
V vec v_sub(vec a, vec b) { return vsubq_f32(a, b); }
V vec v_mul(vec a, vec b) { return vmulq_f32(a, b); }
V vec v_fma(vec a, vec b, vec c) { return vfmaq_f32(c, a, b); }
V vec v_max(vec a, vec b) { return vmaxq_f32(a, b); }	/* NaN where a or b is */
V float v_sum(vec a) { return vaddvq_f32(a); }
V float v_top(vec a) { return vmaxvq_f32(a); }

V vec v_ldexp(vec a, vec k)
{
	int32x4_t e = vshlq_n_s32(vcvtnq_s32_f32(k), 23);
	return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(a), e));
}

V vec v_first(size_t n, vec a, vec b)
{
	static const uint32_t lane[W] = {0, 1, 2, 3};
	return vbslq_f32(vcltq_u32(vld1q_u32(lane), vdupq_n_u32((uint32_t)n)), a, b);
}

V void v_transpose(vec r[W])
{
	float32x4x2_t t = vtrnq_f32(r[0], r[1]), u = vtrnq_f32(r[2], r[3]);
	r[0] = vcombine_f32(vget_low_f32(t.val[0]), vget_low_f32(u.val[0]));
	r[1] = vcombine_f32(vget_low_f32(t.val[1]), vget_low_f32(u.val[1]));
	r[2] = vcombine_f32(vget_high_f32(t.val[0]), vget_high_f32(u.val[0]));
	r[3] = vcombine_f32(vget_high_f32(t.val[1]), vget_high_f32(u.val[1]));
}

#include "vec/attention_fp32_simd.h"

const struct attention_kernels attention_fp32_neon = {
	SIMD_NEON, false, fp32_scratch_bytes, fp32_run,
};

#endif
