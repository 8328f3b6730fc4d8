/*
 * Tables of bytes that let through every code whose score reaches a bound; see pq.h.
 *
 * The score of a code is D / sqrt(S), D the sum of its dot products d_j, S that of its squared
 * lengths s_j. For weights u with |u| <= 1, sqrt(S) = |(sqrt s_1, ..)| >= sum u_j sqrt(s_j)
 * (Cauchy and Schwarz; equal where s_j is as u_j^2). So of a code that scores t > 0 or more
 *
 *	sum e_j >= 0  with  e_j = d_j - t u_j sqrt(s_j):
 *
 * one sum of one table instead of two sums, a root and a division. u_j is as the mean root of
 * column j: where the squared lengths of a column vary by a quarter of their mean, the bound is
 * some 1 % below sqrt(S).
 *
 * What rounding adds:
 * - f32 sums of m terms are off by m 2^-24 of the sum of their sizes; then the root, the division,
 *   the product, and e_j's own two products, root and difference, 2^-24 each. With bounds Dmax, of
 *   the sum of |d_j|, and Smax, of S, all of it is below slack = (m + 16) 2^-23 (Dmax +
 *   t sqrt(Smax)): twice what was counted. Scores are normal numbers (t >= 2^-100), and where S is
 *   so small that the score is 0, it is not t.
 * - bytes are q_j = (e_j - low_j) / step + 1/2, cut to a whole number: off by 1/2, and by less than
 *   2^-12 for the f32 arithmetic of numbers below 256.
 * So the sum of q_j is at least (-slack - sum low_j) / step - m (1/2 + 2^-12).
 */
#include <float.h>
#include <math.h>

#include "algo/pq.h"
#include "base/mem.h"

_Static_assert((int)PQ_BLOCK == (int)SCAN_BLOCK && (int)PQ_KSUB_MAX == (int)SCAN_ENTRIES,
	       "codes lie as lib/vec/scan.h has them");

struct column {
	float low, high;	/* range of e */
	float d_max, s_max;	/* sizes that slack is made of; d_max INFINITY: not all are numbers */
};

/* e: in, the roots of s */
static struct column fill_column(const float *d, const float *s, float tu, float *e)
{
	float low = INFINITY, high = -INFINITY, d_max = 0, s_max = 0;
	bool sane = true;
	for (size_t c = 0; c < PQ_KSUB_MAX; c++) {
		float x = d[c] - tu * e[c];
		low = x < low ? x : low;
		high = x > high ? x : high;
		d_max = fabsf(d[c]) > d_max ? fabsf(d[c]) : d_max;
		s_max = s[c] > s_max ? s[c] : s_max;
		sane = sane && x - x == 0;
		e[c] = x;
	}
	return (struct column){low, high, sane ? d_max : INFINITY, s_max};
}

/* root: of the squared lengths; u (m): their means, made a vector a hair shorter than 1. */
static void weights(const struct pq *pq, float *root, float *u)
{
	double sum2 = 0;
	for (size_t j = 0; j < pq->m; j++) {
		float sum = 0;
		for (size_t c = 0; c < PQ_KSUB_MAX; c++) /* 0 past ksub */
			sum += root[j * PQ_KSUB_MAX + c] = sqrtf(pq->norms[j * PQ_KSUB_MAX + c]);
		u[j] = sum / (float)pq->ksub;
		sum2 += (double)u[j] * u[j];
	}
	for (size_t j = 0; j < pq->m; j++)
		u[j] = sum2 > 0 ? (float)(u[j] / sqrt(sum2) * (1 - 1e-6)) : 0;
}

static void quantise(const float *e, float low, float per_unit, uint8_t *out)
{
	for (size_t c = 0; c < PQ_KSUB_MAX; c++)
		out[c] = (uint8_t)((e[c] - low) * per_unit + .5f);
}

bool pq_filter_init(struct pq_filter *f, const struct pq *pq, const float *lut, float least)
{
	size_t m = pq->m;
	double low = 0, d_max = 0, s_max = 0;
	float range = 0;
	if (!m || m > SCAN_M_MAX || !(least >= 0x1p-100f) || !(least <= FLT_MAX))
		return false;
	float *e = mem_array(m * PQ_KSUB_MAX, sizeof *e), *u = mem_array(2 * m, sizeof *u);
	float *lows = u + m;
	weights(pq, e, u);
	for (size_t j = 0; j < m; j++) {
		size_t at = j * PQ_KSUB_MAX;
		struct column c = fill_column(lut + at, pq->norms + at, least * u[j], e + at);
		lows[j] = c.low;
		low += c.low;
		d_max += c.d_max;
		s_max += c.s_max;
		range = c.high - c.low > range ? c.high - c.low : range;
	}
	double slack = (double)(m + 16) * 0x1p-23 * (d_max + least * sqrt(s_max));
	float per_unit = range > 1e-30f ? 255 / range : 1;
	double reach = ceil((-slack - low) * per_unit - (double)m * (.5 + 0x1p-12) - 0x1p-8);
	bool good = d_max < 1e30 && s_max < 1e30;
	*f = (struct pq_filter){0};
	if (good) {
		f->entry = mem_aligned(64, m * PQ_KSUB_MAX);
		for (size_t j = 0; j < m; j++)
			quantise(e + j * PQ_KSUB_MAX, lows[j], per_unit,
				 f->entry + j * PQ_KSUB_MAX);
		f->table = (struct scan_table){
			f->entry, m, (uint16_t)(reach < 0 ? 0 : reach > UINT16_MAX ? UINT16_MAX : reach)};
	}
	mem_free(e);
	mem_free(u);
	return good;
}

void pq_filter_release(struct pq_filter *f)
{
	mem_free(f->entry);
	*f = (struct pq_filter){0};
}
