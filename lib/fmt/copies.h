/*
 * copies: chunks with exactly the text of an earlier one, as runs: chunk i of a run has the text of
 * chunk i of as many that follow each other. Record 70 of leann-stream(5), member "copies" of
 * leann-index(5).
 *
 *	copies_add(&runs, chunk, of);			ascending; of is no copy itself
 *	if (copies_check(&c, n_chunks, e)) ...		what came from elsewhere; also counts
 *	copies_first(&c, chunk), copies_place(&c, chunk)
 *
 * Codes are stored of chunks that are no copies; a place is the number of a code.
 */
#ifndef LEANN_FMT_COPIES_H
#define LEANN_FMT_COPIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "fmt/stream.h"

enum { COPIES_RUN_BYTES = 12 };			/* in a record */

struct copy_run {
	uint32_t chunk, n;			/* n >= 1 chunks from chunk on */
	uint32_t of;				/* have the texts of those from here on */
	uint32_t before;			/* copies before the run */
};

struct copies {
	struct copy_run *run;			/* n_runs, ascending */
	size_t n_runs;
	size_t n;				/* chunks in them */
};

/* One more of struct copy_run in runs, or a longer one. before is left to copies_check(). */
void copies_add(struct buf *runs, uint32_t chunk, uint32_t of);
/* Are they of n_chunks, in order, and is what they are copies of none? Sets before and c->n. */
int copies_check(struct copies *c, size_t n_chunks, struct err *e) MUST_CHECK;

/* The chunk whose text chunk has first: itself where it is no copy. */
uint32_t copies_first(const struct copies *c, uint32_t chunk);
/* Where the code of chunk, or of what it is a copy of, is among those that are stored. */
uint32_t copies_place(const struct copies *c, uint32_t chunk);
/* The chunk whose code is at place: no copy. */
uint32_t copies_chunk(const struct copies *c, uint32_t place);
/* Bits of chunks to bits of places: set where that of the chunk or of any copy is. out: all of places. */
void copies_fold(const struct copies *c, const uint64_t *allow, size_t n_chunks, uint64_t *out);
/* f for each copy of the n chunks of, ascending and none a copy: i of them, and the copy, ascending. */
void copies_each(const struct copies *c, const uint32_t *of, size_t n,
		 void (*f)(void *ctx, size_t i, uint32_t chunk), void *ctx);

/* Member "copies", appended to out; and back, into c->run, which is the caller's to free. */
void copies_pack(const struct copies *c, struct buf *out);
int copies_unpack(const uint8_t *p, size_t n, size_t n_chunks, struct copies *c,
		  struct err *e) MUST_CHECK;

/* As records; body is scratch. And from the n bytes of one, appended to runs as they are. */
int copies_send(const struct buf *runs, struct stream_out *out, struct buf *body,
		struct err *e) MUST_CHECK;
void copies_take(struct buf *runs, const uint8_t *p, size_t n);

static inline struct copies copies_in(const struct buf *runs)
{
	return (struct copies){(struct copy_run *)(void *)runs->p, runs->len / sizeof(struct copy_run), 0};
}

#endif
