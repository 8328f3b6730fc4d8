/* Bytes in and out of file descriptors; see fdio.h. */
#define _GNU_SOURCE
#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/js.h"
#include "base/mem.h"

enum { BUF_BYTES = 1 << 16 };
#define IO_MAX ((size_t)1 << 30)	/* one call never asks for more */

void prog_start(const char *argv0)
{
	err_prog_set(argv0);
	mem_guard_start();
	js_use_mem();
	signal(SIGXFSZ, SIG_IGN);
	/* The wrong way round for 0 and 1: reading or writing there fails, as on a closed one. */
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == 1 ? O_RDONLY : O_WRONLY) != fd)
			_exit(2);
}

/* The reader left: end as SIGPIPE would, whatever we inherited. */
static _Noreturn void die_of_pipe(void)
{
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
	_exit(141);
}

/* After a call that failed: is it worth another try? Waits where fd was made non-blocking. */
static bool again(int fd, short events)
{
	struct pollfd pf = {.fd = fd, .events = events};
	if (errno == EAGAIN)
		poll(&pf, 1, -1);
	else if (errno != EINTR)
		return false;
	return true;
}

int fd_read(int fd, const char *name, void *p, size_t n, size_t *got, struct err *e)
{
	*got = 0;
	while (*got < n) {
		size_t k = n - *got < IO_MAX ? n - *got : IO_MAX;
		ssize_t r = read(fd, (char *)p + *got, k);
		if (r == 0)
			break;
		if (r < 0 && again(fd, POLLIN))
			continue;
		if (r < 0)
			return err_sys(e, "%s: read", name);
		*got += (size_t)r;
	}
	return 0;
}

int fd_read_some(int fd, const char *name, void *p, size_t n, size_t *got, struct err *e)
{
	ssize_t k;
	while ((k = read(fd, p, n)) < 0 && errno == EINTR)
		;
	*got = k > 0 ? (size_t)k : 0;
	return k < 0 ? err_sys(e, "%s: read", name) : 0;
}

int fd_pread(int fd, const char *name, void *p, size_t n, uint64_t off, size_t *got, struct err *e)
{
	*got = 0;
	while (*got < n) {
		size_t k = n - *got < IO_MAX ? n - *got : IO_MAX;
		ssize_t r = pread(fd, (char *)p + *got, k, (off_t)(off + *got));
		if (r == 0)
			break;
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_sys(e, "%s: read at %llu", name, (unsigned long long)off);
		*got += (size_t)r;
	}
	return 0;
}

/* After write() returned r < 0 or 0: 0 to try again, -1 with e set. */
static int write_failed(int fd, ssize_t r, const char *name, struct err *e)
{
	if (r < 0 && again(fd, POLLOUT))
		return 0;
	if (r < 0 && errno == EPIPE)
		die_of_pipe();
	if (r == 0)
		errno = ENOSPC;
	return err_sys(e, "%s: write", name);
}

int fd_write(int fd, const char *name, const void *p, size_t n, struct err *e)
{
	for (size_t done = 0; done < n;) {
		size_t k = n - done < IO_MAX ? n - done : IO_MAX;
		ssize_t r = write(fd, (const char *)p + done, k);
		if (r > 0)
			done += (size_t)r;
		else if (write_failed(fd, r, name, e))
			return -1;
	}
	return 0;
}

int fd_pwrite(int fd, const char *name, const void *p, size_t n, uint64_t off, struct err *e)
{
	for (size_t done = 0; done < n;) {
		size_t k = n - done < IO_MAX ? n - done : IO_MAX;
		ssize_t r = pwrite(fd, (const char *)p + done, k, (off_t)(off + done));
		if (r > 0)
			done += (size_t)r;
		else if (write_failed(fd, r, name, e))
			return -1;
	}
	return 0;
}

int fd_slurp(int fd, const char *name, size_t max, struct buf *b, struct err *e)
{
	size_t start = b->len;
	for (;;) {
		size_t got;
		buf_reserve(b, BUF_BYTES);
		size_t room = b->cap - b->len - 1;
		if (fd_read(fd, name, b->p + b->len, room, &got, e))
			return -1;
		b->len += got;
		b->p[b->len] = 0;
		if (b->len - start > max)
			return err_set(e, ERR_DATA, "%s: more than %zu bytes", name, max);
		if (got < room)
			return 0;
	}
}

int file_slurp(const char *path, size_t max, struct buf *b, struct err *e)
{
	struct stat st;
	int r = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "%s", path);
	if (fstat(fd, &st))
		err_sys(e, "%s: stat", path);
	else if (!S_ISREG(st.st_mode))
		err_set(e, ERR_DATA, "%s: not a regular file", path);
	else {
		if (st.st_size > 0 && (uint64_t)st.st_size <= max)
			buf_reserve(b, (size_t)st.st_size + 1);
		r = fd_slurp(fd, path, max, b, e);
	}
	close(fd);
	return r;
}

void fdout_init(struct fdout *o, int fd, const char *name)
{
	*o = (struct fdout){.fd = fd, .name = name, .p = mem_alloc(BUF_BYTES), .cap = BUF_BYTES};
}

int fdout_add(struct fdout *o, const void *p, size_t n, struct err *e)
{
	if (n > o->cap - o->len && fdout_flush(o, e))
		return -1;
	if (n >= o->cap)
		return fd_write(o->fd, o->name, p, n, e);
	memcpy(o->p + o->len, p, n);
	o->len += n;
	return 0;
}

int fdout_flush(struct fdout *o, struct err *e)
{
	size_t n = o->len;
	o->len = 0;
	return fd_write(o->fd, o->name, o->p, n, e);
}

void fdout_release(struct fdout *o)
{
	mem_free(o->p);
	o->p = NULL;
	o->len = o->cap = 0;
}

void fdin_init(struct fdin *in, int fd, const char *name)
{
	*in = (struct fdin){.fd = fd, .name = name, .p = mem_alloc(BUF_BYTES), .cap = BUF_BYTES};
}

/* One read() into the empty buffer; len 0 means end of file. */
static int fill(struct fdin *in, struct err *e)
{
	in->at = in->len = 0;
	if (in->tie && in->tie->len) {
		struct pollfd pf = {.fd = in->fd, .events = POLLIN};
		if (poll(&pf, 1, 0) == 0 && fdout_flush(in->tie, e))
			return -1;
	}
	for (;;) {
		ssize_t r = read(in->fd, in->p, in->cap);
		if (r < 0 && again(in->fd, POLLIN))
			continue;
		if (r < 0)
			return err_sys(e, "%s: read", in->name);
		in->len = (size_t)r;
		return 0;
	}
}

int fdin_read(struct fdin *in, void *p, size_t n, size_t *got, struct err *e)
{
	*got = 0;
	while (*got < n) {
		if (in->at == in->len) {
			if (fill(in, e))
				return -1;
			if (!in->len)
				break;
		}
		size_t k = in->len - in->at < n - *got ? in->len - in->at : n - *got;
		memcpy((char *)p + *got, in->p + in->at, k);
		in->at += k;
		*got += k;
	}
	return 0;
}

int fdin_line(struct fdin *in, int delim, size_t max, struct buf *b, bool *more, struct err *e)
{
	buf_clear(b);
	*more = true;
	for (;;) {
		if (in->at == in->len) {
			if (fill(in, e))
				return -1;
			if (!in->len) {
				*more = b->len > 0;
				return 0;
			}
		}
		uint8_t *start = in->p + in->at;
		uint8_t *hit = memchr(start, delim, in->len - in->at);
		size_t k = hit ? (size_t)(hit - start) : in->len - in->at;
		if (b->len + k > max)
			return err_set(e, ERR_DATA, "%s: line longer than %zu bytes", in->name,
				       max);
		buf_add(b, start, k);
		in->at += k + (hit ? 1 : 0);
		if (hit)
			return 0;
	}
}

void fdin_release(struct fdin *in)
{
	mem_free(in->p);
	in->p = NULL;
	in->at = in->len = in->cap = 0;
}

void close_stdout_die(void)
{
	struct err e;
	errno = 0;
	if (ferror(stdout) | fflush(stdout) | fclose(stdout)) {
		if (errno == EPIPE)
			die_of_pipe();
		err_sys(&e, "stdout: write");
		err_die(&e);
	}
}
