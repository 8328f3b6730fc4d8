/*
 * http: HTTP/1.1 over libmicrohttpd, which http.c alone knows. One thread speaks to all connections,
 * so that idle and slow ones cost a descriptor each; requests that pass the guard wait in a bounded
 * queue for a worker.
 *
 *	struct http_opts o = {...};
 *	if (http_start(&o, &h, e)) ...
 *	http_stop(h);		no new connections; what was asked is answered
 */
#ifndef LEANN_SERVE_HTTP_H
#define LEANN_SERVE_HTTP_H

#include <stdbool.h>

#include "base/js.h"
#include "guard.h"
#include "reply.h"

struct http_request {
	const char *method, *path;	/* the path without "?" and what follows, %XX read */
	struct js *args;		/* of the query string: strings by name */
	struct js *headers;		/* strings by name in lower case */
	struct buf body;
};

enum {
	HTTP_QUICK = 1,			/* answered at once by the thread of the connections: i_worker is n_workers */
	HTTP_OPEN = 2,			/* wants no token, so it holds no data */
};

struct http_route {
	const char *methods;		/* "GET, POST" */
	unsigned how;			/* HTTP_ */
	void (*answer)(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp);
};

struct http_opts {
	int listen_fd;			/* listening; http_stop() closes it */
	struct guard guard;		/* what it points to outlives the server */
	const struct http_route *(*route)(void *ctx, const char *path);	/* NULL: no such path */
	void (*done)(void *ctx, const struct http_route *route, unsigned status, double seconds);
	/* An error that http itself is about to send, of a path that may have words of its own for it. */
	void (*refused)(void *ctx, const char *path, const char *message, struct reply *rp);
	void *ctx;			/* of these and of answer */
	size_t n_workers, queue_max, connections_max;
	unsigned idle_s;		/* for a connection's next request, and for reading an answer */
};

/* Since the start. */
struct http_counts {
	uint64_t n_requests, n_refused, n_busy;
	size_t n_queued, n_connections;
};

struct http;

int http_start(const struct http_opts *o, struct http **out, struct err *e) MUST_CHECK;
void http_stop(struct http *h);
void http_counts(struct http *h, struct http_counts *out);
#endif
