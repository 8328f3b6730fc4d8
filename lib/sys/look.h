/*
 * look: which files there are below a root, and what each was like, to be compared with a later look.
 *
 *	struct look old = LOOK_INIT, new = LOOK_INIT;
 *	if (look_take(&new, &how, "/home/me/notes", e)) ...	-1: the root is not there
 *	look_compare(&old, &new, f, ctx);
 */
#ifndef LEANN_SYS_LOOK_H
#define LEANN_SYS_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sys/walk.h"

struct look {
	struct walk walk;		/* names of files; then folders, in dirs */
	size_t n;
	size_t *off;			/* (n) of files into walk.names, in bytewise order */
	uint64_t *sig;			/* (n) of size, time of change, inode, mode */
	size_t n_dirs;
	size_t *dir_off;		/* (n_dirs) "a/b/" */
	bool is_file;			/* the root is one: its name alone, "" */
};
#define LOOK_INIT {.n = 0}

/* What look_take() wants to know. */
struct look_how {
	struct walk walk;		/* globs, hidden, no_ignore, warn */
	const char *const *skip;	/* (n_skip) absolute paths that do not count */
	size_t n_skip;
};

/*
 * root is absolute; links on the way to it are followed. l is released before, and empty after -1.
 * dir_ready(ctx, path) is called for each folder before its files are looked at, "" and then "a/b/"
 * below the root, or for a file's own folder; NULL: none.
 */
struct look_dirs {
	void (*ready)(void *ctx, const char *real, const char *rel);
	void *ctx;
};
int look_take(struct look *l, const struct look_how *how, const char *root,
	      const struct look_dirs *dirs, struct err *e) MUST_CHECK;
/* Names of files that are in one alone, or not alike, to f, in order. */
void look_compare(const struct look *a, const struct look *b,
		  void (*f)(void *ctx, const char *name), void *ctx);
void look_release(struct look *l);

#endif
