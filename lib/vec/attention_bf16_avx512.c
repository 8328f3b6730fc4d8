/*
 * Attention with AVX512-BF16, for processors that multiply bf16 at least as fast as f32 and have
 * no AMX, such as Zen 4 (see attention.c); see attention.h and attention_bf16_x86.h.
 */
#include "vec/attention_impl.h"

#if defined(__x86_64__)

#define BF16 __attribute__((target( \
	"avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vbmi,avx2,bmi2,fma")))

#include <string.h>

#include "vec/attention_bf16_x86.h"

enum { ROWS = 8 };		/* queries at once: two vectors of sums each, and one of weights */

BF16_INLINE __m512bh pair(const uint16_t *p)
{
	int32_t both;
	memcpy(&both, p, sizeof both);
	return (__m512bh)_mm512_set1_epi32(both);
}

BF16_INLINE __m512bh load(const uint16_t *p)
{
	return (__m512bh)_mm512_load_si512(p);
}

BF16 static void scores(const struct work *w, size_t u)
{
	for (size_t lo = 0; lo < BLOCK; lo += ROWS) {
		const uint16_t *k = w->k + u * 2 * TILE, *q = w->q + lo * STEP;
		float *s = scores_at(w, u) + lo * 16;
		__m512 acc[ROWS][2];
		UNROLL
		for (size_t i = 0; i < ROWS; i++)
			acc[i][0] = acc[i][1] = _mm512_setzero_ps();
		for (size_t t = 0; t < w->steps; t++, k += w->units * 2 * TILE, q += TILE)
			for (size_t d = 0; d < STEP; d += 2) {
				__m512bh k0 = load(k + d * 16), k1 = load(k + TILE + d * 16);
				UNROLL
				for (size_t i = 0; i < ROWS; i++) {
					__m512bh x = pair(q + i * STEP + d);
					acc[i][0] = _mm512_dpbf16_ps(acc[i][0], x, k0);
					acc[i][1] = _mm512_dpbf16_ps(acc[i][1], x, k1);
				}
			}
		UNROLL
		for (size_t i = 0; i < ROWS; i++) {
			_mm512_store_ps(s + i * 16, acc[i][0]);
			_mm512_store_ps(s + TILE / 2 + i * 16, acc[i][1]);
		}
	}
}

BF16 static void mix(const struct work *w, size_t t)
{
	const __m512bh ones = (__m512bh)_mm512_set1_epi16(0x3f80);
	for (size_t lo = 0; lo < BLOCK; lo += ROWS) {
		const uint16_t *v = w->v + t * w->units * 2 * TILE, *p = w->w + lo * UNIT;
		float *o = w->o + lo * 16;
		__m512 acc[ROWS][3];
		UNROLL
		for (size_t i = 0; i < ROWS; i++)
			acc[i][0] = acc[i][1] = acc[i][2] = _mm512_setzero_ps();
		for (size_t u = 0; u < w->units; u++, v += 2 * TILE, p += TILE) {
			for (size_t r = 0; r < UNIT; r += 2) {
				__m512bh v0 = load(v + r * 16), v1 = load(v + TILE + r * 16);
				UNROLL
				for (size_t i = 0; i < ROWS; i++) {
					__m512bh x = pair(p + i * UNIT + r);
					acc[i][0] = _mm512_dpbf16_ps(acc[i][0], x, v0);
					acc[i][1] = _mm512_dpbf16_ps(acc[i][1], x, v1);
				}
			}
			UNROLL
			for (size_t i = 0; i < ROWS; i++)
				acc[i][2] = _mm512_dpbf16_ps(acc[i][2], load(p + i * UNIT), ones);
		}
		UNROLL
		for (size_t i = 0; i < ROWS; i++) {
			float sum = _mm512_reduce_add_ps(acc[i][2]);
			_mm512_store_ps(o + i * 16, acc[i][0]);
			_mm512_store_ps(o + TILE / 2 + i * 16, acc[i][1]);
			_mm512_store_ps(o + TILE + i * 16, _mm512_set1_ps(sum));
		}
	}
}

BF16 static void run(const struct attention_job *j)
{
	attend(j, &(struct products){scores, mix, NULL});
}

const struct attention_kernels attention_bf16_avx512 = {
	SIMD_AVX512, true, bf16_scratch_bytes, run,
};

#endif
