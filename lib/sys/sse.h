/*
 * sse: server-sent events (HTML standard, 9.2) out of a stream that comes in pieces.
 *
 *	struct sse s = SSE_INIT;
 *	if (sse_feed(&s, p, n, take, ctx, e)) ...	take gets the data of each event that is whole
 *	sse_release(&s);
 *
 * Of the fields, data alone matters to who asks models. An event that the stream ends in is not given.
 */
#ifndef LEANN_SYS_SSE_H
#define LEANN_SYS_SSE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

enum { SSE_MAX = 1 << 20 };		/* bytes of a line, and of an event */

struct sse {
	struct buf line, data;
	bool has_data;			/* the event has a data line, perhaps an empty one */
	bool cr;			/* the last byte was a CR: a LF now belongs to it */
	bool begun;			/* a BOM is none any more */
};
#define SSE_INIT {BUF_INIT, BUF_INIT, false, false, false}

typedef int sse_take(void *ctx, const char *data, size_t n, struct err *e);

/* -1: take failed, or ERR_DATA: a line or event over the limit. */
int sse_feed(struct sse *s, const void *p, size_t n, sse_take *take, void *ctx, struct err *e) MUST_CHECK;
void sse_release(struct sse *s);

#endif
