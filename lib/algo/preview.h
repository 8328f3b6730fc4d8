/* preview: the few lines of a passage that say why it was found; text made safe for a terminal. */
#ifndef LEANN_ALGO_PREVIEW_H
#define LEANN_ALGO_PREVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * The run of up to n_lines lines of text that holds most different words of the
 * question (its first lines when none does), without blank lines at its ends.
 * *first_line: number of the first of them inside text, from 0.
 */
void preview_lines(const char *text, size_t n, const char *question, size_t n_question,
		   size_t n_lines, struct buf *out, size_t *first_line);
/*
 * Append text, with control characters (but LF and TAB), DEL, C1 and bidi controls as \xNN or
 * \uNNNN if safe is set.
 */
void preview_safe(struct buf *out, const char *text, size_t n, bool safe);

#endif
