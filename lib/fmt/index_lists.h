/*
 * index_lists: member "lists" of leann-index(5): the chunks of each anchor, in whose order the
 * codes lie.
 *
 *	index_put_lists(&buf, assign, n_chunks, n_lists);	to write
 *	if (index_list(&ix, a, ids, e)) ...			to read one
 *	if (index_places(&ix, &place, e)) ...			or where the code of each chunk is
 *
 * index_open() has set ix->lists and ix->list_start, and checked where each list is.
 */
#ifndef LEANN_FMT_INDEX_LISTS_H
#define LEANN_FMT_INDEX_LISTS_H

#include "fmt/index.h"

/* The member, appended to b. assign: the list of each of n chunks, below n_lists. */
void index_put_lists(struct buf *b, const uint32_t *assign, size_t n, size_t n_lists);
/* assign (n) as places: order[p] is the chunk in place p. */
void index_list_order(const uint32_t *assign, size_t n, size_t n_lists, uint32_t *order);

/* For index_open(), once anchors are open: nothing where there is no such member. */
int index_open_lists(struct index *ix, struct err *e) MUST_CHECK;
/* The chunks of list a into ids: ix->list_start[a + 1] - ix->list_start[a], below n_chunks. */
int index_list(const struct index *ix, size_t a, uint32_t *ids, struct err *e) MUST_CHECK;
/* Where the n bytes of list a are. */
void index_list_bytes(const struct index *ix, size_t a, const uint8_t **p, size_t *n);
/* The place of each chunk; that every chunk is in one list is proven. Caller: mem_free(*place). */
int index_places(const struct index *ix, uint32_t **place, struct err *e) MUST_CHECK;

#endif
