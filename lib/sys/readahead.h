/*
 * readahead: bring a part of a mapped file into the system's cache, as much as is not there yet.
 *
 *	uint64_t room = memory_available() / 8, read, left;
 *	if (readahead_part(fd, "idx.leann", map, from, to, &room, &read, &left, e)) ...
 */
#ifndef LEANN_SYS_READAHEAD_H
#define LEANN_SYS_READAHEAD_H

#include <stdint.h>

#include "base/err.h"

/* Bytes of memory that can be had without swapping; 0: not known. */
uint64_t memory_available(void);

/*
 * Read those bytes from..to of the file, mapped at map from its start on, that are not in memory,
 * in order, at most *room of them, which gets less. *read: so many; *left: for which was no room.
 */
int readahead_part(int fd, const char *name, const uint8_t *map, uint64_t from, uint64_t to,
		   uint64_t *room, uint64_t *read, uint64_t *left, struct err *e) MUST_CHECK;

#endif
