/*
 * peek: the texts of many passages, for a first look at them: only the passages' own bytes are
 * read, from files that have the size they had; whether a file is what was indexed is
 * source.h's affair.
 *
 *	struct peek *p = peek_new(src);
 *	k = peek_text(p, i_chunk, &text, &n, e);	1: text, 0: not to be had, -1: as source.h
 *	peek_free(p);
 *
 * Of an index without spans the whole file is read, and cut, by source.h.
 *
 * Ask in the order of the chunks: a file is opened once, a block of paths decoded once.
 */
#ifndef LEANN_SYS_PEEK_H
#define LEANN_SYS_PEEK_H

#include <stdbool.h>

#include "sys/source.h"

struct peek;

/* src outlives it. */
struct peek *peek_new(struct source *src);
void peek_free(struct peek *p);
/*
 * *text (n bytes, any bytes) until the next call. Of a record that is one passage it is the whole
 * line of JSON, escapes decoded.
 */
int peek_text(struct peek *p, size_t i_chunk, const char **text, size_t *n,
	      struct err *e) MUST_CHECK;

/*
 * Has the file of the text that came last another time of modification than it had? Then nobody
 * knows whether the text is what was indexed.
 */
bool peek_unsure(const struct peek *p);
/* Files are opened again from now on. */
void peek_forget(struct peek *p);

#endif
