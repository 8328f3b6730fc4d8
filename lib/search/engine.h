/*
 * engine: an index opened for questions: its codec, its unpacked graph, filters over its files.
 * Nothing in it changes after engine_open(), so that threads can share it.
 *
 *	struct engine g;
 *	if (engine_open(&g, "idx.leann", false, e)) ...
 *	if (allow_make(&g, languages, paths, &allow, &n, e)) ...
 *	mem_free(allow); engine_close(&g);	also after a failed engine_open()
 */
#ifndef LEANN_SEARCH_ENGINE_H
#define LEANN_SEARCH_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algo/graph.h"
#include "algo/search.h"
#include "algo/terms.h"
#include "base/err.h"
#include "fmt/index.h"

struct engine {
	struct index ix;
	struct pq pq;
	struct anchors anchors;			/* residual codes only */
	struct pq_residual residual;
	uint32_t *assign;
	struct search_codes codes;		/* by place: leann-index(5), "lists" */
	struct graph graph;			/* over chunks, unpacked; n 0: not asked for */
	uint32_t *place;			/* of each chunk; with lists and graph or postings, else NULL */
	uint64_t *live;				/* bit i: chunk i's file is not removed; NULL: all are live */
	struct graph lists_graph;		/* over anchors, unpacked, with lists; n 0: none */
	size_t ef_lists;			/* breadth of a walk over it */
};

/* graph: also unpack the graph over chunks; ERR_USAGE where there is none. Caller: engine_close. */
int engine_open(struct engine *g, const char *path, bool graph, struct err *e) MUST_CHECK;
void engine_close(struct engine *g);

/* What of an index others open, too: its quantiser, and a graph that has to have n_nodes. */
void engine_load_pq(struct pq *pq, const struct rec_codebook *k);
int engine_unpack_graph(const struct index *ix, const struct index_graph *from, const char *member,
			size_t n_nodes, struct graph *to, struct err *e) MUST_CHECK;

/* In how many passages of the index words occur; n_buckets 0: it does not say. */
static inline struct terms engine_terms(const struct engine *g)
{
	return (struct terms){g->ix.terms.level, g->ix.terms.n_buckets, g->ix.terms.n_words,
			      g->ix.n_chunks};
}

/*
 * Bit i of *allow: chunk i is of a file in one of the languages (NULL: all) whose path the
 * patterns take (NULL or none: all), and which is not removed; both end with NULL. *n of them.
 * Caller: mem_free(*allow).
 */
int allow_make(const struct engine *g, const char *const *languages, const char *const *paths,
	       uint64_t **allow, size_t *n, struct err *e) MUST_CHECK;

#endif
