/* How a file of SQLite is opened so that nothing is made beside it; see db.h. */
#include "db.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/mem.h"

static off_t size_of(const char *path, const char *suffix)
{
	struct stat st;
	char *p = mem_printf("%s%s", path, suffix);
	off_t n = stat(p, &st) == 0 ? st.st_size : -1;
	mem_free(p);
	return n;
}

/*
 * How to open it so that nothing is made beside it. With a write-ahead log SQLite makes two files where there are
 * none: then nobody has it open, and it is read as it is.
 */
static int choose_mode(const char *path, const char **mode, uint64_t *n_bytes, struct err *e)
{
	uint8_t head[20];
	size_t got;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "%s", path);
	int r = fstat(fd, &st) || !S_ISREG(st.st_mode) ? err_set(e, ERR_DATA, "%s: not a regular file", path)
						       : fd_read(fd, path, head, sizeof head, &got, e);
	close(fd);
	if (r)
		return -1;
	if (got < sizeof head || memcmp(head, "SQLite format 3", 16))
		return err_set(e, ERR_DATA, "%s: not a file of SQLite", path);
	*n_bytes = (uint64_t)st.st_size;
	off_t wal = size_of(path, "-wal"), shm = size_of(path, "-shm");
	bool logs = head[18] == 2 || head[19] == 2;
	*mode = logs && wal <= 0 && shm < 0 ? "immutable=1" : "mode=ro";
	if (logs && wal > 0 && shm < 0)
		return err_set(e, ERR_DATA, "%s: its write-ahead log was left by a program that was interrupted: open "
			       "it with Chroma once, which puts it in order", path);
	return 0;
}

/* file:PATH?MODE, with what a URI has another meaning for as %XX. */
static char *uri_of(const char *path, const char *mode)
{
	struct buf b = BUF_INIT;
	buf_adds(&b, "file:");
	if (*path != '/')
		buf_adds(&b, "./");
	for (; *path; path++)
		if (strchr("%?#", *path))
			buf_printf(&b, "%%%02X", (unsigned char)*path);
		else
			buf_addc(&b, *path);
	buf_printf(&b, "?%s", mode);
	return (char *)buf_detach(&b);
}

int db_uri(const char *path, char **uri, uint64_t *n_bytes, struct err *e)
{
	const char *mode;
	if (choose_mode(path, &mode, n_bytes, e))
		return -1;
	*uri = uri_of(path, mode);
	return 0;
}
