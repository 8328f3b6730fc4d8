/*
 * window: the part of the stream that is between the reader and the writer. Groups of
 * consecutive chunks are sorted by length and cut into batches; records leave in the
 * order in which they came, each chunk followed by its vector.
 *
 *	w = window_new(h, out, limits, journal);
 *	window_add_raw() / window_add_chunk() while window_wants() a record
 *	window_step()		one request done, or what is ready written
 *
 * What is in a batch depends on the stream and the journal alone: never on time, -j or the server.
 */
#ifndef LEANN_WINDOW_H
#define LEANN_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "fmt/record.h"
#include "fmt/stream.h"
#include "sys/embed.h"
#include "sys/journal.h"

struct window_limits {
	size_t batch_texts;	/* of a request */
	size_t batch_tokens;	/* of a request of more than one text */
	size_t in_flight;	/* requests */
	bool keep_texts;	/* chunks go out with their texts */
};

struct window;

/* j: a journal, or NULL. */
struct window *window_new(struct embed *h, struct stream_out *out, const struct window_limits *l,
			  struct journal *j);
void window_free(struct window *w);
/* A record that is passed on as it is. */
void window_add_raw(struct window *w, const uint8_t *p, size_t n);
void window_add_chunk(struct window *w, const struct rec_chunk *k);
/* No more records will come. */
void window_end(struct window *w);
/* Read on: there is room, and the requests in flight keep the server busy. */
bool window_wants(const struct window *w);
/* Send what can be sent; wait for a request if no record is wanted; write what is ready. */
int window_step(struct window *w, struct err *e) MUST_CHECK;
bool window_done(const struct window *w);	/* after window_end(): everything is written */
uint64_t window_n_written(const struct window *w);	/* vectors */
uint64_t window_n_again(const struct window *w);	/* had the text of one before */
uint64_t window_n_kept(const struct window *w);	/* of these, found in the journal */

#endif
