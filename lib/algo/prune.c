/* RobustPrune, hubs and connectivity; see graph_links.h. */
#include <stdlib.h>
#include <string.h>

#include "algo/graph_links.h"
#include "base/mem.h"

void links_init(struct links *l, size_t n, size_t stride)
{
	size_t room = n ? n : 1;
	*l = (struct links){.n = n, .stride = stride};
	l->nbr = mem_array(room, stride * sizeof *l->nbr);
	l->deg = mem_calloc(room, sizeof *l->deg);
}

void links_release(struct links *l)
{
	mem_free(l->nbr);
	mem_free(l->deg);
	*l = (struct links){0};
}

size_t robust_prune(const struct graph_vecs *v, uint32_t p, const struct graph_hit *cand,
		    size_t n_cand, float alpha, size_t degree, uint32_t *out)
{
	size_t n = 0;
	for (size_t i = 0; i < n_cand && n < degree; i++) {
		uint32_t c = cand[i].id;
		float d_pc = 1 - cand[i].score;
		bool shadowed = c == p;
		for (size_t j = 0; j < n && !shadowed; j++)
			shadowed = alpha * (1 - graph_dot(v, out[j], c)) <= d_pc;
		if (!shadowed)
			out[n++] = c;
	}
	return n;
}

struct indegree {
	uint32_t id, n;
};

static int by_indegree(const void *a, const void *b)
{
	const struct indegree *x = a, *y = b;
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Flags of the hubs (n), 1 or 0. */
static uint8_t *find_hubs(const struct links *l, double fraction)
{
	struct indegree *d = mem_array(l->n, sizeof *d);
	uint8_t *hub = mem_calloc(l->n, 1);
	size_t n_hubs = (size_t)((double)l->n * fraction);
	for (size_t i = 0; i < l->n; i++)
		d[i] = (struct indegree){(uint32_t)i, 0};
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; j < l->deg[i]; j++)
			d[l->nbr[i * l->stride + j]].n++;
	qsort(d, l->n, sizeof *d, by_indegree);
	for (size_t i = 0; i < n_hubs; i++)
		hub[d[i].id] = 1;
	mem_free(d);
	return hub;
}

struct prune_job {
	const struct graph_vecs *v;
	const struct graph_params *p;
	struct links *l;
	const uint8_t *hub;
	struct graph_hit *pool; /* (stride) a worker */
	size_t min_degree;
};

static void prune_body(void *ctx, size_t i_item, size_t i_worker)
{
	struct prune_job *b = ctx;
	struct links *l = b->l;
	struct graph_hit *pool = b->pool + i_worker * l->stride;
	uint32_t *nbr = l->nbr + i_item * l->stride;
	size_t n = 0, degree = b->hub[i_item] ? b->p->max_degree : b->min_degree;
	for (size_t j = 0; j < l->deg[i_item]; j++)
		pool_insert(pool, &n, l->stride, nbr[j], graph_dot(b->v, i_item, nbr[j]));
	l->deg[i_item] = (uint32_t)robust_prune(b->v, (uint32_t)i_item, pool, n, b->p->alpha_final,
						degree, nbr);
}

void prune_hubs(const struct graph_vecs *v, const struct graph_params *p, struct par *par,
		struct links *l)
{
	struct prune_job b = {.v = v, .p = p, .l = l};
	uint8_t *hub = find_hubs(l, p->hub_fraction);
	b.hub = hub;
	b.min_degree = p->min_degree ? p->min_degree : p->max_degree / 2;
	b.pool = mem_array(par_n_threads(par) * l->stride, sizeof *b.pool);
	par_for(par, l->n, prune_body, &b);
	mem_free(hub);
	mem_free(b.pool);
}

/* Mark what can be reached from a node that was just marked. */
static void flood(const struct links *l, uint32_t from, uint8_t *reached, uint32_t *stack)
{
	size_t n = 0;
	reached[from] = 1;
	for (stack[n++] = from; n;) {
		uint32_t id = stack[--n];
		for (size_t j = 0; j < l->deg[id]; j++) {
			uint32_t to = l->nbr[id * l->stride + j];
			if (!reached[to]) {
				reached[to] = 1;
				stack[n++] = to;
			}
		}
	}
}

enum { CONNECT_EF = 64 };

void connect_all(const struct graph_vecs *v, uint32_t entry, size_t n, struct links *l)
{
	uint8_t *reached = mem_calloc(l->n, 1);
	uint32_t *stack = mem_array(l->n, sizeof *stack);
	struct graph_scratch s = GRAPH_SCRATCH_INIT;
	struct graph_view view = {.n = l->n, .links = l};
	struct graph_target c = {.v = v};
	struct graph_hit hits[CONNECT_EF];
	size_t room = l->stride < GRAPH_DEGREE_MAX ? l->stride : GRAPH_DEGREE_MAX;
	flood(l, entry, reached, stack);
	for (size_t i = 0; i < n; i++) {
		if (reached[i])
			continue;
		c.id = i;
		size_t n_hits = graph_view_search(&view, graph_target_score, &c, &entry, 1,
						  CONNECT_EF, &s, hits);
		size_t from = n;
		for (size_t j = 0; j < n_hits && from == n; j++)
			if (l->deg[hits[j].id] < room)
				from = hits[j].id;
		/* All full, which takes thousands of lost nodes: any reached one with room. */
		for (size_t j = 0; j < n && from == n; j++)
			if (reached[j] && l->deg[j] < room)
				from = j;
		l->nbr[from * l->stride + l->deg[from]++] = (uint32_t)i;
		flood(l, (uint32_t)i, reached, stack);
	}
	graph_scratch_release(&s);
	mem_free(reached);
	mem_free(stack);
}
