/* Paths and their handlers; see routes.h. */
#include "routes.h"

#include <string.h>

#include "base/mem.h"
#include "serve/ops.h"

/* The query string as the JSON of a POST: numbers and flags are read as such. */
static struct js *args_json(const struct js *args)
{
	static const char *const sizes[] = {"top_k", "recompute", "per_file"};
	struct js *o = js_new_obj();
	const struct js *q = js_get(args, "q");
	if (q)
		js_set(o, "query", js_copy(q));
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const struct js *v = js_get(args, sizes[i]);
		struct js *n = NULL;
		struct err ignored;
		size_t len = 0;
		const char *s = js_str(v, &len);
		if (v && js_parse(s, len, sizes[i], &n, &ignored))
			n = js_copy(v);
		if (v)
			js_set(o, sizes[i], n);
	}
	return o;
}

static int body_json(const struct http_request *rq, struct js **out, struct err *e)
{
	if (strcmp(rq->method, "POST")) {
		*out = args_json(rq->args);
		return 0;
	}
	return js_parse(rq->body.p, rq->body.len, "the body", out, e);
}

static void search(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	struct routes *r = ctx;
	struct js *request, *reply;
	struct err e;
	if (body_json(rq, &request, &e)) {
		reply_error(rp, 400, e.msg);
		return;
	}
	enum op_result done = op_search(r->desk[i_worker], NULL, request, &reply, &e);
	js_free(request);
	reply_result(rp, done, reply, &e);
}

static const struct {
	const char *path;
	struct http_route route;
} table[] = {
	{"/search", {"GET, POST", false, search}},
};

const struct http_route *routes_find(void *ctx, const char *path)
{
	(void)ctx;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(path, table[i].path))
			return &table[i].route;
	return NULL;
}
