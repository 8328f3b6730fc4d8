/*
 * graph: a proximity graph over unit vectors, and best-first search in it.
 *
 *	struct graph_params p = graph_params_for(GRAPH_MEDIUM); struct graph g = GRAPH_INIT;
 *	graph_build(x, n, dim, &p, kernels, par, &g);
 *	n_hits = graph_search(&g, score, ctx, &g.entry, 1, ef, &scratch, hits);
 *	graph_release(&g);
 *
 * Built as Vamana (Subramanya et al., "DiskANN", NeurIPS 2019): greedy search, RobustPrune.
 * Nodes enter in batches that double, as ParlayANN (Manohar et al., PPoPP 2024): a batch
 * sees only the graph before it, so that the bytes do not depend on the number of threads.
 */
#ifndef LEANN_ALGO_GRAPH_H
#define LEANN_ALGO_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/par.h"
#include "vec/kernels.h"

enum { GRAPH_DEGREE_MAX = 1024 };

enum graph_complexity { GRAPH_LOW, GRAPH_MEDIUM, GRAPH_HIGH };
extern const char *const graph_complexity_names[]; /* "low", "medium", "high", NULL */

struct graph_params {
	size_t max_degree; /* M: links of a hub, 2..GRAPH_DEGREE_MAX */
	size_t min_degree; /* m: links of any other node; 0: M / 2 */
	size_t ef_construction; /* candidates a new node chooses from */
	double hub_fraction; /* share of nodes, by in-degree, that are hubs, 0..1 */
	float alpha; /* RobustPrune's slack on distance 1 - cosine, while building */
	float alpha_final; /* the same, when degrees are cut at the end */
};
/* low 12/100, medium 16/200, high 32/400 (M / ef_construction); hubs .02, alpha 1.2. */
struct graph_params graph_params_for(enum graph_complexity c);

struct graph {
	size_t n;
	uint64_t *offs; /* (n + 1): node i's links are edges[offs[i] .. offs[i+1]-1] */
	uint32_t *edges; /* ascending in a node, no self-loop, none twice */
	uint32_t entry; /* the node nearest the mean; every node can be reached from it */
};
#define GRAPH_INIT                                                                                 \
	{                                                                                          \
		0                                                                                  \
	}

void graph_release(struct graph *g);

/* x (n, dim) unit rows; n may be 0. g must be GRAPH_INIT. */
void graph_build(const float *x, size_t n, size_t dim, const struct graph_params *p,
		 const struct vec_kernels *k, struct par *par, struct graph *g);

/* Scores of n nodes into out: larger is better. */
typedef void graph_score(void *ctx, const uint32_t *ids, size_t n, float *out);

struct graph_hit {
	float score;
	uint32_t id;
	bool expanded; /* private */
};

struct graph_scratch {
	size_t n, n_ids;
	uint32_t *seen, epoch; /* (n) epoch in which a node was last scored */
	uint32_t *ids; /* of one expansion */
	float *scores;
};
#define GRAPH_SCRATCH_INIT                                                                         \
	{                                                                                          \
		0                                                                                  \
	}
void graph_scratch_release(struct graph_scratch *s);

/*
 * The ef best nodes that best-first search finds from the entries, best first, ties by id,
 * into hits[0..ef-1]; returns how many. Every neighbour list is scored in one call.
 */
size_t graph_search(const struct graph *g, graph_score *score, void *ctx, const uint32_t *entries,
		    size_t n_entries, size_t ef, struct graph_scratch *s, struct graph_hit *hits);

#endif
