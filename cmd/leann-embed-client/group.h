/* group: consecutive records whose chunks are sorted by length and cut into batches together. */
#ifndef LEANN_GROUP_H
#define LEANN_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "same.h"
#include "sys/journal.h"
#include "window.h"

/* A record waiting to be written; a chunk waits for its vector. */
struct item {
	size_t off, n;			/* in the group's bytes */
	bool is_chunk;
	uint64_t id;
	size_t text_off, n_text, n_tokens;
	float *vec;			/* a row of its batch; NULL until it is there */
	struct journal_key key;
	struct same_text *same;		/* NULL: not remembered */
	bool again;			/* the text of a chunk before: its vector is in same */
	const uint8_t *kept;		/* its embedding in the journal, or NULL */
};

struct batch {
	struct group *g;
	size_t first, n;		/* of the group's order */
	float *rows;			/* (n, dim) */
};

struct group {
	struct group *next;
	struct buf bytes;
	struct item *items;
	size_t n_items, cap_items, n_chunks;
	size_t *order;			/* (n_order) chunks to ask for, by length */
	size_t n_order;
	struct batch *batches;
	size_t n_batches, n_sent;
	size_t n_written;		/* items */
	bool closed;
};

/* A new record, its bytes to be appended to g->bytes; valid until the next call. */
struct item *group_add(struct group *g);
/* No more records: sort the chunks and cut the batches. */
void group_close(struct group *g, const struct window_limits *l);
void group_free(struct group *g);

#endif
