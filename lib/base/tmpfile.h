/*
 * tmpfile: a file that appears whole or not at all, and scratch space that has no name.
 *
 *	struct tmpout t;
 *	if (tmpout_open(&t, "idx.leann", e)) return -1;
 *	... write to t.fd ...
 *	if (tmpout_commit(&t, e)) return -1;	fsync, rename over target, fsync directory
 *	tmpout_abandon(&t);			on error paths; harmless after commit
 *
 * The file has no name until commit where the file system can do that
 * (O_TMPFILE), so that even SIGKILL leaves nothing; elsewhere SIGINT, SIGTERM and
 * SIGHUP remove it, and the next writer removes what SIGKILL left.
 */
#ifndef LEANN_BASE_TMPFILE_H
#define LEANN_BASE_TMPFILE_H

#include "base/err.h"

struct tmpout {
	int fd;			/* open for reading and writing until commit/abandon; -1 after */
	int dirfd;
	char *target;		/* name inside dirfd */
	char *path;		/* as given, for messages */
	char *tmp;		/* name inside dirfd, NULL while the file has none */
};

int tmpout_open(struct tmpout *t, const char *path, struct err *e) MUST_CHECK;
int tmpout_commit(struct tmpout *t, struct err *e) MUST_CHECK;
void tmpout_abandon(struct tmpout *t);

/*
 * An unlinked scratch file in $TMPDIR, else /var/tmp (disk, where /tmp may be memory), else
 * /tmp.
 */
int tmpspool_open(int *fd, struct err *e) MUST_CHECK;

/*
 * The writers' lock of path: flock on "path.lock", made if absent. Who
 * removes path for good may remove it too, while holding it: a writer that waited sees that.
 * Waits up to wait_s seconds (0: not at all); busy is ERR_TEMP. *fd holds it until closed.
 */
int lock_writer(const char *path, double wait_s, int *fd, struct err *e) MUST_CHECK;

#endif
