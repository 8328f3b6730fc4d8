/*
 * glob: file name patterns as in .gitignore and ripgrep's -g.
 *
 *	struct globs g = GLOBS_INIT;
 *	globs_add(&g, "*.c"); globs_add(&g, "!test/");
 *	if (globs_take(&g, "src/a.c")) ...
 *	globs_release(&g);
 *
 * A pattern with a slash before its end is matched from the root, another one at any depth; a
 * trailing slash means directories, and what is below them. * ? [a-z] [!a-z] stop at slashes,
 * ** does not; {a,b} is either; a backslash makes the next character plain. Bytes are compared.
 */
#ifndef LEANN_SYS_GLOB_H
#define LEANN_SYS_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct globs {
	struct glob *g;
	size_t n, n_include;
};
#define GLOBS_INIT {NULL, 0, 0}

/* One path against one pattern, whole, no leading "!". Nothing is added to either. */
bool glob_match(const char *pattern, const char *path);

/* "!" before the pattern excludes. ERR_USAGE: empty, over 1000 bytes, [ or { not closed. */
int globs_add(struct globs *g, const char *pattern, struct err *e) MUST_CHECK;
/*
 * Is the file taken? The last pattern that matches decides; without one, it is taken unless some
 * pattern includes. What is below an excluded directory stays out, as with git. path is relative.
 */
bool globs_take(const struct globs *g, const char *path);
/*
 * 1: a pattern takes the file or directory, or one above it; -1: it is left out; 0: none
 * matches. *pattern is the one that decides, as it was added but for slashes at its ends.
 */
int globs_decide(const struct globs *g, const char *path, bool is_dir, const char **pattern);
void globs_release(struct globs *g);

#endif
