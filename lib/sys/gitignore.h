/*
 * gitignore: the patterns of one .gitignore, .ignore or .leannignore file, as gitignore(5) has them.
 *
 *	struct rules r = RULES_INIT;
 *	rules_parse(&r, bytes, n, false);
 *	const struct rule *hit = rules_match(&r, "src/a.o", false);
 *	if (hit && !hit->negated) ... left out, by hit->text in line hit->line ...
 *	rules_release(&r);
 *
 * A path is relative to the directory that the file lies in, without a slash at its end. What is below a
 * directory that is left out is the caller's to leave out. Any bytes are patterns: one that is no good
 * (a bracket or backslash without its end) matches nothing, as in git.
 */
#ifndef LEANN_SYS_GITIGNORE_H
#define LEANN_SYS_GITIGNORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rule {
	const char *text;	/* as in the file, without spaces at its end */
	size_t line;		/* from 1 */
	const char *p;		/* the pattern: no "!", no slash at its beginning, n bytes */
	size_t n;
	size_t n_plain;		/* bytes before the first of * ? [ \ */
	bool negated;		/* "!": it takes what rules before it left out */
	bool dirs_only, anywhere, suffix, never;
};

struct rules {
	struct rule *r;
	size_t n;
	char *text;		/* what the rules point into */
	bool fold;
};
#define RULES_INIT {NULL, 0, NULL, false}

/* Copies the bytes. fold: upper and lower case of ASCII are alike (core.ignorecase). r is released before. */
void rules_parse(struct rules *r, const uint8_t *p, size_t n, bool fold);
/* The last rule that matches the path itself, NULL: none. */
const struct rule *rules_match(const struct rules *r, const char *path, bool is_dir);
void rules_release(struct rules *r);

#endif
