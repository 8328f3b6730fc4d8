/* Checks of a request's head; see guard.h. */
#include "guard.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool listed(const char *s, const char *const *list)
{
	for (; list && *list; list++)
		if (!strcasecmp(s, *list))
			return true;
	return false;
}

/* "GET" in "GET, POST"; who may GET may HEAD. */
static bool allows(const char *methods, const char *method)
{
	size_t n = strlen(method);
	if (!strcmp(method, "HEAD"))
		return allows(methods, "GET");
	for (const char *p = methods; n && (p = strstr(p, method)); p += n)
		if ((p == methods || p[-1] == ' ') && (!p[n] || p[n] == ','))
			return true;
	return false;
}

/* Host is ours: a name that leads here only by a web page's doing (DNS rebinding) is not. */
static bool host_ok(const struct guard *g, const char *host)
{
	static const char *const own[] = {"127.0.0.1", "localhost", "[::1]", NULL};
	char port[16];
	if (g->any_host || (host && listed(host, g->hosts)))
		return true;
	if (!host)
		return false;
	snprintf(port, sizeof port, ":%u", g->port);
	for (size_t i = 0; own[i]; i++) {
		size_t n = strlen(own[i]);
		if (strncasecmp(host, own[i], n))
			continue;
		/* without a port it is 80 */
		if (!strcmp(host + n, port) || (g->port == 80 && !host[n]))
			return true;
	}
	return false;
}

/* Takes as long whatever the two have in common. */
static bool same_secret(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	volatile unsigned diff = (unsigned)(n ^ m) | (unsigned)((n ^ m) >> 16);
	for (size_t i = 0; i < n; i++)
		diff |= (unsigned char)a[i] ^ (unsigned char)b[m ? i % m : 0];
	return !diff && m;
}

static bool token_ok(const struct guard *g, const char *authorization)
{
	static const char scheme[] = "Bearer ";
	if (!g->token)
		return true;
	return authorization && !strncasecmp(authorization, scheme, sizeof scheme - 1) &&
	       same_secret(authorization + sizeof scheme - 1, g->token);
}

static bool is_json(const char *type)
{
	static const char json[] = "application/json";
	size_t n = sizeof json - 1;
	return type && !strncasecmp(type, json, n) && (!type[n] || strchr("; \t", type[n]));
}

/* -1: no number; else the length, at most one beyond the limit. */
static long length_of(const char *s)
{
	long n = 0;
	if (!*s)
		return -1;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		n = n > GUARD_BODY_MAX ? n : 10 * n + (*s - '0');
	}
	return n;
}

static void say(struct guard_says *out, unsigned status, const char *why)
{
	out->status = status;
	snprintf(out->why, sizeof out->why, "%s", why);
}

bool guard_length(size_t n, struct guard_says *out)
{
	if (n > GUARD_BODY_MAX)
		say(out, 413, "the limit of a body is 1 MiB");
	return n <= GUARD_BODY_MAX;
}

static void check_body(const struct guard_head *h, struct guard_says *out)
{
	long n = h->content_length ? length_of(h->content_length) : 0;
	if (!is_json(h->content_type))
		say(out, 415, "want Content-Type: application/json");
	else if (n < 0)
		say(out, 400, "Content-Length is no number");
	else if (!h->content_length && !h->chunked)
		say(out, 411, "want a Content-Length");
	else
		(void)guard_length((size_t)n, out);
}

void guard_check(const struct guard *g, const struct guard_head *h, const char *methods,
		 struct guard_says *out)
{
	say(out, 200, "");
	if (h->twice) {
		say(out, 400, "a header is there twice");
	} else if (!allows(methods ? methods : "GET, POST", h->method)) {
		out->status = 405;
		snprintf(out->why, sizeof out->why, "want %s", methods ? methods : "GET, POST");
	} else if (!host_ok(g, h->host)) {
		say(out, 403, "Host is not this server: see --allow-host");
	} else if (h->origin && !listed(h->origin, g->origins)) {
		say(out, 403, "Origin is not allowed: see --allow-origin");
	} else if (!h->open && !token_ok(g, h->authorization)) {
		say(out, 401, "want Authorization: Bearer TOKEN");
	} else if (!methods) {
		say(out, 404, "no such path: see /openapi.json");
	} else if (!strcmp(h->method, "POST")) {
		check_body(h, out);
	}
}
