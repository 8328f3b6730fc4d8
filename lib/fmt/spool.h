/*
 * spool: vectors kept in a nameless scratch file, so that a program that needs them
 * twice does not hold them in memory. f32 little-endian, (n, dim) row-major.
 *
 *	struct spool s = SPOOL_INIT;
 *	if (spool_open(&s, dim, e)) ...
 *	spool_add(&s, vec, e);				n times
 *	spool_read(&s, first, n, out, e);		ctx and read of a struct rows
 *	spool_release(&s);
 */
#ifndef LEANN_FMT_SPOOL_H
#define LEANN_FMT_SPOOL_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct spool {
	int fd; /* -1 before spool_open() */
	size_t n, dim; /* n vectors were added */
	struct buf pending; /* the last of them, not written yet */
	size_t n_written;
	const float *map; /* of spool_map(), or NULL */
	size_t n_map_bytes;
};
#define SPOOL_INIT                                                                                 \
	{                                                                                          \
		.fd = -1                                                                           \
	}

int spool_open(struct spool *s, size_t dim, struct err *e) MUST_CHECK;
int spool_add(struct spool *s, const float *vec, struct err *e) MUST_CHECK;
/* Vectors first..first+n-1 into out; ctx is a struct spool. */
int spool_read(void *ctx, size_t first, size_t n, float *out, struct err *e) MUST_CHECK;
/*
 * All vectors mapped for reading, (n, dim), until release; pages come and go as memory allows.
 * No spool_add() afterwards. NULL in *out when there are none.
 */
int spool_map(struct spool *s, const float **out, struct err *e) MUST_CHECK;
void spool_release(struct spool *s);

#endif
