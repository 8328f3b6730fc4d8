/* The kernels for x86-64 with AVX-512; unaligned loads, tails by masks. See kernels.h. */
#include "vec/kernels.h"
#include "vec/unroll.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <math.h>

#include "vec/kernels_poly.h"

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))

/* Lanes of a vector at i that are among the first n. */
AVX512 static inline __mmask16 head_mask(size_t i, size_t n)
{
	return n - i >= 16 ? 0xffff : (__mmask16)((1u << (n - i)) - 1);
}

AVX512 static float vec_dot_f32_avx512(const float *a, const float *b, size_t n)
{
	__m512 s0 = _mm512_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
	size_t i = 0;
	for (; i + 64 <= n; i += 64) {
		s0 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i), s0);
		s1 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 16), _mm512_loadu_ps(b + i + 16), s1);
		s2 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 32), _mm512_loadu_ps(b + i + 32), s2);
		s3 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 48), _mm512_loadu_ps(b + i + 48), s3);
	}
	for (; i < n; i += 16) {
		__mmask16 m = head_mask(i, n);
		s0 = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(m, a + i),
				     _mm512_maskz_loadu_ps(m, b + i), s0);
	}
	return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(s0, s1), _mm512_add_ps(s2, s3)));
}

AVX512 static void vec_add_f32_avx512(float *y, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i += 16) {
		__mmask16 m = head_mask(i, n);
		_mm512_mask_storeu_ps(y + i, m, _mm512_add_ps(_mm512_maskz_loadu_ps(m, y + i),
							      _mm512_maskz_loadu_ps(m, x + i)));
	}
}

AVX512 static void vec_scale_f32_avx512(float *y, float s, size_t n)
{
	__m512 s16 = _mm512_set1_ps(s);
	for (size_t i = 0; i < n; i += 16) {
		__mmask16 m = head_mask(i, n);
		__m512 v = _mm512_maskz_loadu_ps(m, y + i);
		_mm512_mask_storeu_ps(y + i, m, _mm512_mul_ps(v, s16));
	}
}

/* x <= 0 */
AVX512 static inline __m512 exp16(__m512 x)
{
	const __m512 round = _mm512_set1_ps(0x1.8p23f);	/* adding it leaves whole numbers */
	x = _mm512_max_ps(_mm512_set1_ps(EXP_MIN), x);	/* in this order a NaN stays */
	__m512 k = _mm512_fmadd_ps(x, _mm512_set1_ps(EXP_LOG2E), round);
	k = _mm512_sub_ps(k, round);
	__m512 r = _mm512_fnmadd_ps(k, _mm512_set1_ps(EXP_LN2_HI), x);
	r = _mm512_fnmadd_ps(k, _mm512_set1_ps(EXP_LN2_LO), r);
	__m512 p = _mm512_set1_ps(EXP_POLY[4]);
	p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(EXP_POLY[3]));
	p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(EXP_POLY[2]));
	p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(EXP_POLY[1]));
	p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(EXP_POLY[0]));
	p = _mm512_add_ps(_mm512_fmadd_ps(_mm512_mul_ps(r, r), p, r), _mm512_set1_ps(1));
	return _mm512_scalef_ps(p, k);
}

AVX512 static inline __m512 gelu16(__m512 x)
{
	__m512 t = _mm512_min_ps(_mm512_set1_ps(GELU_A_MAX), _mm512_abs_ps(x));
	__m512 p = _mm512_set1_ps(GELU_POLY[9]);
	for (int i = 8; i >= 0; i--)
		p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(GELU_POLY[i]));
	__m512 q = exp16(p);
	/* Phi(x): q for negative x, 1 - q for the others */
	__mmask16 positive = _knot_mask16(_mm512_movepi32_mask(_mm512_castps_si512(x)));
	return _mm512_mul_ps(x, _mm512_mask_sub_ps(q, positive, _mm512_set1_ps(1), q));
}

AVX512 static void vec_gelu_f32_avx512(float *y, const float *bias, size_t n)
{
	for (size_t i = 0; i < n; i += 16) {
		__mmask16 m = head_mask(i, n);
		__m512 x = _mm512_add_ps(_mm512_maskz_loadu_ps(m, y + i),
					 _mm512_maskz_loadu_ps(m, bias + i));
		_mm512_mask_storeu_ps(y + i, m, gelu16(x));
	}
}

AVX512 static void vec_softmax_f32_avx512(float *y, float scale, size_t n)
{
	__m512 s16 = _mm512_set1_ps(scale), top16 = _mm512_set1_ps(-INFINITY),
	       sum16 = _mm512_setzero_ps();
	for (size_t i = 0; i < n; i += 16) {
		__mmask16 m = head_mask(i, n);
		__m512 v = _mm512_mul_ps(_mm512_maskz_loadu_ps(m, y + i), s16);
		top16 = _mm512_mask_max_ps(top16, m, top16, v);
	}
	__m512 top = _mm512_set1_ps(_mm512_reduce_max_ps(top16));
	for (size_t i = 0; i < n; i += 16) {
		__mmask16 m = head_mask(i, n);
		__m512 v = _mm512_mul_ps(_mm512_maskz_loadu_ps(m, y + i), s16);
		v = exp16(_mm512_sub_ps(v, top));
		_mm512_mask_storeu_ps(y + i, m, v);
		sum16 = _mm512_mask_add_ps(sum16, m, sum16, v);
	}
	vec_scale_f32_avx512(y, 1 / _mm512_reduce_add_ps(sum16), n);
}

/* y + bias + res at i */
AVX512 static inline __m512 sum3(const float *y, const float *bias, const float *res, size_t i,
				 __mmask16 m)
{
	__m512 add = bias ? _mm512_maskz_loadu_ps(m, bias + i) : _mm512_setzero_ps();
	if (res)
		add = _mm512_add_ps(add, _mm512_maskz_loadu_ps(m, res + i));
	return _mm512_add_ps(_mm512_maskz_loadu_ps(m, y + i), add);
}

/* Sums in four parts, so that additions need not wait for each other. */
AVX512 static inline void clear(__m512 s[4])
{
	s[0] = s[1] = s[2] = s[3] = _mm512_setzero_ps();
}

AVX512 static inline float sum_parts(const __m512 s[4])
{
	return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(s[0], s[1]),
						  _mm512_add_ps(s[2], s[3])));
}

/* The rows of small encoders, 24 vectors, stay in registers: 0.6 of the time of three passes. */
enum { ROW = 384 };
AVX512 static inline __attribute__((always_inline))
void layernorm_row(float *y, const float *bias, const float *res, const float *gamma,
		   const float *beta, float eps)
{
	__m512 v[ROW / 16], s[4];
	clear(s);
	UNROLL
	for (size_t i = 0; i < ROW / 16; i++) {
		v[i] = sum3(y, bias, res, 16 * i, 0xffff);
		s[i % 4] = _mm512_add_ps(s[i % 4], v[i]);
	}
	__m512 mean = _mm512_set1_ps(sum_parts(s) * (1.0f / ROW));
	clear(s);
	UNROLL
	for (size_t i = 0; i < ROW / 16; i++) {
		v[i] = _mm512_sub_ps(v[i], mean);
		s[i % 4] = _mm512_fmadd_ps(v[i], v[i], s[i % 4]);
	}
	__m512 inv = _mm512_set1_ps(1 / sqrtf(sum_parts(s) * (1.0f / ROW) + eps));
	UNROLL
	for (size_t i = 0; i < ROW / 16; i++)
		_mm512_storeu_ps(y + 16 * i, _mm512_fmadd_ps(_mm512_mul_ps(v[i], inv),
							     _mm512_loadu_ps(gamma + 16 * i),
							     _mm512_loadu_ps(beta + 16 * i)));
}

/* y += bias + res; returns the sum of y. */
AVX512 static float add_and_sum(float *y, const float *bias, const float *res, size_t n)
{
	__m512 s[4];
	size_t i = 0;
	clear(s);
	for (; i + 64 <= n; i += 64)
		UNROLL
		for (size_t j = 0; j < 4; j++) {
			__m512 v = sum3(y, bias, res, i + 16 * j, 0xffff);
			_mm512_storeu_ps(y + i + 16 * j, v);
			s[j] = _mm512_add_ps(s[j], v);
		}
	for (; i < n; i += 16) {
		__mmask16 m = head_mask(i, n);
		__m512 v = sum3(y, bias, res, i, m);
		_mm512_mask_storeu_ps(y + i, m, v);
		s[0] = _mm512_add_ps(s[0], v);
	}
	return sum_parts(s);
}

/* The sum of (y - mean)^2. */
AVX512 static float sum_squares(const float *y, __m512 mean, size_t n)
{
	__m512 s[4];
	size_t i = 0;
	clear(s);
	for (; i + 64 <= n; i += 64)
		UNROLL
		for (size_t j = 0; j < 4; j++) {
			__m512 d = _mm512_sub_ps(_mm512_loadu_ps(y + i + 16 * j), mean);
			s[j] = _mm512_fmadd_ps(d, d, s[j]);
		}
	for (; i < n; i += 16) {
		__mmask16 m = head_mask(i, n);
		__m512 d = _mm512_maskz_sub_ps(m, _mm512_maskz_loadu_ps(m, y + i), mean);
		s[0] = _mm512_fmadd_ps(d, d, s[0]);
	}
	return sum_parts(s);
}

AVX512 static void vec_layernorm_f32_avx512(float *y, const float *bias, const float *res,
					    const float *gamma, const float *beta, float eps,
					    size_t n)
{
	if (n == ROW && (bias || res)) {
		if (bias && res)
			layernorm_row(y, bias, res, gamma, beta, eps);
		else
			layernorm_row(y, NULL, bias ? bias : res, gamma, beta, eps);
		return;
	}
	__m512 mean = _mm512_set1_ps(add_and_sum(y, bias, res, n) / (float)n);
	__m512 inv = _mm512_set1_ps(1 / sqrtf(sum_squares(y, mean, n) / (float)n + eps));
	for (size_t i = 0; i < n; i += 16) {
		__mmask16 m = head_mask(i, n);
		__m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(m, y + i), mean);
		d = _mm512_fmadd_ps(_mm512_mul_ps(d, inv), _mm512_maskz_loadu_ps(m, gamma + i),
				    _mm512_maskz_loadu_ps(m, beta + i));
		_mm512_mask_storeu_ps(y + i, m, d);
	}
}

const struct vec_kernels vec_kernels_avx512 = {
	.name = "avx512",
	.dot_f32 = vec_dot_f32_avx512,
	.add_f32 = vec_add_f32_avx512,
	.scale_f32 = vec_scale_f32_avx512,
	.gelu_f32 = vec_gelu_f32_avx512,
	.softmax_f32 = vec_softmax_f32_avx512,
	.layernorm_f32 = vec_layernorm_f32_avx512,
};

#endif
