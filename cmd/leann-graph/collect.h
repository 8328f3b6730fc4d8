/*
 * collect: a vector stream taken in: records into an index_build, vectors into a scratch file,
 * enrichments kept.
 */
#ifndef LEANN_GRAPH_COLLECT_H
#define LEANN_GRAPH_COLLECT_H

#include <stdbool.h>

#include "base/err.h"
#include "changes.h"
#include "fmt/index_build.h"
#include "fmt/spool.h"
#include "fmt/stream.h"

struct collect {
	struct stream_in in;
	bool tiny;			/* set by the caller: want nothing that cannot be cut again */
	bool forget_trail;		/* with tiny, unless it is embedded */
	const char *base;		/* set by the caller: the stream has changes to it, or NULL */
	struct changes changes;		/* on false: it is a whole stream */
	struct index_build *ib;
	struct spool spool;		/* (n_chunks, dim) f32; of changes see changes.h */
	struct buf hashes;		/* a byte a chunk; empty when they did not come */
	struct buf copies;		/* struct copy_run: of the new index once all is collected */
	/* enrichments of the stream, copied; n_anchors 0 and pq_m 0 when they did not come */
	struct rec_anchors anchors;
	struct rec_codebook codebook;
	struct buf kept;		/* what anchors and codebook point into */
	struct buf assign;		/* u32 a chunk, native */
	struct buf codes;		/* (n_chunks, m) u8 */
	struct buf terms;		/* member "terms"; empty when they did not come */
	struct buf postings;		/* member "postings"; empty when they did not come */
	struct meta_places metas;	/* of the latest file of a whole stream */
	struct buf lang;		/* u16 a chunk: language number, for stratified anchors */
};

void collect_init(struct collect *c);
int collect_stream(struct collect *c, bool quiet, struct err *e) MUST_CHECK;
void collect_release(struct collect *c);

#endif
