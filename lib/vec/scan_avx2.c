/* Look-ups by AVX2: sixteen shuffles of 16 bytes serve 32 codes. See scan.h. */
#include "vec/scan.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "vec/unroll.h"

#define TARGET __attribute__((target("avx2")))

/*
 * Half of a table, 8 rows of 16 entries; a code below 0 finds nothing. A shuffle gives 0 where
 * its index is negative, so x ^= row[k][code % 16] is done for every k with 16 k <= code, and rows
 * are stored as differences (xor) from the row before: x ends as row code / 16.
 */
TARGET static inline void half(const uint8_t *v, __m256i c0, __m256i c1, __m256i *x0, __m256i *x1)
{
	const __m256i step = _mm256_set1_epi8(16);
	__m256i last = _mm256_setzero_si256();
	UNROLL
	for (int k = 0; k < 8; k++) {
		__m256i row = _mm256_broadcastsi128_si256(_mm_load_si128((const void *)(v + 16 * k)));
		__m256i diff = _mm256_xor_si256(row, last);
		*x0 = _mm256_xor_si256(*x0, _mm256_shuffle_epi8(diff, c0));
		*x1 = _mm256_xor_si256(*x1, _mm256_shuffle_epi8(diff, c1));
		c0 = _mm256_subs_epi8(c0, step);
		c1 = _mm256_subs_epi8(c1, step);
		last = row;
	}
}

/* Bit i of 32: word i of the 16 even, then the 16 odd lanes, as they come. */
TARGET static inline uint64_t reach_32(__m256i sum, __m256i high, __m256i least)
{
	sum = _mm256_sub_epi16(sum, _mm256_slli_epi16(high, 8));
	__m256i even = _mm256_cmpeq_epi16(_mm256_max_epu16(sum, least), sum);
	__m256i odd = _mm256_cmpeq_epi16(_mm256_max_epu16(high, least), high);
	__m256i both = _mm256_blendv_epi8(even, odd, _mm256_set1_epi16((short)0xff00));
	return (uint32_t)_mm256_movemask_epi8(both);
}

TARGET static uint64_t reach_block(const struct scan_table *t, const uint8_t *codes)
{
	/* s: sums of 16-bit words, h: of their upper bytes; the lower are what is left of s */
	__m256i s0 = _mm256_setzero_si256(), s1 = s0, h0 = s0, h1 = s0;
	const __m256i least = _mm256_set1_epi16((short)t->least), top = _mm256_set1_epi8(-128);
	const uint8_t *v = t->entry;
	for (size_t j = 0; j < t->m; j++, v += SCAN_ENTRIES, codes += SCAN_BLOCK) {
		__m256i x0 = _mm256_setzero_si256(), x1 = x0;
		__m256i c0 = _mm256_loadu_si256((const void *)codes);
		__m256i c1 = _mm256_loadu_si256((const void *)(codes + 32));
		half(v, c0, c1, &x0, &x1);
		half(v + 128, _mm256_xor_si256(c0, top), _mm256_xor_si256(c1, top), &x0, &x1);
		s0 = _mm256_add_epi16(s0, x0);
		s1 = _mm256_add_epi16(s1, x1);
		h0 = _mm256_add_epi16(h0, _mm256_srli_epi16(x0, 8));
		h1 = _mm256_add_epi16(h1, _mm256_srli_epi16(x1, 8));
	}
	return reach_32(s0, h0, least) | reach_32(s1, h1, least) << 32;
}

TARGET static void reach(const struct scan_table *t, const uint8_t *codes, size_t n_blocks,
			 uint64_t *mask)
{
	for (size_t i = 0; i < n_blocks; i++, codes += SCAN_BLOCK * t->m)
		if (mask[i])
			mask[i] &= reach_block(t, codes);
}

const struct scan_kernel scan_avx2 = {"avx2", 6, reach};

#endif
