/*
 * linear_int8_avx512: for linear_int8_avx512.c and linear_int8_amx.c: the end of a product, from
 * exact sums to outputs; see linear_int8_x86.h.
 *
 * gelu(x) is c0 + c1 x + c2 x^2 with other coefficients for each interval: number
 * 16 + round(x / 0.282), 2 .. 30, each fitted by Remez' algorithm. In the middle one c0 = 0 and
 * c1 = 1/2, so that gelu(x) ~ x / 2 near 0; 1 and 31 go on to infinity and are 0 and x.
 * |error| <= 9.1e-5. Three look-ups and four other instructions: while AMX multiplies, all that
 * is no look-up shares one port.
 */
#ifndef LEANN_VEC_LINEAR_INT8_AVX512_H
#define LEANN_VEC_LINEAR_INT8_AVX512_H

#include <immintrin.h>

#include "vec/linear_int8_x86.h"

#define AVX512_INT8 "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"
#define AVX512 __attribute__((target(AVX512_INT8)))

/* Rows as linear_rows_int8_scalar() makes them. */
void linear_rows_int8_avx512(const struct linear_input *in, void *rows);

#define LINEAR_GELU8_STEP 0.282f
/* 1.5 2^23 + 16: what is added to it ends up, rounded, in the last bits */
#define LINEAR_GELU8_MAGIC 12582928.0f

static const float LINEAR_GELU8[3][32] = {
	{0, 0, -0.0204300383f, -0.0442396879f, -0.0864240314f, -0.151682625f, -0.237901935f,
	 -0.331105428f, -0.405042304f, -0.429787091f, -0.387695847f, -0.288504175f, -0.168206642f,
	 -0.069715358f, -0.0164359934f, -0.00101981041f, 0, -0.00101981041f, -0.0164359934f,
	 -0.069715358f, -0.168206642f, -0.288504175f, -0.387695847f, -0.429787091f, -0.405042304f,
	 -0.331105428f, -0.237901935f, -0.151682625f, -0.0864240314f, -0.0442396879f,
	 -0.0204300383f, 0},
	{0, 0, -0.0096417403f, -0.0222054801f, -0.0462369156f, -0.0866240247f, -0.145015202f,
	 -0.214673849f, -0.276211637f, -0.29905458f, -0.252094859f, -0.12282083f, 0.0680054466f,
	 0.268019951f, 0.418252462f, 0.488768837f, 0.5f, 0.511231163f, 0.581747538f, 0.731980049f,
	 0.931994553f, 1.12282083f, 1.25209486f, 1.29905458f, 1.27621164f, 1.21467385f, 1.1450152f,
	 1.08662402f, 1.04623692f, 1.02220548f, 1.00964174f, 1},
	{0, 0, -0.00114142305f, -0.0027989783f, -0.00622192739f, -0.0124715207f, -0.0223595285f,
	 -0.0353778754f, -0.0481858383f, -0.0534560744f, -0.0403575624f, 0.00178699358f,
	 0.077537531f, 0.179253873f, 0.285499764f, 0.366782185f, 0.397850165f, 0.366782185f,
	 0.285499764f, 0.179253873f, 0.077537531f, 0.00178699358f, -0.0403575624f, -0.0534560744f,
	 -0.0481858383f, -0.0353778754f, -0.0223595285f, -0.0124715207f, -0.00622192739f,
	 -0.0027989783f, -0.00114142305f, 0},
};

AVX512 static ALWAYS_INLINE __m512 linear_gelu8_16(__m512 x, const __m512 c[3][2])
{
	/* the smaller of |x| and where the last interval begins, with the sign of x */
	__m512 t = _mm512_range_ps(x, _mm512_set1_ps(15 * LINEAR_GELU8_STEP), 2);
	__m512i at = _mm512_castps_si512(_mm512_fmadd_ps(t, _mm512_set1_ps(1 / LINEAR_GELU8_STEP),
							 _mm512_set1_ps(LINEAR_GELU8_MAGIC)));
	__m512 p = _mm512_fmadd_ps(_mm512_permutex2var_ps(c[2][0], at, c[2][1]), x,
				   _mm512_permutex2var_ps(c[1][0], at, c[1][1]));
	return _mm512_fmadd_ps(p, x, _mm512_permutex2var_ps(c[0][0], at, c[0][1]));
}

/* Sums on their way to y: rows by two panels, or one. */
struct linear_finish16 {
	__m512 scale[2], sum[2], bias[2], c[3][2];
	__mmask16 cols[2];
	const int32_t *acc;	/* (rows, 16) of the first panel, 64-byte aligned; of the second */
	size_t panel_acc;	/* so many elements later */
	const struct linear_row8 *row;
	size_t row_bytes;	/* from a row's to the next */
	float *y;
	size_t ldy;
};

/* The panels whose tails are p0 and p1 (any if cols <= 16); cols of y are written. */
AVX512 static ALWAYS_INLINE void linear_finish_panels16(struct linear_finish16 *f,
							const struct linear_tail8 *p0,
							const struct linear_tail8 *p1, size_t cols)
{
	f->scale[0] = _mm512_load_ps(p0->scale);
	f->scale[1] = _mm512_load_ps(p1->scale);
	f->sum[0] = _mm512_load_ps(p0->sum);
	f->sum[1] = _mm512_load_ps(p1->sum);
	f->bias[0] = _mm512_load_ps(p0->bias);
	f->bias[1] = _mm512_load_ps(p1->bias);
	f->cols[0] = (__mmask16)(cols < 16 ? (1u << cols) - 1 : 0xffff);
	f->cols[1] = (__mmask16)(cols <= 16 ? 0 : cols < 32 ? (1u << (cols - 16)) - 1 : 0xffff);
	UNROLL
	for (int i = 0; i < 3; i++) {
		f->c[i][0] = _mm512_loadu_ps(LINEAR_GELU8[i]);
		f->c[i][1] = _mm512_loadu_ps(LINEAR_GELU8[i] + 16);
	}
}

AVX512 static ALWAYS_INLINE void linear_finish_row16(struct linear_finish16 *f, const bool gelu)
{
	__m512 row_scale = _mm512_set1_ps(f->row->scale), row_min = _mm512_set1_ps(f->row->min);
	UNROLL
	for (int i = 0; i < 2; i++) {
		__m512 v = _mm512_cvtepi32_ps(_mm512_load_si512(f->acc + i * f->panel_acc));
		v = _mm512_fmadd_ps(row_scale, _mm512_mul_ps(f->scale[i], v),
				    _mm512_fmadd_ps(row_min, f->sum[i], f->bias[i]));
		if (gelu)
			v = linear_gelu8_16(v, f->c);
		_mm512_mask_storeu_ps(f->y + i * 16, f->cols[i], v);
	}
	f->acc += 16;
	f->row = (const void *)((const char *)f->row + f->row_bytes);
	f->y += f->ldy;
}

#endif
