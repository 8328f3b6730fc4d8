/*
 * tar: a plain tar file of members in memory (libarchive inside, in tar.c alone).
 * Every header is one 512-byte block, so that offsets are known before writing:
 * names are ASCII of at most 100 bytes, members below 8 GiB, times and owners 0.
 */
#ifndef LEANN_FMT_TAR_H
#define LEANN_FMT_TAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { TAR_BLOCK = 512, TAR_TAIL = 1024 };
#define TAR_MEMBER_MAX ((uint64_t)8 << 30)

struct tar_member {
	const char *name;
	const void *p;		/* n bytes, borrowed */
	size_t n;
};

/* Bytes of data plus the zeros that fill its last block. */
static inline uint64_t tar_padded(uint64_t n)
{
	return (n + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}
/* The 512-byte header that libarchive writes for this member. */
int tar_header(const char *name, uint64_t n, uint8_t out[TAR_BLOCK], struct err *e) MUST_CHECK;
/* Write all members and the two closing blocks to fd (named for messages). */
int tar_write(int fd, const char *fd_name, const struct tar_member *m, size_t n_members,
	      struct err *e) MUST_CHECK;

#endif
