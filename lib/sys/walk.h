/*
 * walk: the files below a directory, as relative paths in bytewise order.
 *
 *	struct walk w = {.globs = &globs, .warn = f};
 *	if (walk_dir(&w, "/home/me/notes", e)) return -1;
 *	for (i < w.n) ... walk_path(&w, i) ...
 *	walk_release(&w);
 *
 * Which names are taken: version control's own never; then the first of these that says something decides:
 * globs, ignore files (walk_rules.h), the ignore list (ignore.h), a name with a dot at its beginning, and
 * for files want(). Only names are looked at here; the files are not opened. Symbolic links are not
 * followed: what they lead to inside the tree is found by its own name. With follow those that would be
 * taken are told, in links, for the caller to go after.
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

/* Why a path is in or out. Values stay inside one process. */
enum walk_why {
	WALK_IN, WALK_VCS, WALK_GLOB, WALK_NO_GLOB, WALK_RULE, WALK_LIST, WALK_CACHE, WALK_HIDDEN,
	WALK_UNWANTED, WALK_LINK, WALK_SPECIAL, WALK_OTHER_FS, WALK_DEEP, WALK_UNREADABLE, WALK_GONE,
};

struct walk {
	const struct globs *globs;		/* or NULL */
	bool hidden;				/* names that start with "." too */
	bool no_ignore;				/* neither ignore files nor the list */
	bool follow;				/* fill links */
	bool one_fs;				/* no directory of another file system than dir */
	bool dirs;				/* also directories that are entered: "a/b/", not dir itself */
	bool (*want)(void *ctx, const char *rel);	/* of a file, by its name; NULL: all */
	void (*warn)(void *ctx, const char *msg);	/* or NULL */
	void *ctx;
	/* found */
	size_t n;
	size_t *off;				/* (n) into names */
	struct buf names;			/* NUL-terminated */
	struct buf links;			/* relative paths, each ended by NUL, in no order */
	uint64_t n_symlinks, n_special;		/* seen and left out: links; FIFOs, devices, sockets */
	uint64_t n_ignored;			/* files and directories, by rules or the list */
	uint64_t n_unreadable;			/* directories */
	uint64_t n_other_fs;
	bool took_hidden;			/* a glob or rule took a name with a dot at its beginning */
	/* Directories, from the root on and each with "/" and a NUL at its end, that could not be read. */
	struct buf unsure;
	size_t cap;
};

/* Replaces what was found before; counts go on. dir is absolute, without symbolic links. */
int walk_dir(struct walk *w, const char *dir, struct err *e) MUST_CHECK;
const char *walk_path(const struct walk *w, size_t i);
void walk_release(struct walk *w);

/*
 * What walk_dir(w, dir) does with the one path rel below it, and why: *at is the component that decided
 * ("a/b"), *by what did: "FILE:LINE:PATTERN", a pattern, an entry of the list. Both are empty before, and end
 * without NUL. WALK_IN of a directory: it is entered.
 */
int walk_explain(struct walk *w, const char *dir, const char *rel, enum walk_why *why,
		 struct buf *at, struct buf *by, struct err *e) MUST_CHECK;

#endif
