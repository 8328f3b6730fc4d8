/*
 * guard: may this request be answered at all? Asked of its head, before its body is read, in this
 * order: method, Host, Origin, token, content type, length. Pure; leann-serve(1), SECURITY.
 */
#ifndef LEANN_SERVE_GUARD_H
#define LEANN_SERVE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GUARD_BODY_MAX = 1 << 20 };

struct guard {
	unsigned port;
	const char *const *hosts;	/* besides localhost, 127.0.0.1 and [::1]; NULL-terminated or NULL */
	const char *const *origins;	/* "http://localhost:3000"; NULL-terminated or NULL */
	const char *token;		/* NULL: none is wanted */
	bool any_host;			/* Unix sockets, which no web page reaches */
};

/* A request's head; what is absent is NULL. */
struct guard_head {
	const char *method, *host, *origin, *authorization, *content_type, *content_length;
	bool chunked;
	bool open;			/* its path wants no token */
	bool twice;			/* one of these is there again, or both kinds of length */
};

/* methods: those of the path, "GET" or "POST" or "GET, POST"; NULL: no such path. */
struct guard_says {
	unsigned status;		/* 200: go on */
	char why[200];
};

/* Of a body of n bytes so far; false: they are too many, in out. */
bool guard_length(size_t n, struct guard_says *out);
void guard_check(const struct guard *g, const struct guard_head *h, const char *methods,
		 struct guard_says *out);

#endif
