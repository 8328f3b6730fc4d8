/* Building a proximity graph; see graph.h. */
#include <stdlib.h>
#include <string.h>

#include "algo/graph_links.h"
#include "algo/rows.h"
#include "base/mem.h"
#include "vec/blas.h"

enum {
	EXACT = 4096, /* nodes whose neighbours come from one GEMM instead of a search */
	/*
	 * A later batch is at most n / 50 nodes (ParlayANN: 2 %): its nodes do not find each other.
	 * With n / 3, two-level search over 13,447 sentences had recall@3 .73 where it has .87.
	 */
	BATCH_SHARE = 50,
	BATCH_MIN = 64,
	SPARE = 8, /* room a node for the links that keep the graph connected */
};

struct build {
	struct graph_vecs v;
	const struct graph_params *p;
	struct links l;
	size_t degree; /* while building */
	uint32_t entry;
	size_t first, n_batch;
	struct graph_hit *pool; /* (pool_cap) a worker */
	size_t pool_cap;
	struct graph_scratch *scratch; /* one a worker */
	float *gemm; /* (ROWS_TILE, EXACT) a worker, first batch only */
	/* a batch's reverse links: sources of t are src[start[t] .. start[t+1]-1], ascending */
	uint32_t *start, *src;
};

static void choose_links(struct build *b, size_t i, const struct graph_hit *pool, size_t n)
{
	b->l.deg[i] = (uint32_t)robust_prune(&b->v, (uint32_t)i, pool, n, b->p->alpha, b->degree,
					     b->l.nbr + i * b->l.stride);
}

/* One tile of the first batch: exact candidates. */
static void exact_body(void *ctx, size_t i_item, size_t i_worker)
{
	struct build *b = ctx;
	size_t at = i_item * ROWS_TILE, n_all = b->n_batch, dim = b->v.dim;
	size_t n = n_all - at < ROWS_TILE ? n_all - at : ROWS_TILE;
	float *s = b->gemm + i_worker * ROWS_TILE * n_all;
	struct graph_hit *pool = b->pool + i_worker * b->pool_cap;
	blas_nt(n, n_all, dim, 1, b->v.x + at * dim, dim, b->v.x, dim, 0, s, n_all);
	for (size_t i = 0; i < n; i++) {
		size_t n_pool = 0;
		for (size_t j = 0; j < n_all; j++) {
			if (n_pool == b->p->ef_construction &&
			    s[i * n_all + j] < pool[n_pool - 1].score)
				continue;
			if (j != at + i)
				pool_insert(pool, &n_pool, b->p->ef_construction, (uint32_t)j,
					    s[i * n_all + j]);
		}
		choose_links(b, at + i, pool, n_pool);
	}
}

/* One node of a later batch: search the graph as it was before the batch. */
static void insert_body(void *ctx, size_t i_item, size_t i_worker)
{
	struct build *b = ctx;
	struct graph_target t = {&b->v, b->first + i_item};
	struct graph_view view = {.n = b->v.n, .links = &b->l};
	struct graph_hit *pool = b->pool + i_worker * b->pool_cap;
	size_t n = graph_view_search(&view, graph_target_score, &t, &b->entry, 1,
				     b->p->ef_construction, &b->scratch[i_worker], pool);
	choose_links(b, t.id, pool, n);
}

static bool has_link(const struct links *l, size_t from, uint32_t to)
{
	for (size_t j = 0; j < l->deg[from]; j++)
		if (l->nbr[from * l->stride + j] == to)
			return true;
	return false;
}

/* Node i_item takes the links back to the batch's nodes that chose it. */
static void reverse_body(void *ctx, size_t i_item, size_t i_worker)
{
	struct build *b = ctx;
	struct links *l = &b->l;
	uint32_t *nbr = l->nbr + i_item * l->stride;
	size_t from = b->start[i_item], to = b->start[i_item + 1], n_new = 0;
	for (size_t s = from; s < to; s++)
		if (!has_link(l, i_item, b->src[s]))
			b->src[from + n_new++] = b->src[s];
	if (l->deg[i_item] + n_new <= b->degree) {
		memcpy(nbr + l->deg[i_item], b->src + from, n_new * sizeof *nbr);
		l->deg[i_item] += (uint32_t)n_new;
		return;
	}
	struct graph_hit *pool = b->pool + i_worker * b->pool_cap;
	size_t n = 0;
	for (size_t j = 0; j < l->deg[i_item]; j++)
		pool_insert(pool, &n, b->pool_cap, nbr[j], graph_dot(&b->v, i_item, nbr[j]));
	for (size_t s = from; s < from + n_new; s++)
		pool_insert(pool, &n, b->pool_cap, b->src[s], graph_dot(&b->v, i_item, b->src[s]));
	choose_links(b, i_item, pool, n);
}

/* Group the batch's links by target. */
static void collect_reverse(struct build *b)
{
	const struct links *l = &b->l;
	size_t end = b->first + b->n_batch;
	memset(b->start, 0, (l->n + 2) * sizeof *b->start);
	for (size_t i = b->first; i < end; i++)
		for (size_t j = 0; j < l->deg[i]; j++)
			b->start[l->nbr[i * l->stride + j] + 2]++;
	for (size_t i = 0; i <= l->n; i++)
		b->start[i + 1] += b->start[i];
	/* start[t + 1] is where target t begins and runs up to where it ends */
	for (size_t i = b->first; i < end; i++)
		for (size_t j = 0; j < l->deg[i]; j++)
			b->src[b->start[l->nbr[i * l->stride + j] + 1]++] = (uint32_t)i;
}

static uint32_t medoid(const struct graph_vecs *v)
{
	double *sum = mem_calloc(v->dim, sizeof *sum);
	float *mean = mem_array(v->dim, sizeof *mean), best = -2;
	size_t at = 0;
	for (size_t i = 0; i < v->n; i++)
		for (size_t d = 0; d < v->dim; d++)
			sum[d] += v->x[i * v->dim + d];
	for (size_t d = 0; d < v->dim; d++)
		mean[d] = (float)(sum[d] / (double)v->n);
	for (size_t i = 0; i < v->n; i++) {
		float s = v->k->dot_f32(v->x + i * v->dim, mean, v->dim);
		if (s > best) {
			best = s;
			at = i;
		}
	}
	mem_free(sum);
	mem_free(mean);
	return (uint32_t)at;
}

/* Nodes of a batch after the first. */
static size_t max_batch(size_t n)
{
	return n / BATCH_SHARE > BATCH_MIN ? n / BATCH_SHARE : BATCH_MIN;
}

/* Of any batch. */
static size_t most_at_once(size_t n)
{
	return max_batch(n) > EXACT ? max_batch(n) : EXACT;
}

/* The first batch is exact; searches start at node 0 until the medoid of all is in. */
static void build_links(struct build *b, struct par *par)
{
	size_t n = b->v.n, n_workers = par_n_threads(par), most = max_batch(n);
	uint32_t middle = b->entry;
	b->n_batch = n < EXACT ? n : EXACT;
	b->gemm = mem_array(n_workers * ROWS_TILE * b->n_batch, sizeof *b->gemm);
	b->start = mem_array(n + 2, sizeof *b->start);
	b->src = mem_array(most_at_once(n), b->degree * sizeof *b->src);
	par_for(par, (b->n_batch + ROWS_TILE - 1) / ROWS_TILE, exact_body, b);
	mem_free(b->gemm);
	for (;;) {
		collect_reverse(b);
		par_for(par, n, reverse_body, b);
		b->first += b->n_batch;
		if (b->first >= n)
			break;
		b->entry = middle < b->first ? middle : 0;
		if (b->first == b->n_batch) /* exact neighbours alone may leave islands */
			connect_all(&b->v, b->entry, b->first, &b->l);
		b->n_batch = b->first < most ? b->first : most;
		b->n_batch = n - b->first < b->n_batch ? n - b->first : b->n_batch;
		par_for(par, b->n_batch, insert_body, b);
	}
	b->entry = middle;
	mem_free(b->start);
	mem_free(b->src);
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void pack_links(const struct links *l, uint32_t entry, struct graph *g)
{
	*g = (struct graph){.n = l->n, .entry = entry};
	g->offs = mem_array(l->n + 1, sizeof *g->offs);
	g->offs[0] = 0;
	for (size_t i = 0; i < l->n; i++)
		g->offs[i + 1] = g->offs[i] + l->deg[i];
	g->edges = mem_array((size_t)g->offs[l->n], sizeof *g->edges);
	for (size_t i = 0; i < l->n; i++) {
		uint32_t *e = g->edges + g->offs[i];
		memcpy(e, l->nbr + i * l->stride, l->deg[i] * sizeof *e);
		qsort(e, l->deg[i], sizeof *e, by_id);
	}
}

void graph_build(const float *x, size_t n, size_t dim, const struct graph_params *p,
		 const struct vec_kernels *k, struct par *par, struct graph *g)
{
	struct build b = {.v = {x, n, dim, k}, .p = p};
	size_t n_workers = par_n_threads(par);
	/* as HNSW's ground layer: pruning chooses from twice what stays; room is left to connect */
	b.degree = 2 * p->max_degree;
	if (b.degree > GRAPH_DEGREE_MAX - SPARE)
		b.degree = GRAPH_DEGREE_MAX - SPARE;
	b.pool_cap = b.degree + most_at_once(n);
	if (b.pool_cap < p->ef_construction)
		b.pool_cap = p->ef_construction;
	links_init(&b.l, n, b.degree + SPARE);
	b.pool = mem_array(n_workers * b.pool_cap, sizeof *b.pool);
	b.scratch = mem_calloc(n_workers, sizeof *b.scratch);
	if (n) {
		b.entry = medoid(&b.v);
		build_links(&b, par);
		prune_hubs(&b.v, p, par, &b.l);
		connect_all(&b.v, b.entry, n, &b.l);
	}
	pack_links(&b.l, b.entry, g);
	for (size_t i = 0; i < n_workers; i++)
		graph_scratch_release(&b.scratch[i]);
	mem_free(b.scratch);
	mem_free(b.pool);
	links_release(&b.l);
}
