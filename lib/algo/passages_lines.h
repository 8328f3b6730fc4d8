/*
 * passages_lines: what a line of text is: blank, heading, start of a list item; where a
 * sentence ends. Pure.
 */
#ifndef LEANN_ALGO_PASSAGES_LINES_H
#define LEANN_ALGO_PASSAGES_LINES_H

#include "algo/passages.h"
#include "base/lines.h"

/* End of the line that starts at, its LF included. */
size_t line_end(const char *text, size_t n, size_t at);
/* End of the white-space-only lines from at (a line's start) on, at most max bytes of them. */
size_t blank_end(const char *text, size_t n, size_t at, size_t max);
unsigned line_indent(const char *text, size_t n, size_t at);	/* columns, tabs to 8 */
/* The line from at to end is a heading (with an underline: its first line). */
bool line_is_heading(enum text_style style, const char *text, size_t n, size_t at, size_t end);
/* ... is nothing but punctuation of one kind: "====", "----", at least 3. */
bool line_is_ruler(const char *text, size_t at, size_t end);
bool line_is_item(const char *text, size_t at, size_t end);	/* "- ", "* ", "12. ", "a) " */
bool line_is_fence(const char *text, size_t at, size_t end);	/* Markdown's ``` and ~~~ */
bool line_is_closer(const char *text, size_t at, size_t end);	/* starts with } ) ] end, or is { */
bool line_is_opener(const char *text, size_t at, size_t end);	/* ends with { ( [ : or backslash */
/*
 * First end of a sentence after at and before end: the byte after its white space, or after its
 * full-width full stop; end when there is none, *ended telling whether one ends just there.
 */
size_t sentence_end(const char *text, size_t at, size_t end, bool *ended);

#endif
