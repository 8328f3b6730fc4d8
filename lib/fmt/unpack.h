/*
 * unpack: what is in archives (zip, tar, tar.gz and the like) and in compressed files, read in memory as
 * it is unpacked (libarchive, in tar.c alone). Nothing is written anywhere.
 *
 *	if (unpack_open(p, n, false, &u, e)) ...
 *	while ((r = unpack_next(u, &name, e)) > 0)
 *		do { unpack_read(u, &b, &got, e) } while (got);
 *	unpack_close(u);
 *
 * Only regular files come; links, devices and directories are passed over. Refused: encrypted members, more
 * than UNPACK_MEMBERS_MAX of them, and bytes that grow more than UNPACK_RATIO_MAX times once
 * UNPACK_FREE_BYTES are out.
 */
#ifndef LEANN_FMT_UNPACK_H
#define LEANN_FMT_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum {
	UNPACK_MEMBERS_MAX = 100000,
	UNPACK_RATIO_MAX = 200,
	UNPACK_FREE_BYTES = 10 << 20,
};

struct unpack;

/* p outlives *u. single: a compressed file, which is one member without a name. *u is NULL on failure. */
int unpack_open(const void *p, size_t n, bool single, struct unpack **u, struct err *e) MUST_CHECK;
/* 1: a member, name borrowed until the next; 0: no more; -1: error. */
int unpack_next(struct unpack *u, const char **name, struct err *e) MUST_CHECK;
/* Appends the next bytes of the member to b; *got 0: there are no more. */
int unpack_read(struct unpack *u, struct buf *b, size_t *got, struct err *e) MUST_CHECK;
void unpack_close(struct unpack *u);

#endif
