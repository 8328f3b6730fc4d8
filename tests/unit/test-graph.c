/* The proximity graph: degrees, connection, determinism, and what search finds. */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "algo/graph.h"
#include "synth.h"

enum { DIM = 32 };

struct target {
	const float *x, *q;
	size_t n_scored;
};

static void score(void *ctx, const uint32_t *ids, size_t n, float *out)
{
	struct target *t = ctx;
	t->n_scored += n;
	for (size_t i = 0; i < n; i++) {
		double s = 0;
		for (size_t d = 0; d < DIM; d++)
			s += (double)t->x[ids[i] * DIM + d] * t->q[d];
		out[i] = (float)s;
	}
}

static size_t reachable(const struct graph *g)
{
	uint8_t *seen = mem_calloc(g->n, 1);
	uint32_t *stack = mem_array(g->n, sizeof *stack);
	size_t n = 0, count = 0;
	seen[g->entry] = 1;
	for (stack[n++] = g->entry; n; count++) {
		uint32_t id = stack[--n];
		for (uint64_t j = g->offs[id]; j < g->offs[id + 1]; j++)
			if (!seen[g->edges[j]]) {
				seen[g->edges[j]] = 1;
				stack[n++] = g->edges[j];
			}
	}
	mem_free(seen);
	mem_free(stack);
	return count;
}

static void test_shape(const struct graph *g, const struct graph_params *p, const char *what)
{
	bool good = true;
	size_t n_low = 0, most = 0, m = p->max_degree / 2;
	for (size_t i = 0; i < g->n; i++) {
		size_t d = (size_t)(g->offs[i + 1] - g->offs[i]);
		n_low += d <= m;
		most = d > most ? d : most;
		for (uint64_t j = g->offs[i]; j < g->offs[i + 1]; j++)
			good = good && g->edges[j] < g->n && g->edges[j] != i &&
			       (j == g->offs[i] || g->edges[j] > g->edges[j - 1]);
	}
	ok(good, "%s: links ascend, none to itself, none twice", what);
	ok(n_low >= g->n * 95 / 100 && most <= 2 * p->max_degree + 8,
	   "%s: all but hubs and connectors have at most m links (%zu of %zu; most %zu)", what,
	   n_low, g->n, most);
	ok(reachable(g) == g->n, "%s: every node can be reached from the entry", what);
}

/* recall@3 of best-first search against all scores */
static double recall(const struct graph *g, const float *x, const float *q, size_t n_queries,
		     size_t ef)
{
	struct graph_scratch s = GRAPH_SCRATCH_INIT;
	struct graph_hit *hits = mem_array(ef, sizeof *hits);
	float *all = mem_array(g->n, sizeof *all);
	uint32_t *ids = mem_array(g->n, sizeof *ids);
	size_t found = 0;
	for (size_t i = 0; i < g->n; i++)
		ids[i] = (uint32_t)i;
	for (size_t i = 0; i < n_queries; i++) {
		struct target t = {x, q + i * DIM, 0};
		size_t n = graph_search(g, score, &t, &g->entry, 1, ef, &s, hits);
		score(&t, ids, g->n, all);
		for (size_t j = 0; j < n && j < 3; j++) {
			size_t better = 0;
			for (size_t k = 0; k < g->n; k++)
				better += all[k] > hits[j].score;
			found += better < 3;
		}
	}
	graph_scratch_release(&s);
	mem_free(hits);
	mem_free(all);
	mem_free(ids);
	return (double)found / (3.0 * (double)n_queries);
}

static void test_graph(size_t n, const char *what)
{
	float *x = synth_rows(n + 100, DIM, 30, 5);
	struct graph_params p = graph_params_for(GRAPH_LOW);
	struct graph a = GRAPH_INIT, b = GRAPH_INIT;
	struct par *par = par_new(4);
	graph_build(x, n, DIM, &p, &vec_kernels_scalar, NULL, &a);
	graph_build(x, n, DIM, &p, &vec_kernels_scalar, par, &b);
	test_shape(&a, &p, what);
	ok(a.entry == b.entry && !memcmp(a.offs, b.offs, (n + 1) * sizeof *a.offs) &&
		   !memcmp(a.edges, b.edges, a.offs[n] * sizeof *a.edges),
	   "%s: 1 and 4 threads give the same graph", what);
	double r = recall(&a, x, x + n * DIM, 100, 100);
	/* measured .97 and .96 */
	ok(r > .9, "%s: search at breadth 100 has recall@3 %.3f with %.1f links a node", what, r,
	   (double)a.offs[n] / (double)n);
	p.min_degree = p.max_degree = 40;
	graph_release(&b);
	graph_build(x, n, DIM, &p, &vec_kernels_scalar, par, &b);
	r = recall(&b, x, x + n * DIM, 50, n);
	ok(r == 1, "%s: search as broad as the graph finds all (%.3f)", what, r);
	graph_release(&a);
	graph_release(&b);
	par_free(par);
	mem_free(x);
}

static void test_small(void)
{
	float *x = synth_rows(20, DIM, 3, 8);
	struct graph_params p = graph_params_for(GRAPH_MEDIUM);
	bool good = true;
	for (size_t i = 5; i < 20; i++) /* equal rows as well */
		memcpy(x + i * DIM, x, DIM * sizeof *x);
	for (size_t n = 0; n <= 20; n++) {
		struct graph g = GRAPH_INIT;
		struct graph_hit hits[20];
		struct graph_scratch s = GRAPH_SCRATCH_INIT;
		struct target t = {x, x, 0};
		graph_build(x, n, DIM, &p, &vec_kernels_scalar, NULL, &g);
		good = good && g.n == n && (!n || reachable(&g) == n);
		good = good && graph_search(&g, score, &t, &g.entry, 1, 20, &s, hits) == n &&
		       t.n_scored == n;
		graph_scratch_release(&s);
		graph_release(&g);
	}
	ok(good, "0 to 20 nodes, equal ones among them, are connected and found once each");
	mem_free(x);
}

int main(void)
{
	test_small();
	test_graph(1500, "exact build");
	test_graph(6000, "batched build");
	return done();
}
