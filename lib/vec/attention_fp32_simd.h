/*
 * attention_fp32_simd: attention in f32 on vectors of W floats.
 *
 * Keys are transposed into panels of W, values copied in pieces of 2 W channels. For ROWS queries
 * at once: their scores, registers full of them at a time; weights 2^(score - max), log2(e) and
 * the scale being in the keys; and the weights times the values, over their sums.
 *
 * The file that includes this defines W, PANELS (of keys at once), vec, FP32 (the target
 * attribute of all functions here) and: v_load, v_store, v_load_n and v_store_n (of n lanes, the
 * others being 0), v_set1, v_add, v_sub, v_mul, v_fma(a, b, c) = a b + c, v_max(a, b) (b where a
 * or b is NaN), v_ldexp(a, k) = a 2^k, v_sum, v_top, v_first(n, a, b) (a in n lanes, b in the
 * others), v_transpose(rows).
 */
#ifndef LEANN_VEC_ATTENTION_FP32_SIMD_H
#define LEANN_VEC_ATTENTION_FP32_SIMD_H

#include <math.h>

#include "vec/attention_impl.h"

#define FP32_INLINE FP32 static inline __attribute__((always_inline))

enum { ROWS = 6 };

struct work {
	const struct attention_job *j;
	size_t panels, steps;	/* of W keys, of 2 W channels */
	float *s;		/* (ROWS, panels, W) scores, then weights */
	float *k;		/* (panels, head, W) */
	float *v;		/* (steps, len, 2 W) */
};

static inline size_t fp32_scratch_bytes(size_t max_len, size_t head)
{
	size_t keys = (max_len + W - 1) / W * W, channels = (head + 2 * W - 1) / (2 * W) * 2 * W;
	return (((ROWS + head) * keys + channels * max_len) * sizeof(float) + 63) / 64 * 64;
}

static inline void lay_out(struct work *w, const struct attention_job *j)
{
	w->j = j;
	w->panels = (j->len + W - 1) / W;
	w->steps = (j->head + 2 * W - 1) / (2 * W);
	w->s = j->scratch;
	w->k = w->s + ROWS * w->panels * W;
	w->v = w->k + j->head * w->panels * W;
}

/* Of n, those from i on, at most W. */
static inline size_t left(size_t i, size_t n)
{
	return i >= n ? 0 : n - i < W ? n - i : W;
}

FP32_INLINE void pack_keys(const struct work *w)
{
	const size_t len = w->j->len, ld = w->j->ld, head = w->j->head;
	const vec scale = v_set1(w->j->scale * 1.44269504f);
	float *out = w->k;
	for (size_t i = 0; i < len; i += W)
		for (size_t d = 0; d < head; d += W) {
			const float *k = w->j->k + i * ld + d;
			size_t keys = left(i, len), n = left(d, head);
			vec r[W];
			UNROLL
			for (size_t c = 0; c < W; c++)
				r[c] = c < keys ? v_mul(v_load_n(k + c * ld, n), scale)
						: v_set1(0);
			v_transpose(r);
			UNROLL
			for (size_t c = 0; c < W; c++)
				if (c < n)
					v_store(out + c * W, r[c]);
			out += n * W;
		}
}

FP32_INLINE void pack_values(const struct work *w)
{
	const size_t len = w->j->len, ld = w->j->ld, head = w->j->head;
	float *out = w->v;
	for (size_t d = 0; d < head; d += 2 * W) {
		const float *v = w->j->v + d;
		size_t n = left(d, head), m = left(d + W, head);
		for (size_t t = 0; t < len; t++, out += 2 * W) {
			v_store(out, v_load_n(v + t * ld, n));
			v_store(out + W, m ? v_load_n(v + t * ld + W, m) : v_set1(0));
		}
	}
}

/* Scores of rows queries and of n panels from p on; rows and n are constants. */
FP32_INLINE void scores(const struct work *w, const float *q, size_t rows, size_t p, size_t n)
{
	const size_t ld = w->j->ld, head = w->j->head, stride = w->panels * W;
	const float *k = w->k + p * head * W;
	float *s = w->s + p * W;
	vec acc[ROWS][PANELS];
	UNROLL
	for (size_t i = 0; i < rows; i++)
		UNROLL
		for (size_t c = 0; c < n; c++)
			acc[i][c] = v_set1(0);
	for (size_t d = 0; d < head; d++) {
		vec kd[PANELS];
		UNROLL
		for (size_t c = 0; c < n; c++)
			kd[c] = v_load(k + (c * head + d) * W);
		UNROLL
		for (size_t i = 0; i < rows; i++) {
			vec x = v_set1(q[i * ld + d]);
			UNROLL
			for (size_t c = 0; c < n; c++)
				acc[i][c] = v_fma(x, kd[c], acc[i][c]);
		}
	}
	UNROLL
	for (size_t i = 0; i < rows; i++)
		UNROLL
		for (size_t c = 0; c < n; c++)
			v_store(s + i * stride + c * W, acc[i][c]);
}

/* 2^x, x <= 0, relative error 2.2e-7; 2^-126 below that */
FP32_INLINE vec exp2_neg(vec x)
{
	const vec round = v_set1(0x1.8p23f);	/* adding it leaves whole numbers */
	x = v_max(v_set1(-126), x);		/* in this order a NaN stays */
	vec k = v_sub(v_add(x, round), round), f = v_sub(x, k);
	vec p = v_set1(1.327647178e-03f);
	p = v_fma(p, f, v_set1(9.675541535e-03f));
	p = v_fma(p, f, v_set1(5.550713276e-02f));
	p = v_fma(p, f, v_set1(2.402211972e-01f));
	p = v_fma(p, f, v_set1(6.931469671e-01f));
	p = v_fma(p, f, v_set1(1.000000072e+00f));
	return v_ldexp(p, k);
}

/* n scores become weights; returns 1 / their sum. */
FP32_INLINE float softmax(float *s, size_t n)
{
	const vec none = v_set1(-INFINITY);
	size_t full = n / W * W;
	vec top = none, sum = v_set1(0);
	for (size_t i = 0; i < full; i += W)
		top = v_max(top, v_load(s + i));
	if (full < n)
		top = v_max(top, v_first(n - full, v_load(s + full), none));
	top = v_set1(v_top(top));
	for (size_t i = 0; i < full; i += W) {
		vec e = exp2_neg(v_sub(v_load(s + i), top));
		v_store(s + i, e);
		sum = v_add(sum, e);
	}
	if (full < n) {
		vec e = exp2_neg(v_sub(v_load(s + full), top));
		v_store(s + full, e);
		sum = v_add(sum, v_first(n - full, e, v_set1(0)));
	}
	return 1 / v_sum(sum);
}

/* out = weights times the values of a step, each row times its inv. */
FP32_INLINE void mix(const struct work *w, size_t step, size_t rows, const float *inv, float *out)
{
	const size_t len = w->j->len, ldo = w->j->ldo, stride = w->panels * W, d = step * 2 * W;
	const float *s = w->s, *v = w->v + step * len * 2 * W;
	size_t n = left(d, w->j->head), m = left(d + W, w->j->head);
	vec acc[ROWS][2];
	UNROLL
	for (size_t i = 0; i < rows; i++)
		acc[i][0] = acc[i][1] = v_set1(0);
	for (size_t t = 0; t < len; t++, v += 2 * W) {
		vec v0 = v_load(v), v1 = v_load(v + W);
		UNROLL
		for (size_t i = 0; i < rows; i++) {
			vec x = v_set1(s[i * stride + t]);
			acc[i][0] = v_fma(x, v0, acc[i][0]);
			acc[i][1] = v_fma(x, v1, acc[i][1]);
		}
	}
	UNROLL
	for (size_t i = 0; i < rows; i++) {
		vec x = v_set1(inv[i]);
		v_store_n(out + i * ldo + d, n, v_mul(acc[i][0], x));
		if (m)
			v_store_n(out + i * ldo + d + W, m, v_mul(acc[i][1], x));
	}
}

/* Queries [lo, lo + rows); rows is a constant. */
FP32_INLINE void block(const struct work *w, size_t lo, size_t rows)
{
	const struct attention_job *j = w->j;
	const float *q = j->q + lo * j->ld;
	float inv[ROWS];
	size_t p = 0;
	for (; p + PANELS <= w->panels; p += PANELS)
		scores(w, q, rows, p, PANELS);
	for (; p < w->panels; p++)
		scores(w, q, rows, p, 1);
	for (size_t i = 0; i < rows; i++)
		inv[i] = softmax(w->s + i * w->panels * W, j->len);
	for (size_t t = 0; t < w->steps; t++)
		mix(w, t, rows, inv, j->out + lo * j->ldo);
}

FP32 static void fp32_run(const struct attention_job *j)
{
	struct work w;
	size_t lo = 0;
	lay_out(&w, j);
	pack_keys(&w);
	pack_values(&w);
	for (; lo + ROWS <= j->len; lo += ROWS)
		block(&w, lo, ROWS);
	for (; lo < j->len; lo++)
		block(&w, lo, 1);
}

#endif
