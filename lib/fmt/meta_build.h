/*
 * meta_build: metadata of consecutive chunks to member "meta" of an index (leann-index(5)).
 *
 *	struct meta_build *b = meta_build_new();
 *	meta_build_copy(b, base, n, e);		the n chunks of another index, first of all
 *	meta_build_set(b, &m, e);		what follows has this metadata; NULL: none
 *	meta_build_next(b);			a chunk
 *	meta_build_pack(b, &member);		nothing where no chunk has any
 *	meta_build_free(b);
 */
#ifndef LEANN_FMT_META_BUILD_H
#define LEANN_FMT_META_BUILD_H

#include "fmt/meta.h"
#include "fmt/meta_cols.h"

struct meta_build;

struct meta_build *meta_build_new(void);
void meta_build_free(struct meta_build *b);
/* base NULL: the n chunks have none. */
int meta_build_copy(struct meta_build *b, const struct meta_cols *base, size_t n,
		    struct err *e) MUST_CHECK;
int meta_build_set(struct meta_build *b, const struct meta *m, struct err *e) MUST_CHECK;
void meta_build_next(struct meta_build *b);
/* Once, after everything else. */
int meta_build_pack(struct meta_build *b, struct buf *out, struct err *e) MUST_CHECK;

#endif
