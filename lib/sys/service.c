/* A server's lock, socket and starter; see service.h. */
#include "sys/service.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/progress.h"
#include "fmt/wire.h"
#include "sys/background.h"
#include "sys/embed_ep.h"
#include "sys/stop.h"

#define OTHER_WAIT_S 120	/* for a server that another process is starting */

/* Another process has the lock: an error, or with daemon wait for its ready line (1). */
static int other_serves(struct service *s, bool daemon, pid_t holder, struct buf *line, struct err *e)
{
	const struct timespec nap = {0, 10 * 1000 * 1000};
	double deadline_s = now_s() + OTHER_WAIT_S;
	if (!daemon)
		return err_set(e, ERR_TEMP, "%s: process %ld serves it already", s->ep, (long)holder);
	while (now_s() < deadline_s) {
		int r = pidlock_query(s->pidfile, &holder, line, e);
		if (r <= 0)
			return r;
		if (line->len)
			return 1;
		nanosleep(&nap, NULL);
	}
	return err_set(e, ERR_TEMP, "%s: process %ld is starting for %d s now", s->ep, (long)holder,
		       OTHER_WAIT_S);
}

int service_begin(struct service *s, bool daemon, struct buf *line, struct err *e)
{
	pid_t holder;
	int r;
	if (embed_ep_pidfile(s->ep, &s->pidfile, e) || (daemon && background_start(&s->ready_fd, e)))
		return -1;
	while ((r = pidlock_take(s->pidfile, &s->lock_fd, &holder, e)) == 1) {
		r = other_serves(s, daemon, holder, line, e);
		if (r)
			return r;
	}
	if (r)
		return -1;
	umask(077);
	return stop_fd_open(&s->stop_fd, e) || pidlock_write(s->lock_fd, s->pidfile, NULL, e) ? -1 : 0;
}

int service_bind(struct service *s, struct err *e)
{
	return zsock_router(s->ep, WIRE_MESSAGE_MAX, &s->z, e);
}

int service_ready(struct service *s, const char *line, struct err *e)
{
	if (pidlock_write(s->lock_fd, s->pidfile, line, e))
		return -1;
	return s->ready_fd < 0 ? 0 : background_ready(s->ready_fd, e);
}

void service_end(struct service *s)
{
	if (s->lock_fd < 0)
		return;
	/* Files that another server may have made since are not ours to remove; libzmq would. */
	if (!pidlock_mine(s->lock_fd, s->pidfile))
		_exit(0);
	if (s->z) {
		zsock_unbind(s->z);
		zsock_free(s->z);
		s->z = NULL;
	}
	if (embed_ep_path(s->ep))
		unlink(embed_ep_path(s->ep));
	pidlock_drop(s->lock_fd, s->pidfile);
	s->lock_fd = -1;
}

void service_release(struct service *s)
{
	mem_free(s->ep);
	mem_free(s->pidfile);
}
