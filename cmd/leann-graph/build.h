/* build: what leann-graph makes of the vectors: missing enrichments, graphs, health. */
#ifndef LEANN_GRAPH_BUILD_H
#define LEANN_GRAPH_BUILD_H

#include <stdbool.h>

#include "algo/enrich.h"
#include "algo/graph.h"
#include "base/par.h"
#include "collect.h"

enum graph_kind { GRAPH_OF_ANCHORS, GRAPH_OF_CHUNKS, GRAPH_NONE, GRAPH_AUTO };
extern const char *const graph_kind_names[];	/* "anchors", "chunks", "none", "auto", NULL */

enum graph_backend { BACKEND_HNSW, BACKEND_DISKANN, BACKEND_AUTO };
extern const char *const graph_backend_names[];	/* "hnsw", "diskann", "auto", NULL */

struct build_settings {
	struct enrich_params enrich;
	uint64_t seed;
	struct graph_params graph;
	enum graph_kind kind;
	enum graph_complexity complexity;
	enum graph_backend backend;
	bool quiet, tiny;		/* tiny: without spans of passages */
	bool least_bytes;		/* codes as short as make the smallest index */
};

struct build {
	struct enrich x;
	uint32_t *entry;		/* (anchors.n) the chunk nearest to each anchor */
	uint32_t *list_size;		/* (anchors.n) chunks assigned to it */
	uint8_t *packed;		/* blocks of 64: pq.h; by list where there are lists */
	size_t n_codes;			/* in packed: of all chunks, or of those that are no copies */
	bool copies;			/* the latter */
	bool lists;			/* backend diskann: codes in the order of anchors' lists */
	struct graph anchor_graph, chunk_graph;		/* n 0 when not made */
	struct anchors_health health;
	double quantization_error, reconstruction;
	double embedded;		/* of changes: reconstruction of what was embedded */
};

/* Everything from the collected stream; b must be zero. Nothing to do for 0 chunks. */
int build_all(struct build *b, struct collect *c, const struct build_settings *s, struct par *par,
	      struct err *e) MUST_CHECK;
/*
 * The base with what changes_lay_out() put behind it: its quantiser, anchors and graph over them.
 * Of health there are only reconstruction and coverage, of the chunks that were embedded.
 */
int build_append(struct build *b, struct collect *c, const struct build_settings *s, struct par *par,
		 struct err *e) MUST_CHECK;
/*
 * Of changes: the codes of the chunks that were embedded into b->x.codes; health_reconstruction() of
 * them, 0 where there are none.
 */
int build_embedded(struct build *b, struct collect *c, uint64_t seed, double *reconstruction,
		   struct par *par, struct err *e) MUST_CHECK;
/* c's codebook, and its n codes. */
void build_load_codes(struct build *b, const struct collect *c, size_t n);
/* Leaves the codes of copies out of those n that are packed, where the index can do without them. */
void build_drop_copies(struct build *b, const struct collect *c, bool tiny, size_t n);
void build_release(struct build *b);

#endif
