/*
 * map: a regular file's bytes, mapped for reading. When another process cuts the file short
 * while it is mapped, reading past its new end raises SIGBUS; the program then says which file
 * it was and exits with 2, instead of dying without a word.
 *
 *	const void *p;
 *	if (map_file(fd, "idx.leann", n_bytes, &p, e)) ...	n_bytes > 0, as fstat() says
 *	map_release(p, n_bytes);				NULL is fine; fd may be closed before
 */
#ifndef LEANN_BASE_MAP_H
#define LEANN_BASE_MAP_H

#include <stddef.h>

#include "base/err.h"

int map_file(int fd, const char *name, size_t n_bytes, const void **p, struct err *e) MUST_CHECK;
void map_release(const void *p, size_t n_bytes);

/* What a part of a map is for; a hint, which may come to nothing. */
enum map_use {
	MAP_SPARSE,		/* few of its pages: read no others with them */
	MAP_SOON,		/* all of it now: start to read */
};
void map_hint(const void *p, size_t n_bytes, enum map_use use);

#endif
