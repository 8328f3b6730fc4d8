/* cat_meta: metadata of the passages that leann-bundle cat writes, as records before them. */
#ifndef LEANN_BUNDLE_CAT_META_H
#define LEANN_BUNDLE_CAT_META_H

#include "fmt/index.h"
#include "fmt/stream.h"

struct cat_meta {
	struct meta_reader *r;		/* NULL: the index has none */
	struct meta now, m;		/* what the latest record said; of the passage */
	uint64_t file;			/* it was of */
};

/* Before the record of chunk i, which is at k in the stream's latest file. */
int cat_meta_put(struct cat_meta *c, const struct index *ix, size_t i, uint64_t file,
		 const struct index_chunk *k, struct stream_out *out, struct buf *body,
		 struct err *e) MUST_CHECK;
void cat_meta_release(struct cat_meta *c);

#endif
