/*
 * tail: what follows the last chunk of a stream, counted chunk by chunk: in how many passages words
 * occur, with postings where, a byte of each text's hash, and which texts were there before; records 64,
 * 65, 66 and 70 of leann-stream(5).
 *
 *	struct tail t; tail_init(&t, true, false);
 *	for each chunk, numbers ascending: tail_hash(), tail_copy(), tail_words()
 *	if (tail_send(&t, n_chunks, &out, &body, e)) ...
 *	tail_release(&t);
 *
 * Memory: about 45 bytes a chunk, and what rare.h has with postings.
 */
#ifndef LEANN_PORT_TAIL_H
#define LEANN_PORT_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algo/rare.h"
#include "algo/terms.h"
#include "algo/twins.h"
#include "base/buf.h"
#include "fmt/stream.h"

struct tail {
	struct terms_count *terms;
	struct twins *twins;		/* NULL: copies are not told apart */
	struct rare *rare;		/* NULL: no postings */
	struct buf hashes;		/* a byte a chunk */
	struct buf copies;		/* struct copy_run: copies.h */
	uint64_t n_copies;
};

void tail_init(struct tail *t, bool copies, bool postings);
/* The text of the next chunk. */
void tail_hash(struct tail *t, const char *text, size_t n);
/* The text of chunk number: is it one that was there? */
void tail_copy(struct tail *t, const char *text, size_t n, uint64_t number);
void tail_words(struct tail *t, const char *text, size_t n, uint64_t number);
/* The same where the words have been found: their hashes. */
void tail_word_hashes(struct tail *t, const uint64_t *hash, size_t n, uint64_t number);
/* The records; n_chunks: the highest number there can be, + 1. body is scratch. */
int tail_send(struct tail *t, size_t n_chunks, struct stream_out *out, struct buf *body,
	      struct err *e) MUST_CHECK;
void tail_release(struct tail *t);	/* all zero is fine */

#endif
