/* Starting a server when a tool needs one; see embed_ep.h. */
#define _GNU_SOURCE
#include "sys/embed_ep.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/tmpfile.h"
#include "sys/spawn.h"

#define IDLE_TIMEOUT "600"	/* seconds a server started this way lives without requests */

/* The first line the child wrote, without "PROGRAM: " before it. */
static void first_line(int fd, const char *name, char *out, size_t cap)
{
	char text[1100];
	size_t got, k = strlen(name);
	if (fd_pread(fd, "scratch file", text, sizeof text - 1, 0, &got, NULL))
		got = 0;
	text[got] = 0;
	text[strcspn(text, "\n")] = 0;
	const char *p = strncmp(text, name, k) || strncmp(text + k, ": ", 2) ? text : text + k + 2;
	size_t n = strlen(p) < cap ? strlen(p) : cap - 1;
	memcpy(out, p, n);
	out[n] = 0;
}

/* Wait for pid until deadline_s. *status is -1 when somebody else collected it. */
static int wait_child(pid_t pid, const char *name, double deadline_s, int *status, struct err *e)
{
	const struct timespec nap = {0, 3 * 1000 * 1000};
	for (;;) {
		pid_t r = waitpid(pid, status, WNOHANG);
		if (r == pid)
			return 0;
		if (r < 0 && errno == ECHILD) {
			*status = -1;
			return 0;
		}
		if (r < 0 && errno != EINTR)
			return err_sys(e, "wait for %s", name);
		if (now_s() > deadline_s) {
			kill(pid, SIGTERM);
			return err_set(e, ERR_TEMP, "%s was not ready in time", name);
		}
		nanosleep(&nap, NULL);
	}
}

enum { ARGS_MAX = 20 };

int embed_start_program(const char *name, char *const *args, double deadline_s, struct err *e)
{
	char *argv[ARGS_MAX + 4] = {env_program(name), (char *)"--idle-timeout", (char *)IDLE_TIMEOUT}, line[900];
	int fd = -1, status, r = -1;
	pid_t pid;
	for (size_t i = 0; args[i] && i < ARGS_MAX; i++)
		argv[3 + i] = args[i];
	if (tmpspool_open(&fd, e))
		goto out;
	if (spawn_start(&(struct spawn){argv, SPAWN_NULL, fd, fd, false}, &pid)) {
		err_sys(e, "cannot start %s", argv[0]);
		goto out;
	}
	if (wait_child(pid, name, deadline_s, &status, e))
		goto out;
	if (status == -1 || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
		r = 0;
		goto out;
	}
	first_line(fd, name, line, sizeof line);
	err_set(e, WIFEXITED(status) && WEXITSTATUS(status) == 75 ? ERR_TEMP : ERR_DATA,
		"cannot start %s: %s", name, *line ? line : "it died without a message");
out:
	if (fd >= 0)
		close(fd);
	mem_free(argv[0]);
	return r;
}

int embed_start(const char *model_dir, const char *precision, const char *ep, double deadline_s,
		struct err *e)
{
	char *model = realpath(model_dir, NULL);
	char *args[] = {(char *)"--daemon", (char *)"--model", model, (char *)"--endpoint", (char *)ep,
			(char *)"--precision", (char *)(precision ? precision : "auto"), NULL};
	if (!model)
		return err_sys(e, "%s", model_dir);
	int r = embed_start_program("leann-embed-server", args, deadline_s, e);
	free(model);	/* realpath's own */
	return r;
}
