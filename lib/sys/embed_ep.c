/* Endpoints and the lock on them; see embed_ep.h. */
#include "sys/embed_ep.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/progress.h"
#include "sys/modeldir.h"

enum {
	SOCKET_PATH_MAX = 107,		/* sun_path of unix(7), less its NUL */
	PIDFILE_MAX = 4096,
};

static int check_path(const char *path, struct err *e)
{
	if (*path != '/')
		return err_set(e, ERR_USAGE, "endpoint ipc://%s: want an absolute path", path);
	if (strlen(path) > SOCKET_PATH_MAX)
		return err_set(e, ERR_USAGE, "endpoint ipc://%s: path of %zu bytes, sockets take"
			       " %d: use a shorter directory", path, strlen(path), SOCKET_PATH_MAX);
	return 0;
}

int embed_ep_default(const char *model_dir, const char *precision, char **ep, struct err *e)
{
	bool told = precision && strcmp(precision, "auto");
	char key[17], *dir;
	if (model_key(model_dir, key, e) || env_runtime_dir(&dir, e))
		return -1;
	*ep = mem_printf("ipc://%s/embed-%s%s%s.sock", dir, key, told ? "-" : "",
			 told ? precision : "");
	mem_free(dir);
	if (check_path(*ep + 6, e)) {
		mem_free(*ep);
		return -1;
	}
	return 0;
}

/* HOST:PORT with HOST localhost or 127.x.y.z */
static int check_tcp(const char *given, char **ep, struct err *e)
{
	const char *rest = given + 6, *colon = strrchr(rest, ':');
	char *end;
	if (!colon || !isdigit((unsigned char)colon[1]))
		return err_set(e, ERR_USAGE, "endpoint %s: want tcp://127.0.0.1:PORT", given);
	unsigned long port = strtoul(colon + 1, &end, 10);
	size_t n = (size_t)(colon - rest);
	if (*end || port < 1 || port > 65535)
		return err_set(e, ERR_USAGE, "endpoint %s: want a port from 1 to 65535", given);
	bool local = n == 9 && memcmp(rest, "localhost", 9) == 0;
	bool is_127 = n > 4 && memcmp(rest, "127.", 4) == 0 && strspn(rest, "0123456789.") == n;
	if (!local && !is_127)
		return err_set(e, ERR_USAGE, "endpoint %s: only loopback is served, the protocol"
			       " has no encryption: use tcp://127.0.0.1:%lu", given, port);
	*ep = mem_printf("tcp://%.*s:%lu", local ? 9 : (int)n, local ? "127.0.0.1" : rest, port);
	return 0;
}

int embed_ep_check(const char *given, char **ep, struct err *e)
{
	if (strncmp(given, "tcp://", 6) == 0)
		return check_tcp(given, ep, e);
	if (strncmp(given, "ipc://", 6))
		return err_set(e, ERR_USAGE,
			       "endpoint %s: want ipc:///PATH or tcp://127.0.0.1:PORT", given);
	if (check_path(given + 6, e))
		return -1;
	*ep = mem_strdup(given);
	return 0;
}

const char *embed_ep_path(const char *ep)
{
	return strncmp(ep, "ipc://", 6) ? NULL : ep + 6;
}

int embed_ep_pidfile(const char *ep, char **path, struct err *e)
{
	const char *sock = embed_ep_path(ep);
	char *dir;
	if (sock) {
		*path = mem_printf("%s.pid", sock);
		return 0;
	}
	if (env_runtime_dir(&dir, e))
		return -1;
	*path = mem_printf("%s/tcp-%s.pid", dir, strrchr(ep, ':') + 1);
	mem_free(dir);
	return 0;
}

bool pidlock_mine(int fd, const char *path)
{
	struct stat a, b;
	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

int pidlock_take(const char *path, int *fd, pid_t *holder, struct err *e)
{
	for (;;) {
		struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (*fd < 0)
			return err_sys(e, "%s", path);
		if (fcntl(*fd, F_SETLK, &l) == 0) {
			if (pidlock_mine(*fd, path))	/* not one that its last holder removed */
				return 0;
			close(*fd);
			continue;
		}
		if (errno != EACCES && errno != EAGAIN) {
			err_sys(e, "%s: lock", path);
			close(*fd);
			return -1;
		}
		l.l_type = F_WRLCK;
		int bad = fcntl(*fd, F_GETLK, &l);
		close(*fd);
		*fd = -1;
		if (!bad && l.l_type != F_UNLCK) {
			*holder = l.l_pid;
			return 1;
		}
	}
}

int pidlock_write(int fd, const char *path, const char *ready, struct err *e)
{
	char *text = mem_printf("%ld\n%s%s", (long)getpid(), ready ? ready : "", ready ? "\n" : "");
	int r = fd_pwrite(fd, path, text, strlen(text), 0, e);
	if (!r && ftruncate(fd, (off_t)strlen(text)))
		r = err_sys(e, "%s: truncate", path);
	mem_free(text);
	return r;
}

void pidlock_drop(int fd, const char *path)
{
	if (fd < 0)
		return;
	unlink(path);
	close(fd);
}

int pidlock_query(const char *path, pid_t *holder, struct buf *ready, struct err *e)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r = -1;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(e, "%s", path);
	buf_clear(ready);
	if (fcntl(fd, F_GETLK, &l)) {
		err_sys(e, "%s: lock", path);
	} else if (l.l_type == F_UNLCK) {
		r = 0;
	} else if (fd_slurp(fd, path, PIDFILE_MAX, ready, e) == 0) {
		r = 1;
		*holder = l.l_pid;
		/* the second line, without its LF; a line still being written has none */
		char *nl = ready->len ? memchr(ready->p, '\n', ready->len) : NULL;
		size_t skip = nl ? (size_t)((uint8_t *)nl - ready->p) + 1 : ready->len;
		bool whole = ready->len > skip && ready->p[ready->len - 1] == '\n';
		size_t n = whole ? ready->len - skip - 1 : 0;
		memmove(ready->p, ready->p + skip, n);
		ready->p[ready->len = n] = 0;
	}
	close(fd);
	return r;
}

int embed_stop(const char *ep, double timeout_s, pid_t *pid, struct err *e)
{
	const struct timespec nap = {0, 10 * 1000 * 1000};
	struct buf ready = BUF_INIT;
	double deadline_s = now_s() + timeout_s;
	char *path;
	bool told = false;
	int r;
	if (embed_ep_pidfile(ep, &path, e))
		return -1;
	while ((r = pidlock_query(path, pid, &ready, e)) == 1) {
		r = -1;
		if (*pid <= 0) {
			err_set(e, ERR_DATA, "%s: its server is in another container", path);
			break;
		}
		if (!told && kill(*pid, SIGTERM) && errno != ESRCH) {
			err_sys(e, "cannot stop process %ld", (long)*pid);
			break;
		}
		told = true;
		if (now_s() > deadline_s) {
			err_set(e, ERR_TEMP, "process %ld did not stop in %g s", (long)*pid,
				timeout_s);
			break;
		}
		nanosleep(&nap, NULL);
	}
	buf_release(&ready);
	mem_free(path);
	return r ? -1 : told;
}
