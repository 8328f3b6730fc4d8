/*
 * lang: the language of a file, from its name and first line, and how its text is cut.
 *
 *	const struct lang *l = lang_find(path, n_path, first, n_first);	never NULL
 *	l->name is "" when unknown
 */
#ifndef LEANN_ALGO_LANG_H
#define LEANN_ALGO_LANG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algo/passages.h"

enum { LANG_HEAD_BYTES = 8192 };	/* so much of a file tells text from other things */

struct lang {
	const char *name;	/* lower case, at most 31 bytes */
	enum text_style style;
};

/* path need not be UTF-8 or NUL-terminated; first: the file's first bytes, for "#!" lines. */
const struct lang *lang_find(const char *path, size_t n_path, const char *first, size_t n_first);
/* The language called so, NULL if there is none: for options. */
const struct lang *lang_by_name(const char *name, size_t n);
/* Language i, and extensions and names, a space between two, that are its own or NULL; NULL after the last. */
const struct lang *lang_nth(size_t i, const char **exts, const char **names);

/*
 * Do a file's first bytes look like text? No: a NUL among them (unless they are UTF-16), or over
 * 30 % that are not UTF-8 or are control characters. (Latin-1 prose has 2 to 10 %, compressed data
 * and machine code about half.)
 */
bool lang_is_text(const uint8_t *head, size_t n);

#endif
