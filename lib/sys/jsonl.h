/*
 * jsonl: records of JSON Lines: {"id", "title"?, "text" or "content", "metadata"?}, one a line.
 *
 *	struct buf text = BUF_INIT, id = BUF_INIT;
 *	if (record_text(line, n, &text, &id, e)) return err_prefix(e, "%s:%zu", name, i_line);
 *
 * leann-chunk cuts these texts, leann-search reads them again: both through record_text(), so
 * spans inside a text mean the same to both.
 */
#ifndef LEANN_SYS_JSONL_H
#define LEANN_SYS_JSONL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/js.h"
#include "fmt/meta.h"

enum {
	JSONL_LINE_MAX = 8 << 20,	/* bytes of a line: its text must fit a stream's record */
	JSONL_ID_MAX = 1024,		/* bytes of an id */
};

/*
 * The line as JSON, an object; the caller frees *out. A number that fits neither 64 bits nor a double, which
 * JSON allows, is the string of its digits.
 */
int record_parse(const uint8_t *line, size_t n, struct js **out, struct err *e) MUST_CHECK;

/*
 * The text that is embedded (title, a space, text; the text alone without a title) and the id
 * (an integer in decimal), each replacing what its buffer held. line has no LF; a byte order mark
 * before it is skipped. ERR_DATA: no JSON object, no or an unusable id, no text.
 */
int record_text(const uint8_t *line, size_t n, struct buf *text, struct buf *id,
		struct err *e) MUST_CHECK;

/* The same, and what member "metadata" says, an object, into *meta. *all: it fitted. */
int record_read(const uint8_t *line, size_t n, struct buf *text, struct buf *id, struct meta *meta,
		bool *all, struct err *e) MUST_CHECK;

/* A set of byte strings. */
struct id_set {
	struct buf bytes;		/* each: length (4 bytes, native), bytes */
	size_t *slots;			/* (n_slots) offset into bytes + 1; 0: empty */
	size_t n, n_slots;
};
#define ID_SET_INIT {BUF_INIT, NULL, 0, 0}

/* True when it was not there yet. */
bool id_set_add(struct id_set *s, const void *p, size_t n);
void id_set_release(struct id_set *s);

#endif
