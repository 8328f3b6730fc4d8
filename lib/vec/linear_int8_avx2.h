/*
 * linear_int8_avx2: for linear_int8_avx2.c and linear_int8_avxvnni.c: rows of bytes, and the end
 * of a product, from exact sums to outputs; see linear_int8_x86.h.
 */
#ifndef LEANN_VEC_LINEAR_INT8_AVX2_H
#define LEANN_VEC_LINEAR_INT8_AVX2_H

#include <immintrin.h>
#include <math.h>

#include "vec/linear_int8_x86.h"

#define AVX2 __attribute__((target("avx2,fma")))

/* The first n of 8 lanes. */
AVX2 static inline __m256i linear_head8(size_t n)
{
	return _mm256_cmpgt_epi32(_mm256_set1_epi32(n < 8 ? (int)n : 8),
				  _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/*
 * h = Phi(x) - 1/2 is x times a polynomial of x^2, fitted by Remez' algorithm to |x| <= 4.44 for
 * the error of x h; beyond that it only grows, so it is cut off at 1/2. |error| of gelu <= 5e-5.
 */
static const float LINEAR_GELU8_ODD[9] = {
	0.398743331f, -0.066041708f, 0.0096208537f, -0.00104822963f, 8.31634679e-05f,
	-4.61585296e-06f, 1.68024727e-07f, -3.57402485e-09f, 3.34820401e-11f,
};

AVX2 static ALWAYS_INLINE __m256 linear_gelu8_8(__m256 x)
{
	__m256 s = _mm256_mul_ps(x, x), p = _mm256_set1_ps(LINEAR_GELU8_ODD[8]);
	UNROLL
	for (int i = 7; i >= 0; i--)
		p = _mm256_fmadd_ps(p, s, _mm256_set1_ps(LINEAR_GELU8_ODD[i]));
	__m256 h = _mm256_min_ps(_mm256_mul_ps(p, x), _mm256_set1_ps(0.5f));
	h = _mm256_max_ps(h, _mm256_set1_ps(-0.5f));
	/* exactly 0 or x in the tails; a NaN stays one */
	return _mm256_fmadd_ps(x, h, _mm256_mul_ps(x, _mm256_set1_ps(0.5f)));
}

/* Sums on their way to y: rows by a panel, channels 0 .. 7 and 8 .. 15. */
struct linear_finish8 {
	__m256 scale[2], sum[2], bias[2];
	__m256i cols[2];
};

AVX2 static ALWAYS_INLINE void linear_finish_panel8(struct linear_finish8 *f,
						    const struct linear_tail8 *p, size_t cols)
{
	UNROLL
	for (int i = 0; i < 2; i++) {
		f->scale[i] = _mm256_loadu_ps(p->scale + i * 8);
		f->sum[i] = _mm256_loadu_ps(p->sum + i * 8);
		f->bias[i] = _mm256_loadu_ps(p->bias + i * 8);
	}
	f->cols[0] = linear_head8(cols);
	f->cols[1] = linear_head8(cols > 8 ? cols - 8 : 0);
}

AVX2 static ALWAYS_INLINE void linear_finish_row8(const struct linear_finish8 *f,
						  const struct linear_row8 *row, const int32_t *acc,
						  float *y, const bool gelu)
{
	__m256 row_scale = _mm256_set1_ps(row->scale), row_min = _mm256_set1_ps(row->min);
	UNROLL
	for (int i = 0; i < 2; i++) {
		__m256i sum = _mm256_load_si256((const void *)(acc + i * 8));
		__m256 v = _mm256_mul_ps(f->scale[i], _mm256_cvtepi32_ps(sum));
		v = _mm256_fmadd_ps(row_scale, v, _mm256_fmadd_ps(row_min, f->sum[i], f->bias[i]));
		_mm256_maskstore_ps(y + i * 8, f->cols[i], gelu ? linear_gelu8_8(v) : v);
	}
}

enum { LINEAR_ROWS8_MAX = 6 };

/* acc (rows, 16) = so many rows, row_bytes apart, by the groups of a panel */
typedef void linear_sums8(const uint8_t *q, size_t row_bytes, const int8_t *w, size_t groups,
			  int32_t *acc);

/* Rows [row, row + n_rows) by panel i. */
AVX2 static inline void linear_block8(const struct linear_job *j, linear_sums8 *sums, size_t row,
				      size_t n_rows, size_t i)
{
	_Alignas(32) int32_t acc[LINEAR_ROWS8_MAX * 16];
	size_t pad = linear_k_pad(PRECISION_INT8, j->k), col = i * LINEAR_PANEL;
	const uint8_t *q = (const uint8_t *)j->rows + row * j->row_bytes;
	const int8_t *w = (const int8_t *)j->w + i * linear_panel_bytes(PRECISION_INT8, j->k);
	float *y = j->y + row * j->ldy + col;
	struct linear_finish8 f;
	sums(q, j->row_bytes, w, pad / 4, acc);
	linear_finish_panel8(&f, (const void *)(w + pad * LINEAR_PANEL), j->n - col);
	for (size_t r = 0; r < n_rows; r++) {
		const struct linear_row8 *tail = (const void *)(q + r * j->row_bytes + pad);
		if (j->gelu)
			linear_finish_row8(&f, tail, acc + r * 16, y + r * j->ldy, true);
		else
			linear_finish_row8(&f, tail, acc + r * 16, y + r * j->ldy, false);
	}
}

/* sums_of[n]: for n rows, 1 .. rows_max, at most LINEAR_ROWS8_MAX */
AVX2 static inline void linear_mul8(const struct linear_job *j, linear_sums8 *const *sums_of,
				    size_t rows_max)
{
	for (size_t i = j->lo; i < j->hi; i++)
		for (size_t row = 0, end; row < j->m; row = end) {
			end = linear_block_end(row, j->m, rows_max);
			linear_block8(j, sums_of[end - row], row, end - row, i);
		}
}

/* The lanes of m of 8 inputs from i on, zeros for the others; m is all ones if full. */
AVX2 static ALWAYS_INLINE __m256 linear_load8(const float *x, const float *smooth, size_t i,
					      __m256i m, const bool full)
{
	__m256 v = full ? _mm256_loadu_ps(x + i) : _mm256_maskload_ps(x + i, m);
	if (!smooth)
		return v;
	return _mm256_mul_ps(v, full ? _mm256_loadu_ps(smooth + i)
				     : _mm256_maskload_ps(smooth + i, m));
}

/* 8 of k inputs from i on as integers, zeros after the last. */
AVX2 static ALWAYS_INLINE __m256i linear_quantise8(const float *x, const float *smooth, size_t i,
						   size_t k, __m256 lo, __m256 inv, const bool full)
{
	__m256i m = linear_head8(full ? 8 : i < k ? k - i : 0);
	__m256 v = _mm256_mul_ps(_mm256_sub_ps(linear_load8(x, smooth, i, m, full), lo), inv);
	__m256i q = _mm256_cvtps_epi32(v);
	return full ? q : _mm256_and_si256(q, m);
}

/* 32 of k inputs from i on, as bytes; returns the bits set in any of the integers. */
AVX2 static ALWAYS_INLINE __m256i linear_quantise32(const float *x, const float *smooth, size_t i,
						    size_t k, __m256 lo, __m256 inv, uint8_t *q,
						    const bool full)
{
	/* packing leaves groups of four bytes in lanes of 16: sort them */
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	__m256i a = linear_quantise8(x, smooth, i, k, lo, inv, full);
	__m256i b = linear_quantise8(x, smooth, i + 8, k, lo, inv, full);
	__m256i c = linear_quantise8(x, smooth, i + 16, k, lo, inv, full);
	__m256i d = linear_quantise8(x, smooth, i + 24, k, lo, inv, full);
	__m256i p = _mm256_packus_epi16(_mm256_packus_epi32(a, b), _mm256_packus_epi32(c, d));
	_mm256_storeu_si256((void *)(q + i), _mm256_permutevar8x32_epi32(p, order));
	return _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));
}

AVX2 static inline float linear_least8(__m256 v)
{
	__m128 s = _mm_min_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
	s = _mm_min_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_min_ss(s, _mm_shuffle_ps(s, s, 1)));
}

/*
 * A row in integers of 0 .. levels, 127 or 255. False: an input is not finite, or their range is
 * not that of a normal f32.
 */
AVX2 static ALWAYS_INLINE bool linear_row8(const float *x, const float *smooth, size_t k,
					   float levels, uint8_t *q)
{
	size_t pad = linear_k_pad(PRECISION_INT8, k), i;
	__m256 lo0 = _mm256_set1_ps(INFINITY), hi0 = _mm256_set1_ps(-INFINITY);
	__m256 lo1 = lo0, hi1 = hi0;
	for (i = 0; i + 16 <= k; i += 16) {
		__m256 v0 = linear_load8(x, smooth, i, linear_head8(8), true);
		__m256 v1 = linear_load8(x, smooth, i + 8, linear_head8(8), true);
		lo0 = _mm256_min_ps(v0, lo0);
		lo1 = _mm256_min_ps(v1, lo1);
		hi0 = _mm256_max_ps(v0, hi0);
		hi1 = _mm256_max_ps(v1, hi1);
	}
	for (; i < k; i += 8) {
		__m256i m = linear_head8(k - i);
		__m256 v = linear_load8(x, smooth, i, m, false);
		lo0 = _mm256_blendv_ps(lo0, _mm256_min_ps(v, lo0), _mm256_castsi256_ps(m));
		hi0 = _mm256_blendv_ps(hi0, _mm256_max_ps(v, hi0), _mm256_castsi256_ps(m));
	}
	const __m256 sign = _mm256_set1_ps(-0.0f);
	float lo = linear_least8(_mm256_min_ps(lo0, lo1));
	float range = -linear_least8(_mm256_xor_ps(_mm256_max_ps(hi0, hi1), sign)) - lo;
	__m256 lo8 = _mm256_set1_ps(lo), inv = _mm256_set1_ps(range > 0 ? levels / range : 0);
	__m256i any = _mm256_setzero_si256();
	for (i = 0; i + 32 <= k; i += 32)
		any = _mm256_or_si256(any, linear_quantise32(x, smooth, i, k, lo8, inv, q, true));
	for (; i < pad; i += 32)
		any = _mm256_or_si256(any, linear_quantise32(x, smooth, i, k, lo8, inv, q, false));
	struct linear_row_tail tail = {.scale = range / levels, .min = lo};
	memcpy(q + pad, &tail, sizeof tail);
	return _mm256_testz_si256(any, _mm256_set1_epi32(~255));
}

#endif
