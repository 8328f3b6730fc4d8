/*
 * attention_bf16_x86: attention with products of bf16 on x86-64, but for the products themselves.
 *
 * A block is 16 queries, a unit 32 keys, a step 32 channels. Queries, keys and values are rounded
 * to bf16 and laid out as AMX tiles, which suits vdpbf16ps as well. For each block, unit by unit,
 * scores (f32) become weights (bf16); then the weights times the values are the output. Weights
 * are 2^score: scale, log2(e) and FIX are folded into the queries. Where |q| |k| tells that no
 * 2^score can leave the range of f32 they are taken as such, in 16-bit fixed point: no maximum,
 * no polynomial. Else the scores are computed twice, for their maxima and for the weights.
 *
 * The file that includes this defines BF16, the target attribute of all functions here.
 */
#ifndef LEANN_VEC_ATTENTION_BF16_X86_H
#define LEANN_VEC_ATTENTION_BF16_X86_H

#include <immintrin.h>
#include <math.h>
#include <stdint.h>

#include "vec/attention_impl.h"

#define BF16_INLINE BF16 static inline __attribute__((always_inline))

enum {
	BLOCK = 16, UNIT = 32, STEP = 32,
	TILE = 512,		/* u16 in a tile, 1 KB */
	FIX = 128,		/* scores are in units of 1/FIX: the last bit of bf16's fraction */
	SCORE_MAX = 100 * FIX,	/* of the fast way; 2^100 times some values is still an f32 */
};

struct work {
	const struct attention_job *j;
	size_t units, steps;
	float *s;		/* (2, 2, 16, 16) scores of a block: units in turn, their halves */
	float *o;		/* (3, 16, 16) of a block: channels, 16 more, sums of weights */
	uint16_t *q;		/* (steps, 16, 32) of a block, scaled */
	uint16_t *w;		/* (units, 16, 32) weights of a block */
	uint16_t *k;		/* (steps, units, 2, 16 pairs of channels, 16 keys, 2) */
	uint16_t *v;		/* (steps, units, 2, 16 pairs of keys, 16 channels, 2) */
	float k_square;		/* |k|^2 is at most this */
};

/* What a level adds. */
struct products {
	void (*scores)(const struct work *w, size_t u);	/* s = q k^T of unit u, in its turn */
	void (*mix)(const struct work *w, size_t t);	/* o = w v of step t, and the sums of w */
	void (*fused)(const struct work *w);	/* all that for the only step; or NULL */
};

static inline size_t up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit;
}

static inline size_t bf16_scratch_bytes(size_t max_len, size_t head)
{
	size_t units = up(max_len, UNIT), steps = up(head, STEP);
	return (7 + steps + units + 4 * units * steps) * TILE * sizeof(uint16_t);
}

static inline void lay_out(struct work *w, const struct attention_job *j)
{
	uint16_t *p = j->scratch;
	w->j = j;
	w->units = up(j->len, UNIT);
	w->steps = up(j->head, STEP);
	w->s = (float *)(void *)p;
	w->o = (float *)(void *)(p + 4 * TILE);
	w->q = p + 7 * TILE;
	w->w = w->q + w->steps * TILE;
	w->k = w->w + w->units * TILE;
	w->v = w->k + w->units * w->steps * 2 * TILE;
}

/* Lanes of a vector at i that are among the first n. */
static inline __mmask16 lanes(size_t i, size_t n)
{
	return i >= n ? 0 : n - i >= 16 ? 0xffff : (__mmask16)((1u << (n - i)) - 1);
}

/*
 * 32 channels of a row, those of the masks, in bf16, times scale; top becomes the maxima of the
 * sums of two squares. As integers floats >= 0 keep their order, and NaN is above all.
 */
BF16_INLINE __m512i row(const float *x, __mmask16 a, __mmask16 b, float scale, __m512i *top)
{
	__m512 lo = _mm512_mul_ps(_mm512_maskz_loadu_ps(a, x), _mm512_set1_ps(scale));
	__m512 hi = _mm512_mul_ps(_mm512_maskz_loadu_ps(b, x + 16), _mm512_set1_ps(scale));
	__m512 square = _mm512_fmadd_ps(lo, lo, _mm512_mul_ps(hi, hi));
	*top = _mm512_max_epu32(*top, _mm512_castps_si512(square));
	return (__m512i)_mm512_cvtne2ps_pbh(hi, lo);
}

BF16_INLINE float sum_tops(__m512i top)
{
	return _mm512_reduce_add_ps(_mm512_castsi512_ps(top));
}

/* 16 vectors of 16 dwords, transposed. */
BF16_INLINE void transpose(__m512i r[16])
{
	__m512i t[16];
	UNROLL
	for (int i = 0; i < 16; i += 2) {
		t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
	}
	UNROLL
	for (int i = 0; i < 16; i += 4) {
		r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
		r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
		r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
		r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
	}
	UNROLL
	for (int i = 0; i < 4; i++) {
		t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
		t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
		t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
		t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
	}
	UNROLL
	for (int i = 0; i < 4; i++) {
		r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
		r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
		r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
		r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
	}
}

/*
 * Keys: half h of a unit has keys 4h .. 4h + 3 of each 8, which is how packs_epi32() of a row of
 * scores of both halves gives them in their order.
 */
BF16_INLINE void pack_keys(struct work *w)
{
	const size_t len = w->j->len, ld = w->j->ld, head = w->j->head, units = w->units;
	const float *k = w->j->k;
	uint16_t *out = w->k;
	float square = 0;
	for (size_t d = 0; d < head; d += STEP) {
		__mmask16 a = lanes(d, head), b = lanes(d + 16, head);
		float most = 0;
		for (size_t h = 0; h < 2 * units; h++, out += TILE) {
			__m512i top = _mm512_setzero_si512(), r[16];
			size_t i = h / 2 * UNIT + h % 2 * 4, from = i * ld + d;
			UNROLL
			for (size_t c = 0; c < 16; c++) {
				size_t at = c / 4 * 8 + c % 4;
				r[c] = i + at < len ? row(k + from + at * ld, a, b, 1, &top)
						    : _mm512_setzero_si512();
			}
			transpose(r);
			UNROLL
			for (size_t c = 0; c < 16; c++)
				_mm512_store_si512(out + c * 32, r[c]);
			float sum = sum_tops(top);
			most = most > sum || isnan(most) ? most : sum;
		}
		square += most;
	}
	w->k_square = square;
}

/* Two vectors of f32 in bf16, in turn. */
BF16_INLINE __m512i in_turn(__m512 a, __m512 b)
{
	const __m512i turn = _mm512_set_epi32(
		0x1f000f, 0x1e000e, 0x1d000d, 0x1c000c, 0x1b000b, 0x1a000a, 0x190009, 0x180008,
		0x170007, 0x160006, 0x150005, 0x140004, 0x130003, 0x120002, 0x110001, 0x100000);
	return _mm512_permutexvar_epi16(turn, (__m512i)_mm512_cvtne2ps_pbh(b, a));
}

/* Two keys, 32 channels of the masks of them, to a row of two tiles. */
BF16_INLINE void pack_pair(const float *v0, const float *v1, __mmask16 a, __mmask16 b,
			   uint16_t *out)
{
	_mm512_store_si512(out, in_turn(_mm512_maskz_loadu_ps(a, v0),
					_mm512_maskz_loadu_ps(a, v1)));
	_mm512_store_si512(out + TILE, in_turn(_mm512_maskz_loadu_ps(b, v0 + 16),
					       _mm512_maskz_loadu_ps(b, v1 + 16)));
}

BF16_INLINE void pack_values(const struct work *w)
{
	const size_t len = w->j->len, ld = w->j->ld, head = w->j->head, units = w->units;
	static const float none[32];
	const float *v = w->j->v;
	uint16_t *out = w->v;
	for (size_t d = 0; d < head; d += STEP, out += units * 2 * TILE) {
		__mmask16 a = lanes(d, head), b = lanes(d + 16, head);
		for (size_t i = 0, from = d; i < units * UNIT; i += 2, from += 2 * ld) {
			uint16_t *at = out + i / UNIT * 2 * TILE + i % UNIT / 2 * 32;
			if (i + 1 < len)
				pack_pair(v + from, v + from + ld, a, b, at);
			else
				pack_pair(i < len ? v + from : none, none, a, b, at);
		}
	}
}

/* The block of queries from lo on; false: their scores may be beyond SCORE_MAX. */
BF16_INLINE bool pack_queries(const struct work *w, size_t lo)
{
	const size_t len = w->j->len, ld = w->j->ld, head = w->j->head;
	const float scale = w->j->scale * 1.44269504f * FIX;
	const float *q = w->j->q;
	uint16_t *out = w->q;
	float square = 0;
	for (size_t d = 0; d < head; d += STEP) {
		__mmask16 a = lanes(d, head), b = lanes(d + 16, head);
		__m512i top = _mm512_setzero_si512();
		for (size_t i = lo; i < lo + BLOCK; i++, out += STEP)
			_mm512_store_si512(out, i < len ? row(q + i * ld + d, a, b, scale, &top)
							: _mm512_setzero_si512());
		square += sum_tops(top);
	}
	return square * w->k_square <= (float)SCORE_MAX * SCORE_MAX;
}

/* (2, 16, 16) scores of unit u: halves of its keys */
static inline float *scores_at(const struct work *w, size_t u)
{
	return w->s + u % 2 * TILE;
}

/* The first n of 32 keys, or all. */
static inline __mmask32 first_keys(size_t n)
{
	return n >= UNIT ? 0xffffffff : (1u << n) - 1;
}

/*
 * out = 2^(s / FIX) of a unit: s in fixed point, put where exponent and fraction are, nearly is
 * that; a table has the difference.
 */
BF16_INLINE void weights_fast(const float *s, __mmask32 keys, uint16_t *out)
{
	/* 0x80 + 128 (2^f - 1 - f), f = i / 64; with 0x3f00 it has the bias of the exponent */
	static const uint8_t bend[64] __attribute__((aligned(64))) = {
		128, 127, 127, 126, 126, 125, 124, 124, 123, 123, 123, 122, 122, 121, 121, 120,
		120, 120, 119, 119, 119, 119, 118, 118, 118, 118, 118, 117, 117, 117, 117, 117,
		117, 117, 117, 117, 117, 117, 117, 117, 117, 118, 118, 118, 118, 118, 119, 119,
		119, 120, 120, 120, 121, 121, 122, 122, 123, 123, 124, 125, 125, 126, 127, 127,
	};
	const __m512i table = _mm512_load_si512(bend), high = _mm512_set1_epi16(0x3f00);
	__mmask64 low = 0x5555555555555555;
	__asm__("" : "+k"(low));	/* where clang knows the mask it makes two permutations */
	UNROLL
	for (size_t i = 0; i < BLOCK; i++) {
		__m512i x = _mm512_packs_epi32(
			_mm512_cvtps_epi32(_mm512_load_ps(s + i * 16)),
			_mm512_cvtps_epi32(_mm512_load_ps(s + TILE / 2 + i * 16)));
		__m512i add = _mm512_mask_permutexvar_epi8(high, low, _mm512_srli_epi16(x, 1),
							   table);
		_mm512_store_si512(out + i * UNIT, _mm512_maskz_add_epi16(keys, x, add));
	}
}

/* Which lanes of the halves of a unit are among the first n keys; see pack_keys(). */
BF16_INLINE __mmask16 half_lanes(size_t n, size_t h)
{
	return (__mmask16)_pext_u32(first_keys(n), h ? 0xf0f0f0f0 : 0x0f0f0f0f);
}

/* top (16, 16): the largest scores of each row so far */
BF16_INLINE void raise_tops(const struct work *w, size_t u, __m512 top[BLOCK])
{
	size_t n = w->j->len - u * UNIT;
	__mmask16 a = half_lanes(n, 0), b = half_lanes(n, 1);
	const float *s = scores_at(w, u);
	UNROLL
	for (size_t i = 0; i < BLOCK; i++) {
		top[i] = _mm512_mask_max_ps(top[i], a, top[i], _mm512_load_ps(s + i * 16));
		top[i] = _mm512_mask_max_ps(top[i], b, top[i],
					    _mm512_load_ps(s + TILE / 2 + i * 16));
	}
}

/* 2^(x / FIX), x <= 0, within 8e-5 of itself */
BF16_INLINE __m512 exp2_fix(__m512 x)
{
	const __m512 round = _mm512_set1_ps(0x1.8p23f);	/* adding it leaves whole numbers */
	const __m512 inv = _mm512_set1_ps(1.0f / FIX);
	x = _mm512_max_ps(_mm512_set1_ps(-126.0f * FIX), x);	/* in this order a NaN stays */
	__m512 k = _mm512_sub_ps(_mm512_fmadd_ps(x, inv, round), round);
	__m512 f = _mm512_fmsub_ps(x, inv, k), p = _mm512_set1_ps(5.517166716e-02f);
	p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(2.426111348e-01f));
	p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.932609869e-01f));
	p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.999280728e-01f));
	return _mm512_scalef_ps(p, k);
}

/* Weights of unit u as 2^((s - top) / FIX), for scores of any size. */
BF16_INLINE void weights_safe(const struct work *w, size_t u, const __m512 top[BLOCK])
{
	const __m512i turn = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
	__mmask32 keys = first_keys(w->j->len - u * UNIT);
	const float *s = scores_at(w, u);
	for (size_t i = 0; i < BLOCK; i++) {
		__m512 s0 = _mm512_sub_ps(_mm512_load_ps(s + i * 16), top[i]);
		__m512 s1 = _mm512_sub_ps(_mm512_load_ps(s + TILE / 2 + i * 16), top[i]);
		__m512i x = (__m512i)_mm512_cvtne2ps_pbh(exp2_fix(s1), exp2_fix(s0));
		x = _mm512_maskz_mov_epi16(keys, _mm512_permutexvar_epi64(turn, x));
		_mm512_store_si512(w->w + u * TILE + i * UNIT, x);
	}
}

/* In a function of its own: rare. */
BF16 static __attribute__((noinline)) void weigh_safely(const struct work *w,
						      const struct products *f)
{
	__m512 top[BLOCK];
	for (size_t i = 0; i < BLOCK; i++)
		top[i] = _mm512_set1_ps(-INFINITY);
	for (size_t u = 0; u < w->units; u++) {
		f->scores(w, u);
		raise_tops(w, u, top);
	}
	for (size_t i = 0; i < BLOCK; i++)
		top[i] = _mm512_set1_ps(_mm512_reduce_max_ps(top[i]));
	for (size_t u = 0; u < w->units; u++) {
		f->scores(w, u);
		weights_safe(w, u, top);
	}
}

/* Scores of the next unit come before the weights of this one, to be computed beside them. */
BF16_INLINE void weigh_fast(const struct work *w, const struct products *f)
{
	f->scores(w, 0);
	for (size_t u = 0; u < w->units; u++) {
		if (u + 1 < w->units)
			f->scores(w, u + 1);
		weights_fast(scores_at(w, u), first_keys(w->j->len - u * UNIT), w->w + u * TILE);
	}
}

/* Channels of step t of the block at lo: o over its sums. */
BF16_INLINE void finish(const struct work *w, size_t lo, size_t t)
{
	const size_t len = w->j->len, ldo = w->j->ldo, head = w->j->head, d = t * STEP;
	const __mmask16 a = lanes(d, head), b = lanes(d + 16, head);
	const float *o = w->o;
	float *out = w->j->out + lo * ldo + d;
	size_t n = len - lo < BLOCK ? len - lo : BLOCK;
	for (size_t i = 0; i < n; i++, o += 16, out += ldo) {
		__m512 sum = _mm512_load_ps(o + TILE), inv = _mm512_rcp14_ps(sum);
		inv = _mm512_mul_ps(inv, _mm512_fnmadd_ps(sum, inv, _mm512_set1_ps(2)));
		_mm512_mask_storeu_ps(out, a, _mm512_mul_ps(_mm512_load_ps(o), inv));
		_mm512_mask_storeu_ps(out + 16, b,
				      _mm512_mul_ps(_mm512_load_ps(o + TILE / 2), inv));
	}
}

BF16_INLINE void attend(const struct attention_job *j, const struct products *f)
{
	struct work w;
	lay_out(&w, j);
	pack_keys(&w);
	pack_values(&w);
	for (size_t lo = 0; lo < j->len; lo += BLOCK) {
		bool fast = pack_queries(&w, lo);
		if (fast && f->fused && w.steps == 1) {
			f->fused(&w);
			finish(&w, lo, 0);
			continue;
		}
		if (fast)
			weigh_fast(&w, f);
		else
			weigh_safely(&w, f);
		for (size_t t = 0; t < w.steps; t++) {
			f->mix(&w, t);
			finish(&w, lo, t);
		}
	}
}

#endif
