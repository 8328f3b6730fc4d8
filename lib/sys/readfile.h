/*
 * readfile: whole regular files below a root, opened without following any symbolic link.
 *
 *	struct readfile rf = READFILE_INIT;
 *	switch (readfile(&rf, "/home/me/src", "lib/a.c", max, &b, &meta, e)) ...
 *	readfile_release(&rf);
 *
 * Every component is opened by openat(O_NOFOLLOW), so a directory that turns into a link while
 * we look cannot lead out of the root. The directory of the latest file is kept open: ask in
 * sorted order. One struct a thread.
 */
#ifndef LEANN_SYS_READFILE_H
#define LEANN_SYS_READFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct readfile {
	char *dir;		/* "root/a/b", open as fd; NULL: none */
	int fd;
};
#define READFILE_INIT {NULL, -1}

struct file_meta {
	uint64_t size_bytes;
	int64_t mtime_ns;	/* since 1970 */
};

/* Values stay inside one process. */
enum read_result {
	READ_DENIED = -3,	/* this file is not for us, e says why; others may be */
	READ_STARVED = -2,	/* too many files are open, or no memory: says nothing of this file */
	READ_ERROR = -1,	/* e says what */
	READ_OK,
	READ_GONE,		/* no such file */
	READ_NOT_REGULAR,	/* directory, link, FIFO, device, socket */
	READ_TOO_BIG,		/* meta->size_bytes > max */
	READ_CHANGED,		/* was written to while it was read, twice */
};

/* Append the file's bytes to b. root is absolute; rel has no empty, "." or ".." component. */
enum read_result readfile(struct readfile *rf, const char *root, const char *rel, uint64_t max,
			  struct buf *b, struct file_meta *meta, struct err *e) MUST_CHECK;
/* Only its first bytes, at most n. */
enum read_result readfile_head(struct readfile *rf, const char *root, const char *rel, size_t n,
			       struct buf *b, struct file_meta *meta, struct err *e) MUST_CHECK;
/* Only opened: *fd is the caller's to close when READ_OK. */
enum read_result readfile_open(struct readfile *rf, const char *root, const char *rel, int *fd,
			       struct file_meta *meta, struct err *e) MUST_CHECK;
/* Is errno of what the process or machine has no more of? */
bool readfile_starved(void);
void readfile_release(struct readfile *rf);

#endif
