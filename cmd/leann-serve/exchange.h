/* exchange: one request and its reply, from when its head was read until the reply was sent. */
#ifndef LEANN_SERVE_EXCHANGE_H
#define LEANN_SERVE_EXCHANGE_H

#include "http.h"
#include "work.h"

struct MHD_Connection;

struct exchange {
	struct job job;			/* the first member */
	struct http *h;
	struct MHD_Connection *c;
	const struct http_route *route;
	struct http_request rq;
	struct reply rp;
	struct guard_says says;
	bool twice;			/* a header that may be there once was again */
	bool owed;			/* counted among those that http_stop() waits for */
	bool answered;			/* rp is ready */
	double since_s;			/* it was all here */
};

struct exchange *exchange_new(const char *method, const char *path);
/* An argument or a header as it came. */
void exchange_add(struct exchange *x, bool header, const char *key, const char *value);
/* When all were added: x->says. methods: of the path. */
void exchange_guard(struct exchange *x, const struct guard *g, const char *methods);
void exchange_free(struct exchange *x);

#endif
