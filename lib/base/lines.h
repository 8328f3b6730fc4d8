/*
 * lines: white space as passages have it, and lines counted. leann-chunk cuts with it and a search
 * counts lines again with it: one function, so that both say the same.
 */
#ifndef LEANN_BASE_LINES_H
#define LEANN_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* White space beside which token counts add up: the tokenizer drops other kinds. */
static inline bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');	/* \t \n \v \f \r */
}

/* Line feeds in bytes from..to of text. */
static inline size_t count_lf(const void *bytes, size_t from, size_t to)
{
	const char *text = bytes;
	size_t n = 0;
	for (const char *p; from < to && (p = memchr(text + from, '\n', to - from)); n++)
		from = (size_t)(p - text) + 1;
	return n;
}

#endif
