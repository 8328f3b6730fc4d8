/*
 * spawn: a program as a child, without our signal mask, our handlers and what we ignore.
 *
 *	struct spawn s = {.argv = argv, .in = SPAWN_NULL, .out = p[1], .err = SPAWN_NULL};
 *	pid_t pid;
 *	if (spawn_start(&s, &pid)) return err_sys(e, "cannot start %s", argv[0]);
 *	int status = spawn_wait(pid);
 */
#ifndef LEANN_SYS_SPAWN_H
#define LEANN_SYS_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

enum { SPAWN_NULL = -1 };	/* for a descriptor: /dev/null */

struct spawn {
	char *const *argv;	/* ended by NULL; [0] without "/" is looked for in PATH */
	int in, out, err;	/* its 0, 1 and 2; they stay the caller's */
	bool group;		/* it leads a process group, so that all of it can be ended */
};

/* -1: errno says why. */
int spawn_start(const struct spawn *s, pid_t *pid) MUST_CHECK;
/* As waitpid() gives it, once the child has ended. */
int spawn_wait(pid_t pid);

#endif
