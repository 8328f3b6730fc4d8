/* guard: who is answered, in the order of leann-serve(1), SECURITY. */
#include "unit.h"

#include <string.h>

#include "../../cmd/leann-serve/guard.c"

static const char *const origins[] = {"http://localhost:3000", NULL};

static unsigned ask(const struct guard *g, const char *methods, struct guard_head h)
{
	struct guard_says says;
	if (!h.method)
		h.method = "GET";
	guard_check(g, &h, methods, &says);
	return says.status;
}

static void test_hosts(void)
{
	static const char *const good[] = {"127.0.0.1:8080", "localhost:8080", "LocalHost:8080", "[::1]:8080"};
	static const char *const bad[] = {
		"",	       "127.0.0.1",	      "localhost",		"127.0.0.1:8081",
		"localhost:80", "localhost:08080",    "localhost.:8080",	"evil.com:8080",
		"evil.com",    "127.0.0.1.evil.com:8080", "localhost:8080.evil.com", "127.0.0.1:8080:8080",
		"127.1:8080",  "0.0.0.0:8080",	      "2130706433:8080",	"0x7f.0.0.1:8080",
		"[::1]",       "[::]:8080",	      "[::ffff:127.0.0.1]:8080", " localhost:8080",
		"localhost:8080 ", "user@localhost:8080", "http://localhost:8080", "localhost:8080/",
	};
	const struct guard g = {.port = 8080}, http = {.port = 80};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ok(ask(&g, "GET", (struct guard_head){.host = good[i]}) == 200, "Host %s is ours", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(ask(&g, "GET", (struct guard_head){.host = bad[i]}) == 403, "Host \"%s\" is not", bad[i]);
	ok(ask(&g, "GET", (struct guard_head){0}) == 403, "no Host is not");
	ok(ask(&http, "GET", (struct guard_head){.host = "localhost"}) == 200, "on port 80 none need be said");
}

static void test_origins(void)
{
	const struct guard g = {.port = 8080}, some = {.port = 8080, .origins = origins};
	struct guard_head h = {.host = "localhost:8080", .origin = "http://evil.com"};
	ok(ask(&g, "GET", h) == 403, "an Origin is refused");
	h.origin = "null";
	ok(ask(&g, "GET", h) == 403, "that of a sandbox, too");
	h.origin = "http://localhost:3000";
	ok(ask(&g, "GET", h) == 403, "one that is not listed");
	ok(ask(&some, "GET", h) == 200, "one that is listed is not");
	h.origin = "http://localhost:3000.evil.com";
	ok(ask(&some, "GET", h) == 403, "one that begins like it is");
}

static void test_token(void)
{
	const struct guard g = {.port = 8080, .token = "secret"};
	struct guard_head h = {.host = "localhost:8080"};
	static const char *const bad[] = {"", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "Bearer Secret",
					  "secret", "Basic secret", "Bearer  secret", "Bearer secretsecret"};
	ok(ask(&g, "GET", h) == 401, "no token is refused");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		h.authorization = bad[i];
		ok(ask(&g, "GET", h) == 401, "\"%s\" is refused", bad[i]);
	}
	h.authorization = "bearer secret";
	ok(ask(&g, "GET", h) == 200, "the token is taken");
	h = (struct guard_head){.host = "localhost:8080", .open = true};
	ok(ask(&g, "GET", h) == 200, "a path that is open wants none");
	h.host = "evil.com";
	ok(ask(&g, "GET", h) == 403, "but wants its Host");
	h = (struct guard_head){.host = "localhost:8080", .origin = "http://evil.com", .open = true};
	ok(ask(&g, "GET", h) == 403, "and no Origin");
}

static void test_body(void)
{
	const struct guard g = {.port = 8080};
	struct guard_head h = {.method = "POST", .host = "localhost:8080", .content_length = "2"};
	static const char *const simple[] = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
					     "application/jsonx", "application/json-patch+json", ""};
	ok(ask(&g, "POST", h) == 415, "a body of no type is refused");
	for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
		h.content_type = simple[i];
		ok(ask(&g, "POST", h) == 415, "type \"%s\" is refused", simple[i]);
	}
	h.content_type = "Application/JSON; charset=utf-8";
	ok(ask(&g, "POST", h) == 200, "JSON is taken");
	h.content_length = NULL;
	ok(ask(&g, "POST", h) == 411, "a length has to be there");
	h.chunked = true;
	ok(ask(&g, "POST", h) == 200, "or pieces that have theirs");
	h.chunked = false;
	h.content_length = "1048576";
	ok(ask(&g, "POST", h) == 200, "1 MiB is taken");
	h.content_length = "1048577";
	ok(ask(&g, "POST", h) == 413, "a byte more is not");
	h.content_length = "99999999999999999999999999";
	ok(ask(&g, "POST", h) == 413, "nor what no number holds");
	h.content_length = "-1";
	ok(ask(&g, "POST", h) == 400, "nor what is no number");
}

/* The first check that does not hold is the one that answers. */
static void test_order(void)
{
	const struct guard g = {.port = 8080, .token = "secret"};
	struct guard_head h = {.method = "PUT", .host = "evil.com", .origin = "http://evil.com",
			       .content_type = "text/plain", .content_length = "9999999"};
	ok(ask(&g, "POST", h) == 405, "the method is first");
	h.method = "POST";
	ok(ask(&g, "POST", h) == 403, "then Host");
	h.host = "localhost:8080";
	ok(ask(&g, "POST", h) == 403, "then Origin");
	h.origin = NULL;
	ok(ask(&g, "POST", h) == 401, "then the token");
	h.authorization = "Bearer secret";
	ok(ask(&g, NULL, h) == 404, "then the path");
	ok(ask(&g, "POST", h) == 415, "then the type");
	h.content_type = "application/json";
	ok(ask(&g, "POST", h) == 413, "then the length");
}

static void test_methods(void)
{
	const struct guard g = {.port = 8080};
	static const char *const odd[] = {"OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "get", "GE", "GET,", ""};
	struct guard_head h = {.host = "localhost:8080"};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		h.method = odd[i];
		ok(ask(&g, "GET, POST", h) == 405, "method \"%s\" is refused", odd[i]);
	}
	h.method = "HEAD";
	ok(ask(&g, "GET", h) == 200, "who may GET may HEAD");
	ok(ask(&g, "POST", h) == 405, "else not");
}

int main(void)
{
	test_hosts();
	test_origins();
	test_token();
	test_body();
	test_order();
	test_methods();
	return done();
}
