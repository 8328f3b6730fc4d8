/*
 * gitfiles: what git says changed between revisions.
 *
 * Runs git as a child process, before any thread is started. Its environment has no
 * GIT_DIR and the like, and no program that the repository's configuration names is run.
 */
#ifndef LEANN_SYS_GITFILES_H
#define LEANN_SYS_GITFILES_H

#include "base/buf.h"
#include "base/err.h"

/*
 * What differs between two revisions, or in one range "A..B", to NULL then, below the directory: as "git
 * diff --name-status -z -M" writes it, paths relative to the directory.
 */
int gitfiles_diff(const char *dir, const char *from, const char *to, struct buf *out,
		  struct err *e) MUST_CHECK;

#endif
