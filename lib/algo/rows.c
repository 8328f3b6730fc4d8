/* Matrices read block by block, samples of them; see rows.h. */
#include "algo/rows.h"

#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

static int array_read(void *ctx, size_t first, size_t n, float *out, struct err *e)
{
	const struct rows_array *a = ctx;
	(void)e;
	memcpy(out, a->p + first * a->dim, n * a->dim * sizeof *out);
	return 0;
}

struct rows rows_from_array(struct rows_array *a, size_t n)
{
	return (struct rows){.n = n, .dim = a->dim, .read = array_read, .ctx = a};
}

/* Selection sampling: Knuth, TAOCP 2, 3.4.2, algorithm S. */
void rows_sample(size_t n, size_t k, uint64_t seed, uint32_t *ids)
{
	struct rng r = {seed};
	size_t taken = 0;
	for (size_t i = 0; i < n && taken < k; i++)
		if (rng_below(&r, n - i) < k - taken)
			ids[taken++] = (uint32_t)i;
}

int rows_gather(const struct rows *r, const uint32_t *ids, size_t k, float *out, struct err *e)
{
	for (size_t i = 0; i < k;) {
		size_t run = 1;
		while (i + run < k && ids[i + run] == ids[i] + run)
			run++;
		if (r->read(r->ctx, ids[i], run, out + i * r->dim, e))
			return -1;
		i += run;
	}
	return 0;
}

struct each {
	rows_tile *tile;
	void *ctx;
	const float *x;
	size_t first, n, dim;
};

static void each_body(void *ctx, size_t i_item, size_t i_worker)
{
	const struct each *a = ctx;
	size_t at = i_item * ROWS_TILE, n = a->n - at < ROWS_TILE ? a->n - at : ROWS_TILE;
	a->tile(a->ctx, a->first + at, n, a->x + at * a->dim, i_worker);
}

int rows_each(const struct rows *r, struct par *par, rows_tile *tile, void *ctx, struct err *e)
{
	size_t most = r->n < ROWS_BLOCK ? r->n : ROWS_BLOCK;
	float *x = mem_array(most * r->dim, sizeof *x);
	struct each a = {tile, ctx, x, 0, 0, r->dim};
	int rc = -1;
	for (; a.first < r->n; a.first += a.n) {
		a.n = r->n - a.first < ROWS_BLOCK ? r->n - a.first : ROWS_BLOCK;
		if (r->read(r->ctx, a.first, a.n, x, e))
			goto out;
		par_for(par, (a.n + ROWS_TILE - 1) / ROWS_TILE, each_body, &a);
	}
	rc = 0;
out:
	mem_free(x);
	return rc;
}
