/* git as a child process; see gitfiles.h. */
#include "sys/gitfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/tmpfile.h"

#define LIST_MAX ((size_t)2 << 30)	/* bytes of names */
enum { NO_EXEC = 127 };

/*
 * In the child. core.fsmonitor may name a program, which an untrusted repository must not
 * choose.
 */
static _Noreturn void exec_git(const char *dir, const char *const *args, int out, int err)
{
	static const char *const gone[] = {"GIT_DIR",	 "GIT_WORK_TREE", "GIT_INDEX_FILE",
					   "GIT_PREFIX", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY",
					   NULL};
	const char *argv[24] = {"git", "-C", dir, "-c", "core.fsmonitor=false", "-c",
				"core.hooksPath=/dev/null"};
	int null = open("/dev/null", O_RDONLY);
	for (const char *const *g = gone; *g; g++)
		unsetenv(*g);
	for (size_t i = 0; args[i]; i++)
		argv[7 + i] = args[i];
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(NO_EXEC);
	execvp("git", (char *const *)argv);	/* exec does not write to its arguments */
	_exit(NO_EXEC);
}

static int wait_child(pid_t pid, int *status, struct err *e)
{
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, "git: wait");
	return 0;
}

/* First line of what git said on its stderr. */
static void first_line(int fd, char *line, size_t cap)
{
	size_t got;
	struct err e;
	line[0] = 0;
	if (fd_pread(fd, "git", line, cap - 1, 0, &got, &e))
		return;
	line[got] = 0;
	line[strcspn(line, "\n")] = 0;
}

static int run(const char *dir, const char *const *args, struct buf *out, int *status, char *said,
	       size_t cap, struct err *e)
{
	int p[2], err, r = -1;
	if (tmpspool_open(&err, e))
		return -1;
	if (pipe(p)) {
		close(err);
		return err_sys(e, "git: pipe");
	}
	fcntl(p[0], F_SETFD, FD_CLOEXEC);
	fcntl(p[1], F_SETFD, FD_CLOEXEC);
	pid_t pid = fork();
	if (pid == 0)
		exec_git(dir, args, p[1], err);
	close(p[1]);
	if (pid < 0)
		err_sys(e, "git: fork");
	else
		r = fd_slurp(p[0], "git", LIST_MAX, out, e);
	close(p[0]);
	if (pid > 0 && wait_child(pid, status, r ? NULL : e))
		r = -1;
	first_line(err, said, cap);
	close(err);
	return r;
}

/* run(), and what git says where it fails. */
static int run_well(const char *dir, const char *const *args, struct buf *out, struct err *e)
{
	char said[300];
	int status;
	if (run(dir, args, out, &status, said, sizeof said, e))
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_EXEC)
		return err_set(e, ERR_SYS, "git is not installed");
	if (WIFSIGNALED(status))
		return err_set(e, ERR_SYS, "git %s: killed by signal %d", args[0], WTERMSIG(status));
	return err_set(e, ERR_SYS, "git %s: status %d: %s", args[0], WEXITSTATUS(status), said);
}

int gitfiles_diff(const char *dir, const char *from, const char *to, struct buf *out, struct err *e)
{
	const char *args[] = {"diff", "--no-ext-diff", "--no-color", "--relative", "--name-status",
			      "-z", "-M", from, to ? to : "--", to ? "--" : NULL, NULL};
	if (*from == '-' || (to && *to == '-'))
		return err_set(e, ERR_USAGE, "\"%s\" is no revision", *from == '-' ? from : to);
	return run_well(dir, args, out, e);
}
