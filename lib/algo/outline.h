/*
 * outline: the heading or definition that a passage is under, found in the file's own
 * text when a hit is shown, so that nothing about it is stored.
 *
 *	if (outline_find(text, n, off, OUTLINE_CODE, &at, &len)) printf("%.*s", len, text + at);
 *
 * Code: the last line before the passage's first words, or among its first lines, that looks like a
 * definition (the idea of git's funcname lines). Prose: the last heading.
 */
#ifndef LEANN_ALGO_OUTLINE_H
#define LEANN_ALGO_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>

enum outline_kind { OUTLINE_CODE, OUTLINE_PROSE };

/* The line [*at, *at + *len) without blanks at its ends; off < n is where the passage starts. */
bool outline_find(const char *text, size_t n, size_t off, enum outline_kind kind, size_t *at,
		  size_t *len);

#endif
