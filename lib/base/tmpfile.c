/* Atomic output, scratch files, the writers' lock; see tmpfile.h. */
#define _GNU_SOURCE
#include "base/tmpfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

/* What the signal handler removes: one named temp file a process is all we ever have. */
static volatile sig_atomic_t armed;
static char armed_name[300];
static int armed_dirfd;

static void remove_armed(void)
{
	if (armed)
		unlinkat(armed_dirfd, armed_name, 0);
}

static void on_signal(int sig)
{
	remove_armed();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void arm(int dirfd, const char *name)
{
	static const int sigs[] = {SIGINT, SIGTERM, SIGHUP};
	static bool at_exit;
	/* memory that is out ends the program wherever it is */
	if (!at_exit)
		at_exit = atexit(remove_armed) == 0;
	snprintf(armed_name, sizeof armed_name, "%s", name);
	armed_dirfd = dirfd;
	armed = 1;
	for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++) {
		struct sigaction sa;
		if (sigaction(sigs[i], NULL, &sa) == 0 && sa.sa_handler == SIG_DFL) {
			sa.sa_handler = on_signal;
			sigaction(sigs[i], &sa, NULL);
		}
	}
}

/* ".TARGET.tmp.PID": the shape that collect_stale() knows. */
static char *temp_name(const char *target)
{
	return mem_printf(".%s.tmp.%ld", target, (long)getpid());
}

/*
 * Does nobody write to it any more? Its process is gone, or has not locked it: a number comes back, in
 * a container or after a crash soon, as another program's. One of our own is of an earlier process.
 */
static bool is_stale(int dirfd, const char *name, long pid)
{
	if (pid == getpid() || (pid > 0 && kill((pid_t)pid, 0) && errno == ESRCH))
		return true;
	int fd = pid > 0 ? openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	bool stale = fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB);
	if (fd >= 0)
		close(fd);
	return stale;
}

/* Remove temp files of this target whose process is gone. */
static void collect_stale(int dirfd, const char *target)
{
	char *prefix = mem_printf(".%s.tmp.", target);
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	while (d && (de = readdir(d))) {
		size_t n = strlen(prefix);
		if (strncmp(de->d_name, prefix, n))
			continue;
		long pid = strtol(de->d_name + n, NULL, 10);
		if (is_stale(dirfd, de->d_name, pid))
			unlinkat(dirfd, de->d_name, 0);
	}
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	mem_free(prefix);
}

static int open_nameless(struct tmpout *t)
{
	if (access("/proc/self/fd", X_OK))
		return -1;
	t->fd = openat(t->dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	if (t->fd >= 0)
		flock(t->fd, LOCK_EX | LOCK_NB);	/* it may have a name for a moment: is_stale() */
	return t->fd < 0 ? -1 : 0;
}

static int open_named(struct tmpout *t, struct err *e)
{
	struct stat st;
	t->tmp = temp_name(t->target);
	arm(t->dirfd, t->tmp);
	for (int i = 0; i < 10; i++) {
		t->fd = openat(t->dirfd, t->tmp, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
		if (t->fd < 0 || flock(t->fd, LOCK_EX) || fstat(t->fd, &st) || st.st_nlink)
			break;
		close(t->fd);	/* taken for a stale one before it was locked */
	}
	if (t->fd < 0) {
		armed = 0;
		mem_free(t->tmp);
		t->tmp = NULL;
		return err_sys(e, "%s: cannot make a temporary file beside it", t->path);
	}
	return 0;
}

/* rename() would put the new file in the place of a device, FIFO or link, and ruin those. */
static int check_target(const char *path, struct err *e)
{
	struct stat st;
	if (lstat(path, &st) || S_ISREG(st.st_mode))
		return 0;
	return err_set(e, ERR_DATA, "%s: %s is there, want the name of a regular file or a new one",
		       path, S_ISDIR(st.st_mode)   ? "a directory"
			     : S_ISLNK(st.st_mode) ? "a symbolic link"
						   : "a device, FIFO or socket");
}

int tmpout_open(struct tmpout *t, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? mem_strndup(path, (size_t)(slash - path) + 1) : mem_strdup("./");
	*t = (struct tmpout){.fd = -1, .dirfd = -1};
	t->path = mem_strdup(path);
	t->target = mem_strdup(slash ? slash + 1 : path);
	if (check_target(path, e)) {
		;
	} else if ((t->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		err_sys(e, "%s: cannot open directory %s", path, dir);
	} else if (!*t->target || strlen(t->target) > 200) {
		err_set(e, ERR_USAGE, "%s: not a usable file name", path);
	} else {
		collect_stale(t->dirfd, t->target);
		if (open_nameless(t) == 0 || open_named(t, e) == 0) {
			mem_free(dir);
			return 0;
		}
	}
	mem_free(dir);
	tmpout_abandon(t);
	return -1;
}

/* Give the nameless file its place: directly when free, else through a temp name and rename. */
static int link_nameless(struct tmpout *t, struct err *e)
{
	char self[40];
	snprintf(self, sizeof self, "/proc/self/fd/%d", t->fd);
	if (linkat(AT_FDCWD, self, t->dirfd, t->target, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(e, "%s: cannot publish", t->path);
	char *tmp = temp_name(t->target);
	arm(t->dirfd, tmp);
	unlinkat(t->dirfd, tmp, 0);
	if (linkat(AT_FDCWD, self, t->dirfd, tmp, AT_SYMLINK_FOLLOW)) {
		armed = 0;
		mem_free(tmp);
		return err_sys(e, "%s: cannot publish", t->path);
	}
	t->tmp = tmp;
	return 0;
}

int tmpout_commit(struct tmpout *t, struct err *e)
{
	int r = -1;
	if (fsync(t->fd))
		err_sys(e, "%s: fsync", t->path);
	else if (!t->tmp && link_nameless(t, e))
		;
	else if (t->tmp && renameat(t->dirfd, t->tmp, t->dirfd, t->target))
		err_sys(e, "%s: rename", t->path);
	else {
		armed = 0;
		mem_free(t->tmp);
		t->tmp = NULL;
		r = fsync(t->dirfd) ? err_sys(e, "%s: fsync of its directory", t->path) : 0;
	}
	tmpout_abandon(t);
	return r;
}

void tmpout_abandon(struct tmpout *t)
{
	int saved = errno;
	if (t->tmp) {
		unlinkat(t->dirfd, t->tmp, 0);
		armed = 0;
	}
	if (t->fd >= 0)
		close(t->fd);
	if (t->dirfd >= 0)
		close(t->dirfd);
	mem_free(t->tmp);
	mem_free(t->target);
	mem_free(t->path);
	*t = (struct tmpout){.fd = -1, .dirfd = -1};
	errno = saved;
}

static int spool_in(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	if (fd >= 0)
		return fd;
	char *name = mem_printf("%s/leann-XXXXXX", dir);
	sigset_t all, old;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0 && unlink(name)) {	/* what has a name stays behind: it gets no bytes */
		close(fd);
		fd = -1;
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	mem_free(name);
	return fd;
}

int tmpspool_open(int *fd, struct err *e)
{
	const char *dirs[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
	for (size_t i = 0; i < 3; i++) {
		if (!dirs[i] || !*dirs[i])
			continue;
		*fd = spool_in(dirs[i]);
		if (*fd >= 0)
			return 0;
	}
	return err_sys(e, "cannot make a scratch file in $TMPDIR, /var/tmp or /tmp");
}

/* Is fd still the file of that name? The lock of an index that was removed went with it. */
static int is_named(int fd, const char *name)
{
	struct stat mine, now;
	return !fstat(fd, &mine) && !stat(name, &now) && mine.st_ino == now.st_ino &&
	       mine.st_dev == now.st_dev;
}

/* Once: 0 locked, 1 somebody else has it, -1. */
static int try_lock(const char *name, int *fd, struct err *e)
{
	for (int i = 0;; i++) {
		if (*fd < 0)
			*fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (*fd < 0)
			return err_sys(e, "%s", name);
		if (flock(*fd, LOCK_EX | LOCK_NB)) {
			if (errno == EINTR)
				continue;
			if (errno != EWOULDBLOCK)
				return err_sys(e, "%s: flock", name);
			return 1;
		}
		if (is_named(*fd, name) || i == 100)	/* 100: inodes here mean nothing */
			return 0;
		close(*fd);
		*fd = -1;
	}
}

int lock_writer(const char *path, double wait_s, int *fd, struct err *e)
{
	char *name = mem_printf("%s.lock", path);
	int r = -1;
	struct timespec nap = {0, 20 * 1000 * 1000};
	*fd = -1;
	if (check_target(path, e))
		goto out;
	while ((r = try_lock(name, fd, e)) > 0) {
		if (wait_s <= 0) {
			r = err_set(e, ERR_TEMP,
				    "%s: another writer holds %s: try again or use --wait", path,
				    name);
			break;
		}
		nanosleep(&nap, NULL);
		wait_s -= .02;
	}
out:
	if (r && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	mem_free(name);
	return r;
}
