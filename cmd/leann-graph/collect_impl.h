/* collect_impl: between the files of collect.h. */
#ifndef LEANN_GRAPH_COLLECT_IMPL_H
#define LEANN_GRAPH_COLLECT_IMPL_H

#include "collect.h"

/* A whole stream, or changes to the index that the caller named: after the header. */
int collect_open_changes(struct collect *c, struct err *e) MUST_CHECK;
/* One record of a stream of changes: 1 where it is like any other, 0 taken, -1 error. */
int collect_change(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		   struct err *e) MUST_CHECK;
/* --tiny: ERR_DATA for a file of records. */
int collect_refuse_records(const struct rec_file *f, struct err *e) MUST_CHECK;
/* --tiny: metadata without what a passage is under, heading or symbol. */
void collect_forget_trail(const struct collect *c, struct meta *m);
int collect_hashes(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		   struct err *e) MUST_CHECK;
/*
 * Of changes that are put behind what the base has, once chunks have their numbers of the new index: its
 * copies and those among these chunks, in place of the stream's.
 */
void collect_copies(struct collect *c);
/* The words of all passages; of changes those of the base and of the passages that were cut. */
int collect_terms(struct collect *c, const struct rec_terms *t) MUST_CHECK;

/* collect_enrich.c: what other programs computed. at: where its bytes lie in c->kept, for settle(). */
int collect_anchors(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		    size_t at[6], struct err *e) MUST_CHECK;
int collect_codebook(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		     size_t at[6], struct err *e) MUST_CHECK;
int collect_assign(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		   struct err *e) MUST_CHECK;
int collect_codes(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		  struct err *e) MUST_CHECK;
void collect_settle(struct collect *c, const size_t at[6]);

#endif
