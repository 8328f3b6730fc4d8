/* Rounding weights by what they are for; see encoder_round.h. */
#include "nn/encoder_round.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/par.h"
#include "vec/kernels.h"
#include "vec/linear.h"

struct rounding {
	struct par *par;
	const struct vec_kernels *k;
	size_t n, n_in;		/* rows seen, inputs */
	float *x;		/* (n_in, n): the inputs seen, one after the other */
	float *mean;		/* (n_in) */
	size_t *order;		/* (n_in) inputs, that of most energy last */
	float *l;		/* (n_in, n_in) second moments in that order; then their factor */
	size_t column;		/* of l, being factored */
	bool plain;		/* round to nearest: the factor does not exist */
	float *w, *bias, *scale;
	size_t n_out;
};

void encoder_inputs_top(const struct encoder_inputs *in, float *top)
{
	float *row = mem_array(in->k, sizeof *row);
	memset(top, 0, in->k * sizeof *top);
	for (size_t i = 0; i < in->n; i++) {
		linear_f32(in->x + i * in->k, in->k, row);
		for (size_t j = 0; j < in->k; j++)
			top[j] = fmaxf(top[j], fabsf(row[j]));
	}
	mem_free(row);
}

/* What all machines of an architecture have, nearly: their weights come out alike. */
static const struct vec_kernels *common_kernels(void)
{
	return vec_kernels_of(simd_here(SIMD_AVX2) ? SIMD_AVX2 :
			      simd_here(SIMD_NEON) ? SIMD_NEON : SIMD_SCALAR);
}

static void take_inputs(struct rounding *r, const struct encoder_inputs *in, const float *factor)
{
	float *row = mem_array(in->k, sizeof *row);
	r->x = mem_array(in->n * in->k, sizeof *r->x);
	r->mean = mem_calloc(in->k, sizeof *r->mean);
	for (size_t i = 0; i < in->n; i++) {
		linear_f32(in->x + i * in->k, in->k, row);
		for (size_t j = 0; j < in->k; j++) {
			float v = factor ? row[j] * factor[j] : row[j];
			r->x[j * in->n + i] = v;
			r->mean[j] += v / (float)in->n;
		}
	}
	mem_free(row);
}

struct energy {
	float e;
	size_t i;
};

static int by_energy(const void *va, const void *vb)
{
	const struct energy *a = va, *b = vb;
	if (a->e != b->e)
		return a->e < b->e ? -1 : 1;
	return a->i < b->i ? -1 : a->i > b->i;
}

static void set_order(struct rounding *r)
{
	struct energy *e = mem_array(r->n_in, sizeof *e);
	for (size_t i = 0; i < r->n_in; i++) {
		float sum = r->k->dot_f32(r->x + i * r->n, r->x + i * r->n, r->n);
		e[i] = (struct energy){isfinite(sum) ? sum : FLT_MAX, i};
	}
	qsort(e, r->n_in, sizeof *e, by_energy);
	r->order = mem_array(r->n_in, sizeof *r->order);
	for (size_t i = 0; i < r->n_in; i++)
		r->order[i] = e[i].i;
	mem_free(e);
}

static void moments_row(void *ctx, size_t i, size_t i_worker)
{
	struct rounding *r = ctx;
	const float *x = r->x + r->order[i] * r->n;
	(void)i_worker;
	for (size_t j = 0; j <= i; j++)
		r->l[i * r->n_in + j] = r->k->dot_f32(x, r->x + r->order[j] * r->n, r->n);
}

/* The mean eigenvalue of a symmetric matrix is the mean of its diagonal. */
static void dampen(struct rounding *r)
{
	double mean = 0;
	for (size_t i = 0; i < r->n_in; i++)
		mean += (double)r->l[i * r->n_in + i] / (double)r->n_in;
	for (size_t i = 0; i < r->n_in; i++)
		r->l[i * r->n_in + i] += (float)mean;
}

enum { SHARE = 64 };	/* rows of a column that one turn of a worker takes */

static void factor_share(void *ctx, size_t i_share, size_t i_worker)
{
	struct rounding *r = ctx;
	size_t j = r->column, lo = j + 1 + i_share * SHARE;
	size_t hi = lo + SHARE < r->n_in ? lo + SHARE : r->n_in;
	const float *lj = r->l + j * r->n_in;
	(void)i_worker;
	for (size_t i = lo; i < hi; i++) {
		float *li = r->l + i * r->n_in;
		li[j] = (li[j] - r->k->dot_f32(li, lj, j)) / lj[j];
	}
}

/* l = L of l = L L^T (Cholesky), column by column; false where there is none. */
static bool factor(struct rounding *r)
{
	for (size_t j = 0; j < r->n_in; j++) {
		float *lj = r->l + j * r->n_in;
		float pivot = lj[j] - r->k->dot_f32(lj, lj, j);
		if (!(pivot > 0) || !isfinite(pivot))
			return false;
		lj[j] = sqrtf(pivot);
		r->column = j;
		par_for(r->par, (r->n_in - j - 1 + SHARE - 1) / SHARE, factor_share, r);
	}
	for (size_t i = 0; i < r->n_in; i++)	/* its transpose is what round_row() reads */
		for (size_t j = 0; j < i; j++)
			r->l[j * r->n_in + i] = r->l[i * r->n_in + j];
	return true;
}

/*
 * Row o of the weights. d holds what rounding took from those decided on, in order; the sum of
 * d_s L_sc over s >= c is what the outputs change by along direction c, and weight c is free to
 * bring it near 0.
 */
static void round_row(struct rounding *r, size_t o, float *d)
{
	float *w = r->w + o * r->n_in, top = 0;
	for (size_t i = 0; i < r->n_in; i++)
		top = fmaxf(top, fabsf(w[i]));
	float scale = top / 127, inv = scale > 0 ? 1 / scale : 0;
	double before = 0, after = 0;
	for (size_t c = r->n_in; c-- > 0;) {
		const float *l = r->l + c * r->n_in;
		size_t i = r->order[c], n = r->n_in - c - 1;
		float want = w[i];
		if (!r->plain)
			want += r->k->dot_f32(d + c + 1, l + c + 1, n) / l[c];
		float q = fminf(fmaxf(rintf(want * inv), -127), 127) * scale;
		d[c] = w[i] - q;
		before += (double)w[i] * r->mean[i];
		after += (double)q * r->mean[i];
		w[i] = q;
	}
	r->scale[o] = scale;
	r->bias[o] += (float)(before - after);
}

enum { ROWS = 16 };	/* of weights, a turn */

static void round_rows(void *ctx, size_t i, size_t i_worker)
{
	struct rounding *r = ctx;
	float *d = mem_array(r->n_in, sizeof *d);
	(void)i_worker;
	for (size_t o = i * ROWS; o < (i + 1) * ROWS && o < r->n_out; o++)
		round_row(r, o, d);
	mem_free(d);
}

void encoder_round(const struct encoder_inputs *in, const float *factor_of, float *w, float *bias,
		   size_t n_out, float *scale)
{
	struct rounding r = {.par = par_new(0), .k = common_kernels(), .n = in->n, .n_in = in->k,
			     .w = w, .bias = bias, .scale = scale, .n_out = n_out};
	take_inputs(&r, in, factor_of);
	set_order(&r);
	r.l = mem_array(r.n_in * r.n_in, sizeof *r.l);
	par_for(r.par, r.n_in, moments_row, &r);
	dampen(&r);
	r.plain = !factor(&r);
	par_for(r.par, (n_out + ROWS - 1) / ROWS, round_rows, &r);
	mem_free(r.l);
	mem_free(r.order);
	mem_free(r.mean);
	mem_free(r.x);
	par_free(r.par);
}
