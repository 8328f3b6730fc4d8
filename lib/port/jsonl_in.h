/*
 * jsonl_in: a line of JSON Lines from elsewhere as a record of import.h.
 *
 *	struct jsonl_in r = JSONL_IN_INIT;
 *	if (jsonl_in(&r, line, n, true, e)) ...
 *	import_add(x, r.line.p, r.line.len, where, number, r.has_vec ? r.vec.p : NULL, e)
 *	jsonl_in_release(&r);
 *
 * {"id", "text" or "content", "title"?, "metadata"?, "embedding"?, ...}: text is that of lib/sys/jsonl.h; what
 * has another name, and a title, becomes a member of metadata. Numbers and strings stay as they are written.
 */
#ifndef LEANN_PORT_JSONL_IN_H
#define LEANN_PORT_JSONL_IN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "port/record_line.h"

struct jsonl_in {
	struct buf line;
	bool has_vec;			/* there is an embedding, read or not */
	struct buf vec;			/* float each, native */
	struct members members, meta;	/* scratch */
};
#define JSONL_IN_INIT {BUF_INIT, false, BUF_INIT, MEMBERS_INIT, MEMBERS_INIT}

/* vectors: read the embedding, an array of numbers or base64 of f32 little-endian, too. */
int jsonl_in(struct jsonl_in *r, const void *line, size_t n, bool vectors, struct err *e) MUST_CHECK;
void jsonl_in_release(struct jsonl_in *r);

#endif
