/* Look-ups by AVX-512 VBMI: two permutations of 128 bytes serve 64 codes. See scan.h. */
#include "vec/scan.h"

#if defined(__x86_64__)

#include <immintrin.h>

/* Bytes read ahead: a sum takes less time than the next block takes to come from memory. */
enum { AHEAD = 12 << 10 };

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")))

TARGET static uint64_t reach_block(const struct scan_table *t, const uint8_t *codes)
{
	/* sum: of 16-bit words, high: of their upper bytes; the lower are what is left of sum */
	__m512i sum = _mm512_setzero_si512(), high = sum, least = _mm512_set1_epi16((short)t->least);
	const uint8_t *v = t->entry;
	for (size_t j = 0; j < t->m; j++, v += SCAN_ENTRIES, codes += SCAN_BLOCK) {
		__m512i c = _mm512_loadu_si512(codes);
		_mm_prefetch((const void *)(codes + AHEAD), _MM_HINT_T0);
		__m512i lo = _mm512_permutex2var_epi8(_mm512_load_si512(v), c,
						      _mm512_load_si512(v + 64));
		__m512i hi = _mm512_permutex2var_epi8(_mm512_load_si512(v + 128), c,
						      _mm512_load_si512(v + 192));
		__m512i x = _mm512_mask_blend_epi8(_mm512_movepi8_mask(c), lo, hi);
		sum = _mm512_add_epi16(sum, x);
		high = _mm512_add_epi16(high, _mm512_srli_epi16(x, 8));
	}
	sum = _mm512_sub_epi16(sum, _mm512_slli_epi16(high, 8));
	__mmask32 even = _mm512_cmpge_epu16_mask(sum, least);
	__mmask32 odd = _mm512_cmpge_epu16_mask(high, least);
	if (!(even | odd))
		return 0;
	return _mm512_movepi8_mask(_mm512_mask_blend_epi8(
		0xaaaaaaaaaaaaaaaa, _mm512_movm_epi16(even), _mm512_movm_epi16(odd)));
}

TARGET static void reach(const struct scan_table *t, const uint8_t *codes, size_t n_blocks,
			 uint64_t *mask)
{
	for (size_t i = 0; i < n_blocks; i++, codes += SCAN_BLOCK * t->m)
		if (mask[i])
			mask[i] &= reach_block(t, codes);
}

const struct scan_kernel scan_vbmi = {"vbmi", 1, reach};

#endif
