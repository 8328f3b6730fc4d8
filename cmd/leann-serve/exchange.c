/* What a request is; see exchange.h. */
#include "exchange.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

enum { NAME_MAX_BYTES = 256 };

struct exchange *exchange_new(const char *method, const char *path)
{
	struct exchange *x = mem_calloc(1, sizeof *x);
	x->rq.method = mem_strdup(method);
	x->rq.path = mem_strdup(path);
	x->rq.args = js_new_obj();
	x->rq.headers = js_new_obj();
	return x;
}

/* Whom to believe of two Hosts or lengths is not for us to guess. */
static bool once(const char *name)
{
	static const char *const list[] = {"host", "origin", "authorization", "content-type", "content-length",
					   "transfer-encoding"};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (!strcmp(name, list[i]))
			return true;
	return false;
}

void exchange_add(struct exchange *x, bool header, const char *key, const char *value)
{
	char name[NAME_MAX_BYTES];
	size_t n = strlen(key);
	if (n >= sizeof name)
		return;
	for (size_t i = 0; i <= n; i++)
		name[i] = header ? (char)tolower((unsigned char)key[i]) : key[i];
	struct js *to = header ? x->rq.headers : x->rq.args;
	struct js *safe = js_new_strn(name, n);	/* keys have to be UTF-8, which bytes of a client need not be */
	x->twice |= header && once(name) && js_get(to, name);
	js_set(to, js_str(safe, NULL), js_new_str(value));
	js_free(safe);
}

static const char *header(const struct exchange *x, const char *name)
{
	return js_str(js_get(x->rq.headers, name), NULL);
}

void exchange_guard(struct exchange *x, const struct guard *g, const char *methods)
{
	const char *length = header(x, "content-length"), *pieces = header(x, "transfer-encoding");
	const struct guard_head head = {
		.method = x->rq.method,
		.host = header(x, "host"),
		.origin = header(x, "origin"),
		.authorization = header(x, "authorization"),
		.content_type = header(x, "content-type"),
		.content_length = length,
		.chunked = pieces,
		.open = x->route && x->route->how & HTTP_OPEN,
		.twice = x->twice || (length && pieces),
	};
	guard_check(g, &head, methods, &x->says);
}

void exchange_free(struct exchange *x)
{
	mem_free((char *)(uintptr_t)x->rq.method);
	mem_free((char *)(uintptr_t)x->rq.path);
	js_free(x->rq.args);
	js_free(x->rq.headers);
	js_free(x->rp.headers);
	buf_release(&x->rq.body);
	buf_release(&x->rp.body);
	mem_free(x);
}
