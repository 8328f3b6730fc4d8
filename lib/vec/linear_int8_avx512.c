/* int8 with AVX-512 VNNI: up to 6 rows by 4 panels in 24 of the 32 registers; see linear.h. */
#include "vec/linear_impl.h"

#if defined(__x86_64__)

#include "vec/linear_int8_avx512.h"

#include <math.h>

enum { ROWS_MAX = 6, PANELS = 4 };

/* First n of 16 lanes. */
AVX512 static inline __mmask16 head_mask(size_t n)
{
	return (__mmask16)(n < 16 ? (1u << n) - 1 : 0xffff);
}

/* The m of 16 inputs from i on, zeros for the others. */
AVX512 static ALWAYS_INLINE __m512 load16(const float *x, const float *smooth, size_t i,
					  __mmask16 m)
{
	__m512 v = _mm512_maskz_loadu_ps(m, x + i);
	return smooth ? _mm512_mul_ps(v, _mm512_maskz_loadu_ps(m, smooth + i)) : v;
}

/* 16 of k inputs from i on as integers, zeros after the last. */
AVX512 static ALWAYS_INLINE __m512i quantise16(const float *x, const float *smooth, size_t i,
					       size_t k, __m512 lo, __m512 inv)
{
	__mmask16 m = i < k ? head_mask(k - i) : 0;
	__m512 v = _mm512_sub_ps(load16(x, smooth, i, m), lo);
	return _mm512_maskz_cvtps_epi32(m, _mm512_mul_ps(v, inv));
}

/* 64 of k inputs from i on, as bytes; returns the bits set in any of the integers. */
AVX512 static ALWAYS_INLINE __m512i quantise64(const float *x, const float *smooth, size_t i,
					       size_t k, __m512 lo, __m512 inv, uint8_t *q)
{
	/* packing leaves groups of four bytes in lanes of 16: sort them */
	const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11,
						15);
	__m512i a = quantise16(x, smooth, i, k, lo, inv);
	__m512i b = quantise16(x, smooth, i + 16, k, lo, inv);
	__m512i c = quantise16(x, smooth, i + 32, k, lo, inv);
	__m512i d = quantise16(x, smooth, i + 48, k, lo, inv);
	__m512i p = _mm512_packus_epi16(_mm512_packus_epi32(a, b), _mm512_packus_epi32(c, d));
	_mm512_storeu_si512(q + i, _mm512_permutexvar_epi32(order, p));
	return _mm512_or_si512(_mm512_or_si512(a, b), _mm512_or_si512(c, d));
}

struct span {
	float lo, range;
};

AVX512 static ALWAYS_INLINE struct span span(const float *x, const float *smooth, size_t k)
{
	__m512 lo0 = _mm512_set1_ps(INFINITY), hi0 = _mm512_set1_ps(-INFINITY);
	__m512 lo1 = lo0, hi1 = hi0;
	size_t i;
	for (i = 0; i + 32 <= k; i += 32) {
		__m512 v0 = load16(x, smooth, i, 0xffff), v1 = load16(x, smooth, i + 16, 0xffff);
		lo0 = _mm512_min_ps(v0, lo0);
		lo1 = _mm512_min_ps(v1, lo1);
		hi0 = _mm512_max_ps(v0, hi0);
		hi1 = _mm512_max_ps(v1, hi1);
	}
	for (; i < k; i += 16) {
		__mmask16 m = head_mask(k - i);
		__m512 v = load16(x, smooth, i, m);
		lo0 = _mm512_mask_min_ps(lo0, m, v, lo0);
		hi0 = _mm512_mask_max_ps(hi0, m, v, hi0);
	}
	float lo = _mm512_reduce_min_ps(_mm512_min_ps(lo0, lo1));
	return (struct span){lo, _mm512_reduce_max_ps(_mm512_max_ps(hi0, hi1)) - lo};
}

/* False: an input is not finite, or their range is not that of a normal f32. */
AVX512 static ALWAYS_INLINE bool quantise(const float *x, const float *smooth, size_t k,
					  struct span s, uint8_t *q)
{
	__m512 lo = _mm512_set1_ps(s.lo), inv = _mm512_set1_ps(s.range > 0 ? 255 / s.range : 0);
	__m512i any = _mm512_setzero_si512();
	size_t i;
	for (i = 0; i + 64 <= k; i += 64)
		any = _mm512_or_si512(any, quantise64(x, smooth, i, i + 64, lo, inv, q));
	if (i < k)
		any = _mm512_or_si512(any, quantise64(x, smooth, i, k, lo, inv, q));
	__m128 tail = _mm_setr_ps(s.range / 255, s.lo, 0, 0);
	_mm512_storeu_ps(q + linear_k_pad(PRECISION_INT8, k), _mm512_zextps128_ps512(tail));
	return !_mm512_test_epi32_mask(any, _mm512_set1_epi32(~255));
}

/* The span of the next row is on its way while one is quantised. */
AVX512 static ALWAYS_INLINE void rows16(const struct linear_input *in, const float *smooth,
					uint8_t *q)
{
	size_t bytes = linear_row_bytes(&linear_int8_avx512, in->k);
	const float *x = in->x;
	struct span next = in->m ? span(x, smooth, in->k) : (struct span){0, 0};
	for (size_t i = 0; i < in->m; i++, x += in->ldx, q += bytes) {
		struct span s = next;
		if (i + 1 < in->m)
			next = span(x + in->ldx, smooth, in->k);
		struct linear_input one = {x, in->ldx, 1, in->k, smooth};
		if (!quantise(x, smooth, in->k, s, q))
			linear_rows_int8_scalar(&one, q);
	}
}

AVX512 void linear_rows_int8_avx512(const struct linear_input *in, void *rows)
{
	if (in->smooth)
		rows16(in, in->smooth, rows);
	else
		rows16(in, NULL, rows);
}

/* acc (PANELS, R, 16) = R rows by the panels w[] */
AVX512 static ALWAYS_INLINE void sums(const uint8_t *q, size_t row_bytes, const int8_t *const *w,
				      size_t groups, int32_t *acc, const int R)
{
	const int8_t *w0 = w[0], *w1 = w[1], *w2 = w[2], *w3 = w[3];
	__m512i s[ROWS_MAX][PANELS];
	UNROLL
	for (int r = 0; r < R; r++)
		s[r][0] = s[r][1] = s[r][2] = s[r][3] = _mm512_setzero_si512();
	for (size_t at = 0; at < groups * 64; at += 64) {
		__m512i v0 = _mm512_load_si512(w0 + at), v1 = _mm512_load_si512(w1 + at);
		__m512i v2 = _mm512_load_si512(w2 + at), v3 = _mm512_load_si512(w3 + at);
		UNROLL
		for (int r = 0; r < R; r++) {
			int32_t four;
			memcpy(&four, q + r * row_bytes + at / 16, sizeof four);
			__m512i v = _mm512_set1_epi32(four);
			s[r][0] = _mm512_dpbusd_epi32(s[r][0], v, v0);
			s[r][1] = _mm512_dpbusd_epi32(s[r][1], v, v1);
			s[r][2] = _mm512_dpbusd_epi32(s[r][2], v, v2);
			s[r][3] = _mm512_dpbusd_epi32(s[r][3], v, v3);
		}
	}
	UNROLL
	for (int p = 0; p < PANELS; p++) {
		UNROLL
		for (int r = 0; r < R; r++)
			_mm512_store_si512(acc + (p * R + r) * 16, s[r][p]);
	}
}

#define SUMS(R) \
	AVX512 static void sums##R(const uint8_t *q, size_t row_bytes, const int8_t *const *w, \
				   size_t groups, int32_t *acc) \
	{ \
		sums(q, row_bytes, w, groups, acc, R); \
	}
SUMS(1)
SUMS(2)
SUMS(3)
SUMS(4)
SUMS(5)
SUMS(6)

static void (*const sums_of[ROWS_MAX + 1])(const uint8_t *q, size_t row_bytes,
					   const int8_t *const *w, size_t groups, int32_t *acc) = {
	NULL, sums1, sums2, sums3, sums4, sums5, sums6,
};

/* Rows [row, row + n_rows) by panels [lo, hi), at most PANELS. */
AVX512 static void block(const struct linear_job *j, size_t row, size_t n_rows, size_t lo,
			 size_t hi)
{
	_Alignas(64) int32_t acc[PANELS * ROWS_MAX * 16];
	size_t pad = linear_k_pad(PRECISION_INT8, j->k);
	const uint8_t *q = (const uint8_t *)j->rows + row * j->row_bytes;
	const int8_t *w[PANELS];
	for (size_t p = 0; p < PANELS; p++)	/* past the end: the last one again */
		w[p] = (const int8_t *)j->w + (lo + p < hi ? lo + p : hi - 1) *
					      linear_panel_bytes(PRECISION_INT8, j->k);
	sums_of[n_rows](q, j->row_bytes, w, pad / 4, acc);
	for (size_t p = 0; p < PANELS && lo + p < hi; p += 2) {
		size_t col = (lo + p) * LINEAR_PANEL, end = hi * LINEAR_PANEL;
		struct linear_finish16 f = {
			.acc = acc + p * n_rows * 16,
			.panel_acc = n_rows * 16,
			.row = (const void *)(q + pad),
			.row_bytes = j->row_bytes,
			.y = j->y + row * j->ldy + col,
			.ldy = j->ldy,
		};
		linear_finish_panels16(&f, (const void *)(w[p] + pad * LINEAR_PANEL),
				       (const void *)(w[p + 1] + pad * LINEAR_PANEL),
				       (end < j->n ? end : j->n) - col);
		for (size_t r = 0; r < n_rows; r++)
			if (j->gelu)
				linear_finish_row16(&f, true);
			else
				linear_finish_row16(&f, false);
	}
}

static void mul(const struct linear_job *j)
{
	for (size_t i = j->lo; i < j->hi; i += PANELS)
		for (size_t row = 0, end; row < j->m; row = end) {
			end = linear_block_end(row, j->m, ROWS_MAX);
			block(j, row, end - row, i, i + PANELS < j->hi ? i + PANELS : j->hi);
		}
}

const struct linear_kernels linear_int8_avx512 = {
	SIMD_AVX512, PRECISION_INT8, linear_rows_int8_avx512, mul,
};

#endif
