/* k-means; see kmeans.h. */
#include "algo/kmeans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "algo/rows.h"
#include "base/mem.h"
#include "base/rng.h"
#include "vec/blas.h"

enum { LANES = 8 };

void kmeans_norms(const float *cent, size_t k, size_t dim, float *norms)
{
	for (size_t i = 0; i < k; i++) {
		double s = 0;
		for (size_t d = 0; d < dim; d++)
			s += (double)cent[i * dim + d] * cent[i * dim + d];
		norms[i] = (float)s;
	}
}

/* Four numbers side by side; gcc and clang, any processor. */
typedef float f32x4 __attribute__((vector_size(16)));
typedef int32_t i32x4 __attribute__((vector_size(16)));
enum { WIDE = 4, STEP = 4 * WIDE }; /* four chains of four hide the latency of compare and select */

static f32x4 load4(const float *p)
{
	f32x4 v;
	memcpy(&v, p, sizeof v);
	return v;
}

/* Index of the smallest of norms[i] + s[i], lowest index on a tie. */
static uint32_t argmin(const float *norms, const float *s, size_t k, float *best)
{
	f32x4 lo[WIDE];
	i32x4 at[WIDE];
	size_t i = 0;
	for (size_t l = 0; l < WIDE; l++) {
		lo[l] = (f32x4){INFINITY, INFINITY, INFINITY, INFINITY};
		at[l] = (i32x4){0};
	}
	for (; i + STEP <= k; i += STEP)
		for (size_t l = 0; l < WIDE; l++) {
			f32x4 v = load4(norms + i + 4 * l) + load4(s + i + 4 * l);
			i32x4 less = v < lo[l], now = (i32x4){0} + (int32_t)i;
			lo[l] = (f32x4)(((i32x4)v & less) | ((i32x4)lo[l] & ~less));
			at[l] = (now & less) | (at[l] & ~less);
		}
	float b = INFINITY;
	uint32_t ib = 0;
	for (uint32_t l = 0; l < STEP; l++) {
		float v = lo[l / 4][l % 4];
		uint32_t id = (uint32_t)at[l / 4][l % 4] + l;
		if (v < b || (v == b && id < ib)) {
			b = v;
			ib = id;
		}
	}
	for (; i < k; i++)
		if (norms[i] + s[i] < b) {
			b = norms[i] + s[i];
			ib = (uint32_t)i;
		}
	*best = b;
	return ib;
}

void kmeans_nearest(const float *x, size_t n, size_t ldx, size_t dim, const float *cent, size_t k,
		    const float *norms, float *scratch, uint32_t *assign, float *best)
{
	float b;
	blas_nt(n, k, dim, -2, x, ldx, cent, dim, 0, scratch, k);
	for (size_t i = 0; i < n; i++) {
		assign[i] = argmin(norms, scratch + i * k, k, &b);
		if (best)
			best[i] = b;
	}
}

struct assign_job {
	const float *x, *cent;
	size_t n, dim, k;
	float *norms; /* (k) */
	float *scratch; /* KMEANS_SCRATCH(k) a worker */
	uint32_t *assign;
	float *dist;
};

/* |x - c|^2 = |x|^2 + (|c|^2 - 2 x.c), not below 0 */
static float full_dist(const float *x, size_t dim, float rest)
{
	float s = 0;
	for (size_t d = 0; d < dim; d++)
		s += x[d] * x[d];
	return s + rest > 0 ? s + rest : 0;
}

static void assign_body(void *ctx, size_t i_item, size_t i_worker)
{
	struct assign_job *a = ctx;
	size_t at = i_item * ROWS_TILE, n = a->n - at < ROWS_TILE ? a->n - at : ROWS_TILE;
	const float *x = a->x + at * a->dim;
	float *dist = a->dist ? a->dist + at : NULL;
	kmeans_nearest(x, n, a->dim, a->dim, a->cent, a->k, a->norms,
		       a->scratch + i_worker * KMEANS_SCRATCH(a->k), a->assign + at, dist);
	for (size_t i = 0; dist && i < n; i++)
		dist[i] = full_dist(x + i * a->dim, a->dim, dist[i]);
}

static void assign_run(struct assign_job *a, struct par *par)
{
	kmeans_norms(a->cent, a->k, a->dim, a->norms);
	par_for(par, (a->n + ROWS_TILE - 1) / ROWS_TILE, assign_body, a);
}

static void assign_init(struct assign_job *a, struct par *par)
{
	a->norms = mem_array(a->k, sizeof *a->norms);
	a->scratch = mem_array(par_n_threads(par) * KMEANS_SCRATCH(a->k), sizeof *a->scratch);
}

static void assign_release(struct assign_job *a)
{
	mem_free(a->norms);
	mem_free(a->scratch);
}

void kmeans_assign(const float *x, size_t n, size_t dim, const float *cent, size_t k,
		   struct par *par, uint32_t *assign, float *dist)
{
	uint32_t *own = assign ? NULL : mem_array(n, sizeof *own);
	struct assign_job a = {.x = x,
			       .cent = cent,
			       .n = n,
			       .dim = dim,
			       .k = k,
			       .assign = assign ? assign : own,
			       .dist = dist};
	assign_init(&a, par);
	assign_run(&a, par);
	assign_release(&a);
	mem_free(own);
}

/* Seeding: squared distance of every seed row to the nearest centre chosen so far. */
struct seed_job {
	const float *x, *c;
	size_t n, dim, stride; /* seed row i is row i * stride of x */
	float *dist; /* (n) */
	double *sums; /* of dist, one a tile */
};

static void seed_body(void *ctx, size_t i_item, size_t i_worker)
{
	struct seed_job *a = ctx;
	size_t at = i_item * ROWS_TILE, end = at + ROWS_TILE < a->n ? at + ROWS_TILE : a->n;
	double sum = 0;
	(void)i_worker;
	for (size_t i = at; i < end; i++) {
		const float *x = a->x + i * a->stride * a->dim;
		float lane[LANES] = {0}, s = 0;
		size_t d = 0;
		for (; d + LANES <= a->dim; d += LANES)
			for (size_t l = 0; l < LANES; l++) {
				float t = x[d + l] - a->c[d + l];
				lane[l] += t * t;
			}
		for (; d < a->dim; d++)
			s += (x[d] - a->c[d]) * (x[d] - a->c[d]);
		for (size_t l = 0; l < LANES; l++)
			s += lane[l];
		if (s < a->dist[i])
			a->dist[i] = s;
		sum += a->dist[i];
	}
	a->sums[i_item] = sum;
}

/* The seed row where the running sum of distances passes u times their total. */
static size_t seed_draw(const struct seed_job *a, double u)
{
	size_t n_tiles = (a->n + ROWS_TILE - 1) / ROWS_TILE, t = 0, last = 0;
	double total = 0, run = 0;
	for (size_t i = 0; i < n_tiles; i++)
		total += a->sums[i];
	double want = u * total;
	while (t + 1 < n_tiles && run + a->sums[t] <= want)
		run += a->sums[t++];
	for (size_t i = t * ROWS_TILE; i < a->n; i++) {
		if (!(a->dist[i] > 0))
			continue;
		last = i;
		run += a->dist[i];
		if (run > want)
			break;
	}
	return last;
}

static void seed_centres(const float *x, size_t n, size_t dim, const struct kmeans_params *p,
			 struct par *par, float *cent)
{
	size_t want = p->seed_rows > p->k ? p->seed_rows : p->seed_rows ? p->k : n;
	struct seed_job a = {.x = x, .dim = dim, .stride = n > want ? n / want : 1};
	a.n = n / a.stride;
	size_t n_tiles = (a.n + ROWS_TILE - 1) / ROWS_TILE;
	struct rng r = {p->seed};
	a.dist = mem_array(a.n, sizeof *a.dist);
	a.sums = mem_array(n_tiles, sizeof *a.sums);
	for (size_t i = 0; i < a.n; i++)
		a.dist[i] = INFINITY;
	size_t pick = (size_t)rng_below(&r, a.n);
	for (size_t k = 0; k < p->k; k++) {
		memcpy(cent + k * dim, x + pick * a.stride * dim, dim * sizeof *cent);
		a.c = cent + k * dim;
		par_for(par, n_tiles, seed_body, &a);
		pick = seed_draw(&a, rng_unit(&r));
	}
	mem_free(a.dist);
	mem_free(a.sums);
}

/* Means of the rows of each cluster: rows in order, f64 sums, one cluster an item. */
struct mean_job {
	const float *x;
	size_t dim;
	bool spherical;
	const uint32_t *order; /* rows by cluster */
	const size_t *start; /* (k + 1) */
	double *sum; /* (dim) a worker */
	float *cent;
};

static void mean_body(void *ctx, size_t i_item, size_t i_worker)
{
	struct mean_job *a = ctx;
	double *sum = a->sum + i_worker * a->dim, scale;
	size_t from = a->start[i_item], to = a->start[i_item + 1];
	if (from == to)
		return;
	memset(sum, 0, a->dim * sizeof *sum);
	for (size_t i = from; i < to; i++) {
		const float *x = a->x + (size_t)a->order[i] * a->dim;
		for (size_t d = 0; d < a->dim; d++)
			sum[d] += x[d];
	}
	scale = 1 / (double)(to - from);
	if (a->spherical) {
		double norm = 0;
		for (size_t d = 0; d < a->dim; d++)
			norm += sum[d] * sum[d];
		if (!(norm > 0))
			return; /* rows that cancel out: keep the old centre */
		scale = 1 / sqrt(norm);
	}
	for (size_t d = 0; d < a->dim; d++)
		a->cent[i_item * a->dim + d] = (float)(sum[d] * scale);
}

/* Counting sort of rows by cluster, stable. */
static void group_rows(const uint32_t *assign, size_t n, size_t k, uint32_t *order, size_t *start)
{
	memset(start, 0, (k + 1) * sizeof *start);
	for (size_t i = 0; i < n; i++)
		start[assign[i] + 1]++;
	for (size_t i = 0; i < k; i++)
		start[i + 1] += start[i];
	size_t *at = mem_array(k, sizeof *at);
	memcpy(at, start, k * sizeof *at);
	for (size_t i = 0; i < n; i++)
		order[at[assign[i]]++] = (uint32_t)i;
	mem_free(at);
}

/* Put the centre of each empty cluster on the worst row of the cluster with the largest error. */
static size_t repair_empty(const float *x, size_t dim, size_t k, const uint32_t *order,
			   const size_t *start, float *dist, float *cent)
{
	double *err = NULL;
	size_t n_moved = 0;
	for (size_t i = 0; i < k; i++) {
		if (start[i] != start[i + 1])
			continue;
		if (!err) {
			err = mem_calloc(k, sizeof *err);
			for (size_t c = 0; c < k; c++)
				for (size_t j = start[c]; j < start[c + 1]; j++)
					err[c] += dist[order[j]];
		}
		size_t worst = 0;
		for (size_t c = 1; c < k; c++)
			if (err[c] > err[worst])
				worst = c;
		if (!(err[worst] > 0))
			break; /* no more distinct rows than centres */
		size_t row = order[start[worst]];
		for (size_t j = start[worst]; j < start[worst + 1]; j++)
			if (dist[order[j]] > dist[row])
				row = order[j];
		memcpy(cent + i * dim, x + row * dim, dim * sizeof *cent);
		err[worst] -= dist[row];
		dist[row] = 0;
		n_moved++;
	}
	mem_free(err);
	return n_moved;
}

static double sum_f32(const float *p, size_t n)
{
	double s = 0;
	for (size_t i = 0; i < n; i++)
		s += p[i];
	return s;
}

double kmeans_train(const float *x, size_t n, size_t dim, struct kmeans_params *p, struct par *par,
		    float *cent, uint32_t *assign)
{
	float *dist = mem_array(n, sizeof *dist);
	uint32_t *order = mem_array(n, sizeof *order);
	size_t *start = mem_array(p->k + 1, sizeof *start);
	double *sum = mem_array(par_n_threads(par) * dim, sizeof *sum), old = INFINITY, now;
	struct assign_job a = {.x = x,
			       .cent = cent,
			       .n = n,
			       .dim = dim,
			       .k = p->k,
			       .assign = assign,
			       .dist = dist};
	struct mean_job m = {x, dim, p->spherical, order, start, sum, cent};
	assign_init(&a, par);
	seed_centres(x, n, dim, p, par, cent);
	p->n_trace = 0;
	for (size_t step = 0;; step++) {
		assign_run(&a, par);
		now = sum_f32(dist, n);
		if (p->trace)
			p->trace[p->n_trace++] = now;
		if (step >= p->max_iter)
			break;
		group_rows(assign, n, p->k, order, start);
		size_t n_moved = repair_empty(x, dim, p->k, order, start, dist, cent);
		if (!n_moved && old - now <= p->tol * now)
			break;
		old = now;
		par_for(par, p->k, mean_body, &m);
	}
	assign_release(&a);
	mem_free(dist);
	mem_free(order);
	mem_free(start);
	mem_free(sum);
	return now;
}
