/*
 * text: records of a stream as lines of JSON and back, to the same bytes.
 *
 *	text_line(&doc_value, raw, n_raw, &line);	one line, no LF
 *	text_body(line, n, "stdin:3", &body, e);	the record's body again
 *
 * A record is a JSON array. What JSON lacks is an object with one key:
 *	{"bin":base64}		bytes; {"utf8":text} where they can be read
 *	{"u64":16 hex digits}	a number over 2^63-1
 *	{"str":base64}		text that is not UTF-8 or holds NUL
 *	{"f64":16 hex digits}	a float's bits
 *	{"map":[[key,value],...]}  a map with other keys than strings, or that looks like these
 *	{"raw":base64}		a whole record that msgpack can say in a shorter way
 */
#ifndef LEANN_FMT_TEXT_H
#define LEANN_FMT_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/js.h"
#include "fmt/mp.h"

enum { TEXT_LINE_MAX = 128 << 20 };	/* bytes of a line: a record's text, every byte as \u00xx */

/* The line for a record's body, raw, and its value v; appended to out. */
void text_line(const struct mp *v, const uint8_t *raw, size_t n_raw, struct buf *out);
/* The body for one line, appended to out; where names the line in messages. */
int text_body(const void *line, size_t n, const char *where, struct buf *out,
	      struct err *e) MUST_CHECK;
/* The msgpack of a value, appended to out. */
int text_pack(const struct js *j, const char *where, struct buf *out, struct err *e) MUST_CHECK;

#endif
