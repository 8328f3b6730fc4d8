/* Going to the background; see background.h. */
#define _GNU_SOURCE
#include "sys/background.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"

/* A server in the background keeps nothing open that it got from its starter. */
static void close_inherited(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *de;
	while (d && (de = readdir(d))) {
		int fd = (int)strtol(de->d_name, NULL, 10);
		if (fd > 2 && fd != dirfd(d))
			close(fd);
	}
	if (d)
		closedir(d);
}

int background_start(int *ready_fd, struct err *e)
{
	int p[2], status;
	char c;
	size_t got;
	close_inherited();
	if (pipe2(p, O_CLOEXEC))
		return err_sys(e, "pipe");
	pid_t pid = fork();
	if (pid < 0)
		return err_sys(e, "fork");
	if (pid == 0) {
		close(p[0]);
		setsid();
		*ready_fd = p[1];
		return 0;
	}
	close(p[1]);
	if (fd_read(p[0], "pipe", &c, 1, &got, e))
		return -1;
	if (got)
		_exit(0);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
}

int background_ready(int ready_fd, struct err *e)
{
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 || chdir("/"))
		return err_sys(e, "/dev/null");
	close(null);
	int r = fd_write(ready_fd, "pipe", "R", 1, e);
	close(ready_fd);
	return r;
}
