/* Anchors: storage, health; see anchors.h. Training is in anchors_train.c. */
#include "algo/anchors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "base/mem.h"

const char *const anchors_strategy_names[] = {"random", "kmeans", "max-coverage",
					      "stratified-kmeans", NULL};

void anchors_release(struct anchors *a)
{
	mem_free(a->q);
	mem_free(a->scale);
	mem_free(a->vec);
	*a = (struct anchors)ANCHORS_INIT;
}

void anchors_load(struct anchors *a, size_t n, size_t dim, const int8_t *q, const uint8_t *scale_le)
{
	a->n = n;
	a->dim = dim;
	a->q = mem_array(n * dim, 1);
	memcpy(a->q, q, n * dim);
	a->scale = mem_array(n, sizeof *a->scale);
	a->vec = mem_array(n * dim, sizeof *a->vec);
	for (size_t i = 0; i < n; i++) {
		a->scale[i] = get_lef32(scale_le + 4 * i);
		for (size_t d = 0; d < dim; d++)
			a->vec[i * dim + d] = (float)q[i * dim + d] * a->scale[i];
	}
}

size_t anchors_max_count(size_t dim)
{
	size_t fit = ((size_t)15 << 20) / (dim + 4); /* a stream record is 16 MiB at most */
	return fit < ANCHORS_COUNT_MAX ? fit : ANCHORS_COUNT_MAX;
}

enum { FEW = 16 };	/* anchors that are cheap enough for any collection */

size_t anchors_auto_count(size_t n, size_t dim)
{
	size_t m = (size_t)(2 * sqrt((double)n)), most = anchors_max_count(dim);
	size_t few = n / 64 < FEW ? n / 64 : FEW, cap = n / 160 > few ? n / 160 : few;
	if (m > cap)
		m = cap;
	if (m > most)
		m = most;
	return n && !m ? 1 : m;
}

static int by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	return (x > y) - (x < y);
}

void anchors_health(const uint32_t *assign, const float *cosine, size_t n_rows, size_t n_anchors,
		    struct anchors_health *h)
{
	size_t *size = mem_calloc(n_anchors, sizeof *size), n_covered = 0;
	double sum = 0, weighted = 0;
	*h = (struct anchors_health){0};
	for (size_t i = 0; i < n_rows; i++) {
		size[assign[i]]++;
		n_covered += cosine[i] >= ANCHORS_COVER_COS;
		sum += cosine[i];
	}
	qsort(size, n_anchors, sizeof *size, by_size);
	for (size_t i = 0; i < n_anchors; i++) {
		h->n_empty += !size[i];
		weighted += (double)(i + 1) * (double)size[i];
	}
	if (n_rows && n_anchors) {
		double m = (double)n_anchors, n = (double)n_rows;
		h->coverage = (double)n_covered / n;
		h->mean_cosine = sum / n;
		/* Gini = 2 sum(i x_i) / (m sum x) - (m + 1) / m, x ascending */
		h->balance = 1 - (2 * weighted / (m * n) - (m + 1) / m);
	}
	mem_free(size);
}
