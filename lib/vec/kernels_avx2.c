/* The kernels for x86-64 with AVX2 and FMA; unaligned loads, tails by masks. See kernels.h. */
#include "vec/kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <math.h>

#include "vec/kernels_poly.h"

#define AVX2 __attribute__((target("avx2,fma")))

/* First n of 8 lanes. */
AVX2 static inline __m256i head_mask(size_t n)
{
	return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n),
				  _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

AVX2 static inline float sum8(__m256 v)
{
	__m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
	s = _mm_add_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}

AVX2 static inline float max8(__m256 v)
{
	__m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
	s = _mm_max_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
}

AVX2 static float vec_dot_f32_avx2(const float *a, const float *b, size_t n)
{
	__m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
	size_t i = 0;
	for (; i + 32 <= n; i += 32) {
		s0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), s0);
		s1 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8), s1);
		s2 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 16), _mm256_loadu_ps(b + i + 16), s2);
		s3 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 24), _mm256_loadu_ps(b + i + 24), s3);
	}
	for (; i + 8 <= n; i += 8)
		s0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), s0);
	if (i < n) {
		__m256i m = head_mask(n - i);
		s1 = _mm256_fmadd_ps(_mm256_maskload_ps(a + i, m), _mm256_maskload_ps(b + i, m),
				     s1);
	}
	return sum8(_mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3)));
}

AVX2 static void vec_add_f32_avx2(float *y, const float *x, size_t n)
{
	size_t i = 0;
	for (; i + 8 <= n; i += 8)
		_mm256_storeu_ps(y + i,
				 _mm256_add_ps(_mm256_loadu_ps(y + i), _mm256_loadu_ps(x + i)));
	for (; i < n; i++)
		y[i] += x[i];
}

AVX2 static void vec_scale_f32_avx2(float *y, float s, size_t n)
{
	size_t i = 0;
	for (; i + 8 <= n; i += 8)
		_mm256_storeu_ps(y + i, _mm256_mul_ps(_mm256_loadu_ps(y + i), _mm256_set1_ps(s)));
	for (; i < n; i++)
		y[i] *= s;
}

/* x <= 0 */
AVX2 static inline __m256 exp8(__m256 x)
{
	x = _mm256_max_ps(_mm256_set1_ps(EXP_MIN), x);	/* in this order a NaN stays */
	__m256 k = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(EXP_LOG2E)),
				   _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
	__m256 r = _mm256_fnmadd_ps(k, _mm256_set1_ps(EXP_LN2_HI), x);
	r = _mm256_fnmadd_ps(k, _mm256_set1_ps(EXP_LN2_LO), r);
	__m256 p = _mm256_set1_ps(EXP_POLY[4]);
	for (int i = 3; i >= 0; i--)
		p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(EXP_POLY[i]));
	p = _mm256_add_ps(_mm256_fmadd_ps(_mm256_mul_ps(r, r), p, r), _mm256_set1_ps(1));
	__m256i e = _mm256_slli_epi32(_mm256_cvtps_epi32(k), 23);
	return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), e));
}

AVX2 static inline __m256 gelu8(__m256 x)
{
	const __m256 sign = _mm256_set1_ps(-0.0f);
	__m256 a = _mm256_andnot_ps(sign, x);
	__m256 t = _mm256_min_ps(_mm256_set1_ps(GELU_A_MAX), a);
	__m256 p = _mm256_set1_ps(GELU_POLY[9]);
	for (int i = 8; i >= 0; i--)
		p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(GELU_POLY[i]));
	__m256 q = exp8(p);
	/* Phi(x): q for negative x, 1 - q for the others */
	__m256 phi = _mm256_blendv_ps(_mm256_sub_ps(_mm256_set1_ps(1), q), q, x);
	return _mm256_mul_ps(x, phi);
}

AVX2 static void vec_gelu_f32_avx2(float *y, const float *bias, size_t n)
{
	size_t i = 0;
	for (; i + 8 <= n; i += 8)
		_mm256_storeu_ps(y + i, gelu8(_mm256_add_ps(_mm256_loadu_ps(y + i),
							    _mm256_loadu_ps(bias + i))));
	if (i < n) {
		__m256i m = head_mask(n - i);
		__m256 x = _mm256_add_ps(_mm256_maskload_ps(y + i, m),
					 _mm256_maskload_ps(bias + i, m));
		_mm256_maskstore_ps(y + i, m, gelu8(x));
	}
}

AVX2 static void vec_softmax_f32_avx2(float *y, float scale, size_t n)
{
	__m256i tail = head_mask(n % 8);
	size_t full = n - n % 8;
	__m256 s8 = _mm256_set1_ps(scale), top8 = _mm256_set1_ps(-INFINITY),
	       sum8v = _mm256_setzero_ps();
	if (!n)
		return;
	for (size_t i = 0; i < full; i += 8) {
		__m256 v = _mm256_mul_ps(_mm256_loadu_ps(y + i), s8);
		_mm256_storeu_ps(y + i, v);
		top8 = _mm256_max_ps(top8, v);
	}
	if (full < n) {
		__m256 v = _mm256_mul_ps(_mm256_maskload_ps(y + full, tail), s8);
		_mm256_maskstore_ps(y + full, tail, v);
		top8 = _mm256_max_ps(top8, _mm256_blendv_ps(_mm256_set1_ps(-INFINITY), v,
							    _mm256_castsi256_ps(tail)));
	}
	__m256 top = _mm256_set1_ps(max8(top8));
	for (size_t i = 0; i < full; i += 8) {
		__m256 v = exp8(_mm256_sub_ps(_mm256_loadu_ps(y + i), top));
		_mm256_storeu_ps(y + i, v);
		sum8v = _mm256_add_ps(sum8v, v);
	}
	if (full < n) {
		__m256 v = exp8(_mm256_sub_ps(_mm256_maskload_ps(y + full, tail), top));
		_mm256_maskstore_ps(y + full, tail, v);
		sum8v = _mm256_add_ps(sum8v, _mm256_and_ps(v, _mm256_castsi256_ps(tail)));
	}
	vec_scale_f32_avx2(y, 1 / sum8(sum8v), n);
}

/* y += bias + res; returns the sum of y. */
AVX2 static float add_and_sum(float *y, const float *bias, const float *res, size_t n)
{
	__m256 s = _mm256_setzero_ps(), zero = s;
	size_t i = 0;
	for (; i + 8 <= n; i += 8) {
		__m256 v = _mm256_loadu_ps(y + i);
		v = _mm256_add_ps(v, _mm256_add_ps(bias ? _mm256_loadu_ps(bias + i) : zero,
						   res ? _mm256_loadu_ps(res + i) : zero));
		_mm256_storeu_ps(y + i, v);
		s = _mm256_add_ps(s, v);
	}
	float sum = sum8(s);
	for (; i < n; i++) {
		y[i] += (bias ? bias[i] : 0) + (res ? res[i] : 0);
		sum += y[i];
	}
	return sum;
}

AVX2 static void vec_layernorm_f32_avx2(float *y, const float *bias, const float *res,
					const float *gamma, const float *beta, float eps, size_t n)
{
	float mean = add_and_sum(y, bias, res, n) / (float)n;
	__m256 mean8 = _mm256_set1_ps(mean), var8 = _mm256_setzero_ps();
	size_t i = 0;
	for (; i + 8 <= n; i += 8) {
		__m256 d = _mm256_sub_ps(_mm256_loadu_ps(y + i), mean8);
		var8 = _mm256_fmadd_ps(d, d, var8);
	}
	float var = sum8(var8);
	for (; i < n; i++)
		var += (y[i] - mean) * (y[i] - mean);
	float inv = 1 / sqrtf(var / (float)n + eps);
	__m256 inv8 = _mm256_set1_ps(inv);
	for (i = 0; i + 8 <= n; i += 8) {
		__m256 d = _mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(y + i), mean8), inv8);
		_mm256_storeu_ps(y + i, _mm256_fmadd_ps(d, _mm256_loadu_ps(gamma + i),
							_mm256_loadu_ps(beta + i)));
	}
	for (; i < n; i++)
		y[i] = (y[i] - mean) * inv * gamma[i] + beta[i];
}

const struct vec_kernels vec_kernels_avx2 = {
	.name = "avx2",
	.dot_f32 = vec_dot_f32_avx2,
	.add_f32 = vec_add_f32_avx2,
	.scale_f32 = vec_scale_f32_avx2,
	.gelu_f32 = vec_gelu_f32_avx2,
	.softmax_f32 = vec_softmax_f32_avx2,
	.layernorm_f32 = vec_layernorm_f32_avx2,
};

#endif
