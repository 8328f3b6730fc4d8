/*
 * bf16 with AVX-512; see linear.h and linear_avx512.h. AMD's processors multiply pairs of bf16 at
 * twice the rate of f32; Intel's from Sapphire Rapids on at half of it (measured: 75 against
 * 140 GFLOP/s), so that there, and where the instruction is missing, bf16 is made f32.
 */
#include "vec/linear_impl.h"

#if defined(__x86_64__)

#include "vec/linear_avx512.h"

LINEAR_TILES16(pairs, true)

/* 16 values rounded to nearest even in the upper half of each lane; a NaN stays one. */
AVX512 static inline __m512i round16(__m512 x)
{
	__m512i u = _mm512_castps_si512(x);
	__m512i odd = _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1));
	__m512i r = _mm512_add_epi32(_mm512_add_epi32(u, odd), _mm512_set1_epi32(0x7fff));
	return _mm512_mask_or_epi32(r, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), u,
				    _mm512_set1_epi32(0x400000));
}

AVX512 void linear_rows_bf16_avx512(const struct linear_input *in, void *rows)
{
	const float *x = in->x;
	size_t ldx = in->ldx, m = in->m, k = in->k;
	size_t bytes = linear_row_bytes(&linear_bf16_scalar, k);
	for (size_t i = 0; i < m; i++) {
		char *row = (char *)rows + i * bytes;
		size_t d = 0;
		for (; 2 * d < bytes; d += 16) {
			__mmask16 mask = d < k ? linear_mask16(k - d) : 0;
			__m512 v = _mm512_maskz_loadu_ps(mask, x + i * ldx + (mask ? d : 0));
			__m512i h = _mm512_srli_epi32(round16(v), 16);
			_mm256_storeu_si256((__m256i *)(void *)(row + 2 * d),
					    _mm512_cvtepi32_epi16(h));
		}
	}
}

AVX512 static void widen_row(const uint16_t *row, size_t n, float *out)
{
	for (size_t d = 0; d < n; d += 16) {
		__m256i h = _mm256_loadu_si256((const __m256i *)(const void *)(row + d));
		__m512i f = _mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16);
		_mm512_storeu_ps(out + d, _mm512_castsi512_ps(f));
	}
}

AVX512 static void widen_panel(const uint16_t *groups, size_t n, float *out)
{
	for (size_t g = 0; g < n; g++, groups += 32, out += 32) {
		__m512i v = _mm512_loadu_si512(groups);
		__m512i odd = _mm512_and_si512(v, _mm512_set1_epi32((int)0xffff0000));
		_mm512_storeu_ps(out, _mm512_castsi512_ps(_mm512_slli_epi32(v, 16)));
		_mm512_storeu_ps(out + 16, _mm512_castsi512_ps(odd));
	}
}

static void mul(const struct linear_job *j)
{
	static const struct linear_tiles by_pairs = {.rows = 12, .panels = 2, .fn = pairs};
	static const struct linear_widen widen = {widen_row, widen_panel};
	if (__builtin_cpu_is("amd") && __builtin_cpu_supports("avx512bf16"))
		linear_mul_tiles(j, PRECISION_BF16, &by_pairs);
	else
		linear_mul_widened(j, &linear_tiles_avx512, &widen);
}

const struct linear_kernels linear_bf16_avx512 = {
	SIMD_AVX512, PRECISION_BF16, linear_rows_bf16_avx512, mul,
};

#endif
