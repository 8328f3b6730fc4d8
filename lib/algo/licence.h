/*
 * licence: where the licence that a file of code begins with ends. Thousands of files begin with the same
 * text, and nobody's question is about it.
 *
 *	size_t from = licence_end(STYLE_CODE, text, n);		text + from: what it is about
 *
 * A licence is the comments from the beginning on whose paragraphs have the words of a known one (MIT, BSD,
 * ISC, Apache, GPL, LGPL, MPL, Boost, zlib, SPDX; copyright alone is none), up to the first paragraph that has
 * none. What a file says of itself before its licence keeps that where it is. Looks at the first
 * LICENCE_LOOK bytes. Pure.
 */
#ifndef LEANN_ALGO_LICENCE_H
#define LEANN_ALGO_LICENCE_H

#include <stddef.h>

#include "algo/passages.h"

enum {
	LICENCE_LOOK = 16 << 10,
	LICENCE_REST = 16,	/* tokens that must be left, else the licence stays */
};

/* Bytes of it, up to the start of a line; 0: there is none. */
size_t licence_end(enum text_style style, const char *text, size_t n);
/* The same; 0 also where hardly anything would be left to cut into passages. */
size_t licence_skip(const struct passages_params *pp, enum text_style style, const char *text,
		    size_t n);

#endif
