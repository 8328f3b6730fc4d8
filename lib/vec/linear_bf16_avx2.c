/* bf16 with AVX2, multiplied as f32; see linear.h and linear_tile.h. */
#include "vec/linear_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "vec/linear_tile.h"

#define AVX2 __attribute__((target("avx2,fma")))

/* 8 values rounded to nearest even in the lower half of each lane; a NaN stays one. */
AVX2 static inline __m256i round8(__m256 x)
{
	__m256i u = _mm256_castps_si256(x);
	__m256i odd = _mm256_and_si256(_mm256_srli_epi32(u, 16), _mm256_set1_epi32(1));
	__m256i r = _mm256_add_epi32(_mm256_add_epi32(u, odd), _mm256_set1_epi32(0x7fff));
	__m256 nan = _mm256_castsi256_ps(_mm256_or_si256(u, _mm256_set1_epi32(0x400000)));
	__m256 v = _mm256_blendv_ps(_mm256_castsi256_ps(r), nan, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
	return _mm256_srli_epi32(_mm256_castps_si256(v), 16);
}

AVX2 static void rows_bf16(const struct linear_input *in, void *rows)
{
	const float *x = in->x;
	size_t ldx = in->ldx, m = in->m, k = in->k;
	size_t bytes = linear_row_bytes(&linear_bf16_scalar, k);
	for (size_t i = 0; i < m; i++, x += ldx) {
		uint16_t *h = (void *)((char *)rows + i * bytes);
		size_t d = 0;
		for (; d + 16 <= k; d += 16) {
			__m256i lo = round8(_mm256_loadu_ps(x + d));
			__m256i hi = round8(_mm256_loadu_ps(x + d + 8));
			__m256i v = _mm256_permute4x64_epi64(_mm256_packus_epi32(lo, hi), 0xd8);
			_mm256_storeu_si256((__m256i *)(void *)(h + d), v);
		}
		for (; d < k; d++)
			h[d] = linear_to_bf16(x[d]);
		memset(h + k, 0, bytes - k * sizeof *h);
	}
}

AVX2 static void widen_row(const uint16_t *row, size_t n, float *out)
{
	for (size_t d = 0; d < n; d += 8) {
		__m128i h = _mm_loadu_si128((const __m128i *)(const void *)(row + d));
		__m256i f = _mm256_slli_epi32(_mm256_cvtepu16_epi32(h), 16);
		_mm256_storeu_ps(out + d, _mm256_castsi256_ps(f));
	}
}

AVX2 static void widen_panel(const uint16_t *groups, size_t n, float *out)
{
	const __m256i high = _mm256_set1_epi32((int)0xffff0000);
	for (size_t g = 0; g < n; g++, groups += 32, out += 32)
		for (size_t h = 0; h < 2; h++) {
			const void *at = groups + 16 * h;
			__m256i v = _mm256_loadu_si256((const __m256i *)at);
			__m256i even = _mm256_slli_epi32(v, 16), odd = _mm256_and_si256(v, high);
			_mm256_storeu_ps(out + 8 * h, _mm256_castsi256_ps(even));
			_mm256_storeu_ps(out + 16 + 8 * h, _mm256_castsi256_ps(odd));
		}
}

static void mul(const struct linear_job *j)
{
	static const struct linear_widen widen = {widen_row, widen_panel};
	linear_mul_widened(j, &linear_tiles_avx2, &widen);
}

const struct linear_kernels linear_bf16_avx2 = {SIMD_AVX2, PRECISION_BF16, rows_bf16, mul};

#endif
