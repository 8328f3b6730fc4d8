/*
 * types: kinds of files by their names and first lines, for -t and -T: every language of lib/algo/lang.h,
 * short names for some, and groups of languages and extensions.
 *
 *	types_add(&t, "docs", false); ...
 *	if (types_want(&t, "a/b.md", lang)) ...
 */
#ifndef LEANN_CMD_TYPES_H
#define LEANN_CMD_TYPES_H

#include <stdbool.h>
#include <stddef.h>

#include "algo/lang.h"
#include "base/buf.h"

struct types {
	char **name;		/* (n) as given, those of -T with "!" before them */
	size_t n, n_take;
};

/* Ends the program where there is no such type. */
void types_add(struct types *t, const char *name, bool leave_out);
/* Is a file of this name and language wanted? What is both taken and left out is left out. */
bool types_want(const struct types *t, const char *path, const struct lang *l);
/* The same before its first line is known: false only where that cannot make a difference. */
bool types_may_want(const struct types *t, const char *path);
/* "--type=NAME" and "--type-not=NAME", each ended by NUL. */
void types_put_args(struct buf *out, const struct types *t);
void types_list(void);	/* to stdout */
void types_release(struct types *t);

#endif
