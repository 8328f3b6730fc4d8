/*
 * gitconf: what a git work tree's settings say of files to leave out, read without running git.
 *
 *	struct gitconf g;
 *	gitconf_read(&g, "/home/me/src");	the directory that has ".git"
 *	... g.exclude, g.global, g.fold ...
 *	gitconf_release(&g);
 *
 * Looked at are /etc/gitconfig, $XDG_CONFIG_HOME/git/config, ~/.gitconfig and the repository's own config
 * (GIT_CONFIG_SYSTEM, GIT_CONFIG_GLOBAL and GIT_CONFIG_NOSYSTEM count; files that these include do
 * not). What cannot be read or understood is as if it were not there.
 */
#ifndef LEANN_SYS_GITCONF_H
#define LEANN_SYS_GITCONF_H

#include <stdbool.h>

#include "base/buf.h"

struct gitconf {
	char *exclude;		/* path of info/exclude */
	char *global;		/* of core.excludesFile, or git's default for it; NULL: none */
	bool fold;		/* core.ignorecase */
};

void gitconf_read(struct gitconf *g, const char *top);
void gitconf_release(struct gitconf *g);
/*
 * A regular file's bytes into b, at most max; name is below the open directory dir or absolute. A link is
 * followed only where follow is set. 0; -1 and errno: EFBIG and ELOOP, too.
 */
int gitconf_slurp(int dir, const char *name, bool follow, size_t max, struct buf *b);

#endif
