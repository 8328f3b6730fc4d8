/*
 * embed_serve: the loop of a server of leann-embed(7): requests are taken from the socket, what needs
 * no model is answered here, the rest goes to who does the work, and replies go out.
 *
 *	struct embed_serve s = {.z = z, .info = &info, .stop_fd = fd, .lock_fd = lock, .pidfile = path,
 *				.ops = &ops, .ctx = mine};
 *	if (embed_serve_run(&s, e)) ...		0: told to leave, idle for idle_s, or the lock is gone
 *
 * One thread. The functions of ops are called by it.
 */
#ifndef LEANN_SYS_EMBED_SERVE_H
#define LEANN_SYS_EMBED_SERVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "fmt/wire.h"
#include "sys/zsock.h"

struct embed_serve;

struct embed_serve_ops {
	/* Counters of info as they are now; it is about to be sent. */
	void (*count)(void *ctx);
	/* A request for embeddings or scores. Whoever takes over the bytes of m and r leaves both empty. */
	int (*take)(void *ctx, struct embed_serve *s, struct zmsg *m, struct wire_req *r, struct err *e);
	/* Requests that were taken and not answered yet. */
	size_t (*n_open)(void *ctx);
	/* Some of the work, or send what others did; *more: call again without waiting for messages. */
	int (*work)(void *ctx, struct embed_serve *s, bool *more, struct err *e);
	/* stop_fd is readable: true, leave; false: it was for work(). NULL: leave. */
	bool (*told_to_leave)(void *ctx);
	/* Before the socket is closed: whoever still waits can be told. */
	void (*stop)(void *ctx, struct embed_serve *s);
};

struct embed_serve {
	struct zsock *z;
	struct wire_info *info;		/* n_requests and uptime_s are kept here */
	bool numbers;			/* take() has passages that can be asked for by number */
	int stop_fd;
	double idle_s;			/* 0: never leave by itself */
	int lock_fd;			/* it leaves when its lock file is gone: nobody finds it */
	const char *pidfile;
	const struct embed_serve_ops *ops;
	void *ctx;
	/* its own */
	struct mp_doc *doc;
	struct buf reply;		/* of what needs no work */
	double start_s, active_s;
	bool more;
};

int embed_serve_run(struct embed_serve *s, struct err *e) MUST_CHECK;

/* Send b as it is; it is empty afterwards. A peer that is gone or does not read gets nothing. */
int embed_serve_reply(struct embed_serve *s, const struct zpeer *to, struct buf *b,
		      struct err *e) MUST_CHECK;
int embed_serve_err(struct embed_serve *s, const struct zpeer *to, uint64_t id, const struct err *why,
		    struct err *e) MUST_CHECK;
/* The same, for now: ask again. */
int embed_serve_busy(struct embed_serve *s, const struct zpeer *to, uint64_t id, const struct err *why,
		     struct err *e) MUST_CHECK;
/* A request of the kind that this server's model is not for. */
int embed_serve_refuse_kind(struct embed_serve *s, const struct zpeer *to, const struct wire_req *r,
			    struct err *e) MUST_CHECK;

#endif
