/* Files below a root; see readfile.h. */
#define _GNU_SOURCE	/* O_PATH */
#include "sys/readfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"

/* Open root/rel[0..n) component by component; -1 and errno. */
static int open_dir(const char *root, const char *rel, size_t n)
{
	int fd = open(root, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	for (size_t at = 0; fd >= 0 && at < n;) {
		char name[256];
		size_t k = strcspn(rel + at, "/");
		int next = -1;
		if (k && k < sizeof name) {
			memcpy(name, rel + at, k);
			name[k] = 0;
			next = openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		} else {
			errno = ENAMETOOLONG;
		}
		int saved = errno;
		close(fd);
		errno = saved;
		fd = next;
		at += k + 1;
	}
	return fd;
}

static void forget(struct readfile *rf)
{
	if (rf->fd >= 0)
		close(rf->fd);
	mem_free(rf->dir);
	*rf = (struct readfile)READFILE_INIT;
}

/* The directory of rel, open; *name is what follows. */
static int dir_of(struct readfile *rf, const char *root, const char *rel, const char **name)
{
	const char *slash = strrchr(rel, '/');
	size_t n = slash ? (size_t)(slash - rel) : 0;
	char *dir = mem_printf("%s/%.*s", root, (int)n, rel);
	*name = slash ? slash + 1 : rel;
	if (rf->dir && !strcmp(rf->dir, dir)) {
		mem_free(dir);
		return rf->fd;
	}
	forget(rf);
	rf->fd = open_dir(root, rel, n);
	if (rf->fd < 0) {
		int saved = errno;
		mem_free(dir);
		errno = saved;
		return -1;
	}
	rf->dir = dir;
	return rf->fd;
}

bool readfile_starved(void)
{
	return errno == EMFILE || errno == ENFILE || errno == ENOMEM;
}

static enum read_result open_failed(const char *root, const char *rel, struct err *e)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return READ_GONE;
	if (errno == ELOOP || errno == ENXIO)	/* a link; a FIFO or socket without a peer */
		return READ_NOT_REGULAR;
	enum read_result r = readfile_starved()					? READ_STARVED
			     : errno == EACCES || errno == EPERM ||
				       errno == ENAMETOOLONG ? READ_DENIED
							     : READ_ERROR;
	err_sys(e, "%s/%s", strcmp(root, "/") ? root : "", rel);
	return r;
}

/* Opens rel; *fd is the caller's when READ_OK. O_NONBLOCK: a FIFO must not make us wait. */
static enum read_result open_file(struct readfile *rf, const char *root, const char *rel, int *fd,
				  struct stat *st, struct err *e)
{
	const char *name;
	int dir = dir_of(rf, root, rel, &name);
	*fd = dir < 0 ? -1
		      : openat(dir, name,
			       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (*fd < 0)
		return open_failed(root, rel, e);
	if (fstat(*fd, st)) {
		err_sys(e, "%s/%s: stat", strcmp(root, "/") ? root : "", rel);
		close(*fd);
		return READ_ERROR;
	}
	if (!S_ISREG(st->st_mode)) {
		close(*fd);
		return READ_NOT_REGULAR;
	}
	return READ_OK;
}

static void fill_meta(struct file_meta *m, const struct stat *st)
{
	m->size_bytes = (uint64_t)st->st_size;
	m->mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Read what fd has; READ_CHANGED when it is not what st said, or no longer. */
static enum read_result slurp(int fd, const char *rel, const struct stat *st, struct buf *b,
			      struct err *e)
{
	struct stat after;
	size_t size = (size_t)st->st_size, got;
	uint8_t extra;
	buf_reserve(b, size + 1);
	if (fd_read(fd, rel, b->p + b->len, size, &got, e))
		return READ_ERROR;
	b->len += got;
	b->p[b->len] = 0;
	if (got < size)
		return READ_CHANGED;
	if (fd_read(fd, rel, &extra, 1, &got, e))
		return READ_ERROR;
	if (fstat(fd, &after)) {
		err_sys(e, "%s: stat", rel);
		return READ_ERROR;
	}
	return got || !same(st, &after) ? READ_CHANGED : READ_OK;
}

enum read_result readfile(struct readfile *rf, const char *root, const char *rel, uint64_t max,
			  struct buf *b, struct file_meta *meta, struct err *e)
{
	size_t start = b->len;
	enum read_result r = READ_CHANGED;
	for (int round = 0; round < 2 && r == READ_CHANGED; round++) {
		struct stat st;
		int fd;
		b->len = start;
		r = open_file(rf, root, rel, &fd, &st, e);
		if (r != READ_OK)
			return r;
		fill_meta(meta, &st);
		r = meta->size_bytes > max ? READ_TOO_BIG : slurp(fd, rel, &st, b, e);
		close(fd);
	}
	return r;
}

enum read_result readfile_head(struct readfile *rf, const char *root, const char *rel, size_t n,
			       struct buf *b, struct file_meta *meta, struct err *e)
{
	struct stat st;
	size_t got;
	int fd;
	enum read_result r = open_file(rf, root, rel, &fd, &st, e);
	if (r != READ_OK)
		return r;
	fill_meta(meta, &st);
	if (n > meta->size_bytes)
		n = (size_t)meta->size_bytes;	/* as readfile() has it; and not asked for more */
	buf_reserve(b, n);
	if (fd_read(fd, rel, b->p + b->len, n, &got, e))
		r = READ_ERROR;
	else
		b->len += got;
	close(fd);
	return r;
}

enum read_result readfile_open(struct readfile *rf, const char *root, const char *rel, int *fd,
			       struct file_meta *meta, struct err *e)
{
	struct stat st;
	enum read_result r = open_file(rf, root, rel, fd, &st, e);
	if (r == READ_OK)
		fill_meta(meta, &st);
	return r;
}

void readfile_release(struct readfile *rf)
{
	forget(rf);
}
