/*
 * fdio: the only callers of read() and write(). EINTR, short reads, short writes,
 * descriptors that somebody made non-blocking and a vanished reader are handled here
 * and nowhere else.
 *
 *	prog_start(argv[0]);			first line of every main
 *	struct fdin in; fdin_init(&in, 0, "stdin");
 *	struct fdout out; fdout_init(&out, 1, "stdout"); in.tie = &out;
 *	close_stdout_die();			last line of every main that used stdio
 *
 * A reader that left ends the program by SIGPIPE (141), quietly, even where the
 * parent had SIGPIPE ignored.
 */
#ifndef LEANN_BASE_FDIO_H
#define LEANN_BASE_FDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Set the name for messages, keep fds 0-2 taken if closed, ignore SIGXFSZ. */
void prog_start(const char *argv0);

/* Read up to n bytes, looping; *got < n only at end of file. name is for messages. */
int fd_read(int fd, const char *name, void *p, size_t n, size_t *got, struct err *e) MUST_CHECK;
/* One read of at most n bytes; *got 0: end of file. */
int fd_read_some(int fd, const char *name, void *p, size_t n, size_t *got, struct err *e) MUST_CHECK;
int fd_pread(int fd, const char *name, void *p, size_t n, uint64_t off, size_t *got,
	     struct err *e) MUST_CHECK;
int fd_write(int fd, const char *name, const void *p, size_t n, struct err *e) MUST_CHECK;
int fd_pwrite(int fd, const char *name, const void *p, size_t n, uint64_t off,
	      struct err *e) MUST_CHECK;
/* Append all that is left in fd to b; more than max bytes is ERR_DATA. */
int fd_slurp(int fd, const char *name, size_t max, struct buf *b, struct err *e) MUST_CHECK;
/* Append a whole regular file (O_CLOEXEC); more than max bytes, or no regular file, is ERR_DATA. */
int file_slurp(const char *path, size_t max, struct buf *b, struct err *e) MUST_CHECK;

struct fdout {
	int fd;
	const char *name;		/* borrowed */
	uint8_t *p;			/* cap bytes */
	size_t len, cap;
};
void fdout_init(struct fdout *o, int fd, const char *name);
int fdout_add(struct fdout *o, const void *p, size_t n, struct err *e) MUST_CHECK;
int fdout_flush(struct fdout *o, struct err *e) MUST_CHECK;
void fdout_release(struct fdout *o);	/* does not flush, does not close fd */

struct fdin {
	int fd;
	const char *name;		/* borrowed */
	struct fdout *tie;		/* flushed before a read that would block, or NULL */
	uint8_t *p;
	size_t at, len, cap;
};
void fdin_init(struct fdin *in, int fd, const char *name);
/* Exactly as fd_read, through a buffer. */
int fdin_read(struct fdin *in, void *p, size_t n, size_t *got, struct err *e) MUST_CHECK;
/*
 * One line without its LF into b (cleared first). *more is false at end of file; over max:
 * ERR_DATA.
 */
int fdin_line(struct fdin *in, int delim, size_t max, struct buf *b, bool *more,
	      struct err *e) MUST_CHECK;
void fdin_release(struct fdin *in);	/* does not close fd */

/* Flush and close stdio's stdout; a full disk or closed pipe is never success. */
void close_stdout_die(void);

#endif
