/*
 * lines: white space as passages have it, and lines counted. leann-chunk cuts with it and a search
 * counts lines again with it: one function, so that both say the same.
 */
#ifndef LEANN_BASE_LINES_H
#define LEANN_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* White space beside which token counts add up: the tokenizer drops other kinds. */
static inline bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');	/* \t \n \v \f \r */
}

/* Line feeds in bytes from..to of text: 8 at a time, those that are none have their high bit set. */
static inline size_t count_lf(const void *text, size_t from, size_t to)
{
	const uint64_t low7 = 0x7f7f7f7f7f7f7f7f, lf = 0x0a0a0a0a0a0a0a0a;
	const char *p = text;
	size_t n = 0;
	for (uint64_t x; from < to && to - from >= 8; from += 8) {
		memcpy(&x, p + from, 8);
		x ^= lf;
		x = ~(((x & low7) + low7) | x | low7);
		n += (x >> 7) * 0x0101010101010101 >> 56;
	}
	for (; from < to; from++)
		n += p[from] == '\n';
	return n;
}

#endif
