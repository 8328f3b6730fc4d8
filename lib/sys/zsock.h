/*
 * zsock: one ZeroMQ socket with its context (libzmq inside, in zsock.c alone): a
 * DEALER that connects or a ROUTER that is bound. Nothing here waits longer than it
 * is told; closing waits at most .2 s, messages are capped, peers are checked by heartbeats.
 *
 *	struct zsock *z; if (zsock_dealer("ipc:///x", max, &z, e)) return -1;
 *	zsock_send(z, NULL, p, n, e); got = zsock_recv(z, &m, 1.5, e); zsock_free(z);
 *
 * Whoever made a socket uses it: one thread.
 */
#ifndef LEANN_SYS_ZSOCK_H
#define LEANN_SYS_ZSOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct zsock;

/* Where a message came from and how it was framed, so that the answer can go back alike. */
struct zpeer {
	uint8_t id[256];
	size_t n_id;		/* 0 in a DEALER */
	bool delim;		/* an empty frame stands before the data (REQ peers) */
};

struct zmsg {
	struct zpeer from;
	struct buf body;	/* the data frame */
	size_t n_frames;	/* data frames; anything but 1 is for the caller to refuse */
};
#define ZMSG_INIT {{{0}, 0, false}, BUF_INIT, 0}

/* What happened, of zsock_wait(). */
enum zevent {
	ZEVENT_NONE = 0,	/* time is up, or a signal came */
	ZEVENT_MESSAGE = 1,	/* zsock_recv() has one */
	ZEVENT_FD = 2,		/* the caller's descriptor is readable */
	ZEVENT_LOST = 4,	/* DEALER: a connection that was up is gone */
	ZEVENT_ROOM = 8,	/* DEALER, when asked for: connected, room to send */
};

int zsock_dealer(const char *endpoint, size_t max_bytes, struct zsock **out,
		 struct err *e) MUST_CHECK;
/* Bind; an ipc path's old socket file is replaced, so hold its lock first. */
int zsock_router(const char *endpoint, size_t max_bytes, struct zsock **out,
		 struct err *e) MUST_CHECK;
/* No new connections; an ipc socket file is removed. */
void zsock_unbind(struct zsock *z);
void zsock_free(struct zsock *z);

/*
 * Wait at most timeout_s (< 0: for ever) for a message, for fd (-1: none), for room.
 * *got: enum zevent bits.
 */
int zsock_wait(struct zsock *z, int fd, bool want_room, double timeout_s, unsigned *got,
	       struct err *e) MUST_CHECK;
/* 1: a message in m (cleared first), 0: none there now, -1: error. */
int zsock_recv(struct zsock *z, struct zmsg *m, struct err *e) MUST_CHECK;
/*
 * Send one frame, to a ROUTER's peer or (to NULL) on a DEALER.
 * 1: accepted, 0: no room or peer gone, -1: error.
 */
int zsock_send(struct zsock *z, const struct zpeer *to, const void *p, size_t n,
	       struct err *e) MUST_CHECK;
/* The same with the bytes of b, which are not copied; b is empty afterwards, sent or not. */
int zsock_send_buf(struct zsock *z, const struct zpeer *to, struct buf *b,
		   struct err *e) MUST_CHECK;

#endif
