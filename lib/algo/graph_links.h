/*
 * graph_links: the graph while it is built (fixed room a node), its search and its pruning;
 * for graph*.c and prune.c only.
 */
#ifndef LEANN_ALGO_GRAPH_LINKS_H
#define LEANN_ALGO_GRAPH_LINKS_H

#include "algo/graph.h"

struct links {
	size_t n, stride; /* room for stride links a node */
	uint32_t *nbr; /* (n, stride) */
	uint32_t *deg; /* (n) */
};
void links_init(struct links *l, size_t n, size_t stride); /* no links */
void links_release(struct links *l);

/* The vectors and how to compare them: all that building needs. */
struct graph_vecs {
	const float *x; /* (n, dim) */
	size_t n, dim;
	const struct vec_kernels *k;
};
static inline float graph_dot(const struct graph_vecs *v, size_t a, size_t b)
{
	return v->k->dot_f32(v->x + a * v->dim, v->x + b * v->dim, v->dim);
}

/* A graph_score: how near nodes are to node id, by the vectors; ctx is a struct graph_target. */
struct graph_target {
	const struct graph_vecs *v;
	size_t id;
};
void graph_target_score(void *ctx, const uint32_t *ids, size_t n, float *out);

/* Best-first pool: hits sorted by falling score, ties by id; false if it is full of better ones. */
bool pool_insert(struct graph_hit *pool, size_t *n, size_t cap, uint32_t id, float score);

/* A new epoch: nothing seen yet; room for n nodes and lists of n_ids. */
void graph_scratch_begin(struct graph_scratch *s, size_t n, size_t n_ids);
/* Those of ids not seen in this epoch into s->ids, seen from now on; returns how many. */
size_t graph_unseen(struct graph_scratch *s, const uint32_t *ids, size_t n);

/* Where a search finds links: offs for a packed graph, else links. */
struct graph_view {
	size_t n;
	const uint64_t *offs;
	const uint32_t *edges;
	const struct links *links;
};
size_t graph_view_search(const struct graph_view *v, graph_score *score, void *ctx,
			 const uint32_t *entries, size_t n_entries, size_t ef,
			 struct graph_scratch *s, struct graph_hit *hits);

/*
 * RobustPrune (Subramanya et al. 2019, algorithm 2): of candidates sorted by closeness to
 * node p keep at most degree, none that a kept one k shadows: alpha d(k, c) <= d(p, c).
 * out gets their ids; returns how many. Candidates equal to p are passed over.
 */
size_t robust_prune(const struct graph_vecs *v, uint32_t p, const struct graph_hit *cand,
		    size_t n_cand, float alpha, size_t degree, uint32_t *out);

/*
 * High-degree-preserving pruning (after LEANN, arXiv:2506.08276, algorithm 3): the hubs, by
 * in-degree, keep max_degree links, all others min_degree, chosen by RobustPrune. We prune
 * the finished graph where the paper builds a new one.
 */
void prune_hubs(const struct graph_vecs *v, const struct graph_params *p, struct par *par,
		struct links *l);
/* Link every node of 0..n-1 that cannot be reached from entry to a near one that can. */
void connect_all(const struct graph_vecs *v, uint32_t entry, size_t n, struct links *l);

#endif
