/* Neighbouring anchors side by side; see lists.h. */
#include "algo/lists.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { ROUNDS = 8 };	/* of power iteration: a rough direction halves as well */

/* A row and where it lies on the direction that is being halved. */
struct placed {
	double at;
	uint32_t row;
};

struct halver {
	const float *vec;
	size_t dim;
	struct placed *p;	/* all rows, ordered more and more */
	double *mean, *next;	/* (dim) each */
};

static int by_place(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static void find_mean(struct halver *h, size_t from, size_t n)
{
	memset(h->mean, 0, h->dim * sizeof *h->mean);
	for (size_t i = from; i < from + n; i++)
		for (size_t d = 0; d < h->dim; d++)
			h->mean[d] += (double)h->vec[h->p[i].row * h->dim + d];
	for (size_t d = 0; d < h->dim; d++)
		h->mean[d] /= (double)n;
}

/* Where row i lies on v, from the mean. */
static double along(const struct halver *h, size_t i, const double *v)
{
	const float *x = h->vec + h->p[i].row * h->dim;
	double sum = 0;
	for (size_t d = 0; d < h->dim; d++)
		sum += ((double)x[d] - h->mean[d]) * v[d];
	return sum;
}

/* v becomes the product of the rows' covariance with it, of length 1; unchanged where that is 0. */
static void power(struct halver *h, size_t from, size_t n, double *v)
{
	double norm2 = 0;
	memset(h->next, 0, h->dim * sizeof *h->next);
	for (size_t i = from; i < from + n; i++) {
		const float *x = h->vec + h->p[i].row * h->dim;
		double a = along(h, i, v);
		for (size_t d = 0; d < h->dim; d++)
			h->next[d] += a * ((double)x[d] - h->mean[d]);
	}
	for (size_t d = 0; d < h->dim; d++)
		norm2 += h->next[d] * h->next[d];
	for (size_t d = 0; norm2 > 0 && d < h->dim; d++)
		v[d] = h->next[d] / sqrt(norm2);
}

/* above: the direction that was halved before, whose sides are kept; 0 at first. */
static void halve(struct halver *h, size_t from, size_t n, const double *above)
{
	if (n < 3)
		return;
	double *v = mem_array(h->dim, sizeof *v);
	find_mean(h, from, n);
	for (size_t d = 0; d < h->dim; d++)	/* not at right angles to what is looked for */
		v[d] = (double)h->vec[h->p[from].row * h->dim + d] - h->mean[d];
	for (int i = 0; i < ROUNDS; i++)
		power(h, from, n, v);
	double side = 0;
	for (size_t d = 0; d < h->dim; d++)
		side += v[d] * above[d];
	for (size_t d = 0; side < 0 && d < h->dim; d++)
		v[d] = -v[d];
	for (size_t i = from; i < from + n; i++)
		h->p[i].at = along(h, i, v);
	qsort(h->p + from, n, sizeof *h->p, by_place);
	halve(h, from, n / 2, v);
	halve(h, from + n / 2, n - n / 2, v);
	mem_free(v);
}

void lists_order(const float *vec, size_t n, size_t dim, uint32_t *order)
{
	struct halver h = {.vec = vec, .dim = dim, .p = mem_array(n, sizeof *h.p)};
	double *above = mem_calloc(dim, sizeof *above);
	h.mean = mem_array(dim, sizeof *h.mean);
	h.next = mem_array(dim, sizeof *h.next);
	for (size_t i = 0; i < n; i++)
		h.p[i] = (struct placed){0, (uint32_t)i};
	halve(&h, 0, n, above);
	for (size_t i = 0; i < n; i++)
		order[i] = h.p[i].row;
	mem_free(h.p);
	mem_free(h.mean);
	mem_free(h.next);
	mem_free(above);
}

void lists_renumber(struct anchors *a, uint32_t *assign, size_t n)
{
	uint32_t *order = mem_array(a->n, sizeof *order), *number = mem_array(a->n, sizeof *number);
	int8_t *q = mem_array(a->n, a->dim);
	float *scale = mem_array(a->n, sizeof *scale);
	float *vec = mem_array(a->n * a->dim, sizeof *vec);
	lists_order(a->vec, a->n, a->dim, order);
	for (size_t i = 0; i < a->n; i++) {
		number[order[i]] = (uint32_t)i;
		memcpy(q + i * a->dim, a->q + order[i] * a->dim, a->dim);
		memcpy(vec + i * a->dim, a->vec + order[i] * a->dim, a->dim * sizeof *vec);
		scale[i] = a->scale[order[i]];
	}
	for (size_t i = 0; i < n; i++)
		assign[i] = number[assign[i]];
	mem_free(a->q);
	mem_free(a->scale);
	mem_free(a->vec);
	a->q = q;
	a->scale = scale;
	a->vec = vec;
	mem_free(order);
	mem_free(number);
}
