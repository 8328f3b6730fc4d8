/*
 * index_build: collects the records of a stream into the members of a bundle.
 *
 *	struct index_build *ib = index_build_new();
 *	index_build_file(ib, &f); index_build_text(ib, p, n, e); index_build_chunk(ib, &c);
 *	index_build_parts(ib, parts, &n_parts);	"files", "paths", "chunks", "text", "meta" if any
 *	index_build_free(ib);			after the bundle was written
 *
 * Memory: about 100 bytes a file and 32 a chunk; stored text is compressed as it comes.
 */
#ifndef LEANN_FMT_INDEX_BUILD_H
#define LEANN_FMT_INDEX_BUILD_H

#include "fmt/bundle.h"
#include "fmt/meta_build.h"
#include "fmt/record.h"

struct index_build;

struct index_build *index_build_new(void);
void index_build_free(struct index_build *ib);
int index_build_file(struct index_build *ib, const struct rec_file *f, struct err *e) MUST_CHECK;
void index_build_text(struct index_build *ib, const void *p, size_t n);
void index_build_chunk(struct index_build *ib, const struct rec_chunk *c);

/*
 * Metadata of the chunks from here on, NULL: none, as for those of a new file. m is kept as it is
 * until the next call; the same pointer again costs nothing.
 */
int index_build_meta(struct index_build *ib, const struct meta *m, struct err *e) MUST_CHECK;
/* Before the first chunk: the n chunks that come are those of base, with its metadata. */
int index_build_meta_base(struct index_build *ib, const struct meta_cols *base, size_t n,
			  struct err *e) MUST_CHECK;

/* Number of the language of the latest file. */
uint32_t index_build_last_lang(const struct index_build *ib);

struct index_counts {
	uint64_t n_files, n_chunks;		/* with those that are removed */
	uint64_t removed_files, removed_chunks;	/* flag FILE_REMOVED */
	uint64_t source_bytes;		/* of all files but those removed */
	uint64_t passage_bytes;		/* of their spans */
	uint64_t stored_bytes;		/* of stored files, before compression */
	uint64_t extracted_files, extracted_bytes;	/* documents; their text, before compression */
	uint64_t decoded_files;		/* in other encodings than UTF-8 */
};
void index_build_counts(const struct index_build *ib, struct index_counts *c);
/* Names of languages, in the order of their numbers, as a JSON array (caller owns). */
struct js *index_build_langs(const struct index_build *ib);
/* Make the members; parts has room for 5. */
int index_build_parts(struct index_build *ib, struct bundle_part *part, size_t *n_parts,
		      struct err *e) MUST_CHECK;

/* Serialise the members "terms", "pq" and "anchors". */
void index_put_terms(struct buf *b, const struct rec_terms *t);
void index_put_pq(struct buf *b, const struct rec_codebook *k);
void index_put_anchors(struct buf *b, const struct rec_anchors *a, const uint32_t *entry,
		       const uint32_t *size);

#endif
