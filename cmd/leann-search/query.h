/* query: questions put to an open index: candidates, one recompute batch, hits in order. */
#ifndef LEANN_SEARCH_QUERY_H
#define LEANN_SEARCH_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "algo/search.h"
#include "base/err.h"
#include "base/par.h"
#include "fmt/index.h"
#include "sys/embed.h"
#include "sys/source.h"

struct engine {
	struct index ix;
	struct source *src;
	struct embed *embed;
	struct par *par;
	struct pq pq;
	struct anchors anchors;			/* residual codes only */
	struct pq_residual residual;
	uint32_t *assign;
	struct search_codes codes;
	struct engine_graph *graph;		/* unpacked chunk graph, NULL unless asked for */
	uint64_t *allow;			/* filter, NULL: all chunks */
	/* settings */
	size_t top_k, n_candidates, n_recompute, ef_search;
	bool use_graph;
};

struct latency {
	double embed_ms, search_ms, recompute_ms;
};

struct answer {
	struct search_hit *hits;		/* n_hits, best first */
	size_t n_hits;
	size_t n_recomputed;			/* embeddings computed for this question alone or shared */
};

/*
 * Answer n questions: their embeddings in one batch, the candidates of all of them in
 * another. Hits whose source changed keep exact false and their approximate score.
 */
int engine_answer(struct engine *g, const struct wire_text *questions, size_t n, struct answer *out,
		  struct latency *t, struct err *e) MUST_CHECK;
void answer_release(struct answer *a);

/* Open index, codes and, if asked for, the chunk graph; embed and src are the caller's to set. */
int engine_open(struct engine *g, const char *path, struct err *e) MUST_CHECK;
void engine_close(struct engine *g);
/* Only chunks of files in one of the languages (NULL: all) whose path the globs take (n 0: all). */
struct globs;
int engine_filter(struct engine *g, const struct js *langs, const struct globs *globs,
		  struct err *e) MUST_CHECK;

#endif
