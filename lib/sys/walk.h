/*
 * walk: the files below a directory, as relative paths in bytewise order.
 *
 *	struct walk w = {.globs = &globs, .warn = f};
 *	if (walk_dir(&w, "/home/me/notes", e)) return -1;
 *	for (i < w.n) ... walk_path(&w, i) ...
 *	walk_release(&w);
 *
 * In a git work tree git says which files there are; elsewhere, and where git fails (a warning),
 * directories are read. Symbolic links are never followed: what they lead to inside the tree is
 * found by its own name. Only names are looked at here; the files are not opened.
 */
#ifndef LEANN_SYS_WALK_H
#define LEANN_SYS_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "sys/glob.h"

enum { WALK_DEPTH_MAX = 256 };

struct walk {
	const struct globs *globs;		/* or NULL */
	bool hidden;				/* names that start with "." too */
	bool no_ignore;				/* neither git nor the default list */
	bool dirs;				/* also directories that are entered: "a/b/", not dir itself */
	void (*warn)(void *ctx, const char *msg);	/* or NULL */
	void *ctx;
	/* found */
	size_t n;
	size_t *off;				/* (n) into names */
	struct buf names;			/* NUL-terminated */
	uint64_t n_symlinks, n_special;		/* seen and left out: links; FIFOs, devices, sockets */
	uint64_t n_ignored;			/* files and directories of the default list */
	uint64_t n_unreadable;			/* directories */
	/*
	 * Directories, from the root on and each with "/" and a NUL at its end, below which there may be
	 * more than was found: they could not be read, or git that knows them refused.
	 */
	struct buf unsure;
	size_t cap;
};

/* Replaces what was found before; counts go on. dir is absolute, without symbolic links. */
int walk_dir(struct walk *w, const char *dir, struct err *e) MUST_CHECK;
const char *walk_path(const struct walk *w, size_t i);
void walk_release(struct walk *w);

#endif
