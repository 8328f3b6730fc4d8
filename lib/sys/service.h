/*
 * service: the life of a server of leann-embed(7): in the background or not, the lock of its endpoint,
 * the ready line, and leaving without a trace.
 *
 *	struct service s = SERVICE_INIT;
 *	s.ep = mem_strdup("ipc:///run/user/1000/leann/embed-X.sock");
 *	r = service_begin(&s, daemon, &line, e);	1: another one serves it; line is its ready line
 *	... what takes long, then ...
 *	if (service_bind(&s, e) || service_ready(&s, line, e)) ...
 *	... embed_serve_run() ...
 *	service_end(&s);
 */
#ifndef LEANN_SYS_SERVICE_H
#define LEANN_SYS_SERVICE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "sys/zsock.h"

struct service {
	char *ep, *pidfile;		/* owned; pidfile is made from ep */
	int lock_fd, stop_fd;		/* stop_fd: readable when a signal asks us to leave */
	int ready_fd;			/* in the background: who started us waits there; else -1 */
	struct zsock *z;
};
#define SERVICE_INIT {NULL, NULL, -1, -1, -1, NULL}

/*
 * Go to the background, when daemon, and take the lock of s->ep. 0: it is ours. 1: another process
 * serves the endpoint, line is what it said when it was ready; only when daemon, else that is an
 * error (ERR_TEMP).
 */
int service_begin(struct service *s, bool daemon, struct buf *line, struct err *e) MUST_CHECK;
int service_bind(struct service *s, struct err *e) MUST_CHECK;
/* It answers: line goes into the lock file, and who started us may go on. */
int service_ready(struct service *s, const char *line, struct err *e) MUST_CHECK;
/* Socket and lock are gone, unless they are another's by now; then this process ends here. */
void service_end(struct service *s);
void service_release(struct service *s);	/* strings alone */

#endif
