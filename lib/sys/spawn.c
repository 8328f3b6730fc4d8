/* Children; see spawn.h. */
#define _GNU_SOURCE
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static int put_fd(posix_spawn_file_actions_t *fa, int from, int to)
{
	return from == SPAWN_NULL
		       ? posix_spawn_file_actions_addopen(fa, to, "/dev/null", to ? O_WRONLY : O_RDONLY, 0)
		       : posix_spawn_file_actions_adddup2(fa, from, to);
}

static int put_signals(posix_spawnattr_t *at, bool group)
{
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	if (group)
		flags |= POSIX_SPAWN_SETPGROUP;
	int r = posix_spawnattr_setflags(at, flags);
	r = r ? r : posix_spawnattr_setsigmask(at, &none);
	return r ? r : posix_spawnattr_setsigdefault(at, &all);
}

int spawn_start(const struct spawn *s, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	if ((errno = posix_spawn_file_actions_init(&fa)))
		return -1;
	if ((errno = posix_spawnattr_init(&at))) {
		int why = errno;
		posix_spawn_file_actions_destroy(&fa);
		errno = why;
		return -1;
	}
	int r = put_signals(&at, s->group);
	r = r ? r : put_fd(&fa, s->in, 0);
	r = r ? r : put_fd(&fa, s->out, 1);
	r = r ? r : put_fd(&fa, s->err, 2);
	r = r ? r : posix_spawnp(pid, s->argv[0], &fa, &at, s->argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&at);
	errno = r;
	return r ? -1 : 0;
}

int spawn_wait(pid_t pid)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}
