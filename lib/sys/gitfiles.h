/*
 * gitfiles: what git says belongs to a work tree: tracked files and new ones that are not ignored; and
 * what changed between revisions.
 *
 * Runs git as a child process, before any thread is started. Its environment has no
 * GIT_DIR and the like, and no program that the repository's configuration names is run.
 */
#ifndef LEANN_SYS_GITFILES_H
#define LEANN_SYS_GITFILES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * The paths below the directory (absolute), relative to it, each ended by NUL; one that is a
 * repository inside ends in "/" or is a directory. ERR_SYS: git is not there, or refused.
 */
int gitfiles_list(const char *dir, struct buf *out, struct err *e) MUST_CHECK;
/* As gitfiles_list(), of directories below it of which git ignores all: "build/", not what is in it. */
int gitfiles_ignored_dirs(const char *dir, struct buf *out, struct err *e) MUST_CHECK;
/*
 * What differs between two revisions, or in one range "A..B", to NULL then, below the directory: as "git
 * diff --name-status -z -M" writes it, paths relative to the directory.
 */
int gitfiles_diff(const char *dir, const char *from, const char *to, struct buf *out,
		  struct err *e) MUST_CHECK;
/* Is the directory itself ignored by the work tree it lies in? Trouble counts as no. */
bool gitfiles_ignored(const char *dir);
/* Is there a ".git" in this directory or one above it? Nothing is run. */
bool gitfiles_in_work_tree(const char *dir);

#endif
