/*
 * linear_avx512: tiles of up to 12 rows x 2 panels, for linear_fp32_avx512.c and
 * linear_bf16_avx512.c; see linear_tile.h. 24 sums, 2 weights and an input take 27 of the 32
 * registers. Whoever includes it says LINEAR_TILES16(NAME, PAIRS).
 */
#ifndef LEANN_VEC_LINEAR_AVX512_H
#define LEANN_VEC_LINEAR_AVX512_H

#include <immintrin.h>

#include "vec/linear_gelu.h"
#include "vec/linear_tile.h"

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))

AVX512 static inline __mmask16 linear_mask16(size_t cols)
{
	return (__mmask16)(cols >= 16 ? 0xffff : (1u << cols) - 1);
}

/* y <- gelu of sums, rows x panels of them. */
AVX512 static void linear_gelu_tile16(const float (*sums)[16], size_t rows, size_t cols, float *y,
				      size_t ldy)
{
	__mmask16 m0 = linear_mask16(cols), m1 = cols > 16 ? linear_mask16(cols - 16) : 0;
	__m512 c[LINEAR_GELU16_N];
	UNROLL
	for (int i = 0; i < LINEAR_GELU16_N; i++)
		c[i] = _mm512_loadu_ps(LINEAR_GELU16[i]);
	for (; rows; rows--, y += ldy) {
		_mm512_mask_storeu_ps(y, m0, linear_gelu16(_mm512_loadu_ps(*sums++), c));
		if (m1)
			_mm512_mask_storeu_ps(y + 16, m1,
					      linear_gelu16(_mm512_loadu_ps(*sums++), c));
	}
}

/* acc + x w: of f32, or of pairs of bf16 (in words, for machines that have it only perhaps) */
AVX512 static ALWAYS_INLINE __m512 linear_fma16(__m512 x, __m512 w, __m512 acc, const bool pairs)
{
	if (!pairs)
		return _mm512_fmadd_ps(x, w, acc);
	__asm__("vdpbf16ps %2, %1, %0" : "+v"(acc) : "v"(x), "v"(w));
	return acc;
}

/* acc <- the sums so far of R rows and P panels; the lines of y are fetched meanwhile. */
AVX512 static ALWAYS_INLINE void linear_begin16(const struct linear_tile *t, __m512 *acc,
						const int R, const int P)
{
	__mmask16 m = linear_mask16(t->cols - (size_t)(P - 1) * 16);
	UNROLL
	for (int r = 0; r < R; r++) {
		UNROLL
		for (int p = 0; p < P; p++) {
			const float *y = t->y + (size_t)r * t->ldy + p * 16;
			acc[r * P + p] = _mm512_setzero_ps();
			if (!t->first)
				acc[r * P + p] = _mm512_maskz_loadu_ps(p + 1 < P ? 0xffff : m, y);
			else
				__builtin_prefetch(y, 1);
		}
	}
}

/* gelu has a pass of its own over what it finds in the first-level cache: y may not be there. */
AVX512 static ALWAYS_INLINE void linear_end16(const struct linear_tile *t, __m512 *acc,
					      const int R, const int P)
{
	const __m512 zero = _mm512_setzero_ps();
	const __m512 b0 = t->bias ? _mm512_loadu_ps(t->bias) : zero;
	const __m512 b1 = t->bias && P > 1 ? _mm512_loadu_ps(t->bias + t->ldb) : zero;
	UNROLL
	for (int i = 0; i < R * P; i++)
		acc[i] = _mm512_add_ps(acc[i], P > 1 && i % 2 ? b1 : b0);
	if (t->gelu) {
		float sums[24][16];
		UNROLL
		for (int i = 0; i < R * P; i++)
			_mm512_storeu_ps(sums[i], acc[i]);
		linear_gelu_tile16((const float (*)[16])sums, (size_t)R, t->cols, t->y, t->ldy);
		return;
	}
	__mmask16 m = linear_mask16(t->cols - (size_t)(P - 1) * 16);
	UNROLL
	for (int r = 0; r < R; r++) {
		float *y = t->y + (size_t)r * t->ldy;
		if (P > 1)
			_mm512_storeu_ps(y, acc[r * P]);
		_mm512_mask_storeu_ps(y + (P - 1) * 16, m, acc[r * P + P - 1]);
	}
}

/* R rows: 3 from each pointer, by one or two times ldx; so that addresses fit the registers. */
AVX512 static ALWAYS_INLINE void linear_tile16(const struct linear_tile *t, const int R,
					       const int P, const bool pairs)
{
	__m512 acc[24];
	const float *x[4], *w = t->w;
	const size_t ldx = t->ldx, ldw = t->ldw;
	linear_begin16(t, acc, R, P);
	UNROLL
	for (int i = 0; i < 4; i++)
		x[i] = t->x + (3 * i < R ? 3 * (size_t)i * ldx : 0);
	UNROLL4
	for (size_t d = t->k; d; d--, w += LINEAR_PANEL) {
		__m512 w0 = _mm512_loadu_ps(w), w1 = P > 1 ? _mm512_loadu_ps(w + ldw) : w0;
		UNROLL
		for (int r = 0; r < R; r++) {
			__m512 v = _mm512_set1_ps(x[r / 3][(size_t)(r % 3) * ldx]);
			acc[r * P] = linear_fma16(v, w0, acc[r * P], pairs);
			if (P > 1)
				acc[r * P + 1] = linear_fma16(v, w1, acc[r * P + 1], pairs);
		}
		UNROLL
		for (int i = 0; i < 4; i++)
			x[i]++;
	}
	linear_end16(t, acc, R, P);
}

#define LINEAR_TILE16(NAME, R, PAIRS) \
	AVX512 static void NAME##_##R##x1(const struct linear_tile *t) \
	{ \
		linear_tile16(t, R, 1, PAIRS); \
	} \
	AVX512 static void NAME##_##R##x2(const struct linear_tile *t) \
	{ \
		linear_tile16(t, R, 2, PAIRS); \
	}

/* NAME: the table of all of them */
#define LINEAR_TILES16(NAME, PAIRS) \
	LINEAR_TILE16(NAME, 1, PAIRS) LINEAR_TILE16(NAME, 2, PAIRS) LINEAR_TILE16(NAME, 3, PAIRS) \
	LINEAR_TILE16(NAME, 4, PAIRS) LINEAR_TILE16(NAME, 5, PAIRS) LINEAR_TILE16(NAME, 6, PAIRS) \
	LINEAR_TILE16(NAME, 7, PAIRS) LINEAR_TILE16(NAME, 8, PAIRS) LINEAR_TILE16(NAME, 9, PAIRS) \
	LINEAR_TILE16(NAME, 10, PAIRS) LINEAR_TILE16(NAME, 11, PAIRS) \
	LINEAR_TILE16(NAME, 12, PAIRS) \
	static linear_tile_fn *const NAME[24] = { \
		NAME##_1x1, NAME##_1x2, NAME##_2x1, NAME##_2x2, NAME##_3x1, NAME##_3x2, \
		NAME##_4x1, NAME##_4x2, NAME##_5x1, NAME##_5x2, NAME##_6x1, NAME##_6x2, \
		NAME##_7x1, NAME##_7x2, NAME##_8x1, NAME##_8x2, NAME##_9x1, NAME##_9x2, \
		NAME##_10x1, NAME##_10x2, NAME##_11x1, NAME##_11x2, NAME##_12x1, NAME##_12x2, \
	};

#endif
