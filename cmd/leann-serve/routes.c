/* Paths and their handlers; see routes.h. */
#include "routes.h"

#include <string.h>

#include "args.h"
#include "base/mem.h"
#include "face_routes.h"
#include "files.h"
#include "mcp_route.h"
#include "metrics.h"
#include "page.h"
#include "serve/ops.h"

/* The body of a POST, or the query string as such. */
static int request_json(const struct http_request *rq, struct js **out, struct err *e)
{
	if (strcmp(rq->method, "POST")) {
		*out = args_json(rq->args);
		return 0;
	}
	return js_parse(rq->body.p, rq->body.len, "the body", out, e);
}

typedef enum op_result op(struct desk *d, const struct js *request, struct js **reply, struct err *e);

static void answer(const struct routes *r, size_t i_worker, struct js *request, op *f, struct reply *rp)
{
	struct js *reply = NULL;
	struct err e;
	enum op_result done = f(r->desk[i_worker], request, &reply, &e);
	reply_result(rp, done, reply, &e);
}

/* name NULL: of the index that the request says, or of all. */
static void search_in(const struct routes *r, size_t i_worker, const char *name, const struct http_request *rq,
		      struct reply *rp)
{
	struct js *request, *reply;
	struct err e;
	if (request_json(rq, &request, &e)) {
		reply_error(rp, 400, e.msg);
		return;
	}
	enum op_result done = op_search(r->desk[i_worker], name, request, &reply, &e);
	js_free(request);
	reply_result(rp, done, reply, &e);
}

static void search(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	search_in(ctx, i_worker, NULL, rq, rp);
}

/* POST /indexes/NAME/search */
static void search_named(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	char *name = args_part(rq->path, 1);
	search_in(ctx, i_worker, name, rq, rp);
	mem_free(name);
}

static void related(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	struct js *request = args_json(rq->args);
	answer(ctx, i_worker, request, op_related, rp);
	js_free(request);
}

/* GET /chunk/ID */
static void chunk(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	struct js *request = args_json(rq->args);
	char *id = args_part(rq->path, 1);
	args_number(request, "chunk", id);
	answer(ctx, i_worker, request, op_chunk, rp);
	mem_free(id);
	js_free(request);
}

static void health(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	const struct routes *r = ctx;
	struct js *reply;
	struct err e;
	(void)i_worker;
	(void)rq;
	enum op_result done = op_health(r->catalog, &reply, &e);
	reply_result(rp, done, reply, &e);
}

static void indexes(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	const struct routes *r = ctx;
	struct js *reply = NULL;
	struct err e;
	(void)rq;
	enum op_result done = op_list(r->desk[i_worker], &reply, &e);
	reply_result(rp, done, reply, &e);
}

/* GET /indexes/NAME */
static void detail(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	const struct routes *r = ctx;
	struct js *reply = NULL;
	struct err e;
	size_t i;
	char *name = args_part(rq->path, 1);
	enum op_result done = op_index(r->desk[i_worker], name, &i, &e);
	if (done == OP_OK)
		done = op_index_detail(r->catalog, i, &reply, &e);
	reply_result(rp, done, reply, &e);
	mem_free(name);
}

static void openapi(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	struct file_text t = file_openapi();
	(void)ctx;
	(void)i_worker;
	(void)rq;
	rp->status = 200;
	buf_add(&rp->body, t.p, t.n);
}

static void page(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	const struct routes *r = ctx;
	(void)i_worker;
	(void)rq;
	page_reply(r->page_policy, rp);
}

static void metrics(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	(void)i_worker;
	(void)rq;
	metrics_text(ctx, &rp->body);
	rp->status = 200;
	rp->type = "text/plain; version=0.0.4; charset=utf-8";
}

/* A path of which a part is a name has "*" there. */
static const struct {
	const char *path;
	struct http_route route;
} table[ROUTES] = {
	{"/", {"GET", HTTP_QUICK | HTTP_OPEN, page}},
	{"/search", {"GET, POST", 0, search}},
	{"/indexes", {"GET", 0, indexes}},
	{"/indexes/*/search", {"GET, POST", 0, search_named}},
	{"/indexes/*", {"GET", 0, detail}},
	{"/chunk/*", {"GET", 0, chunk}},
	{"/related", {"GET", 0, related}},
	{"/health", {"GET", 0, health}},
	{"/metrics", {"GET", HTTP_QUICK, metrics}},
	{"/openapi.json", {"GET", HTTP_QUICK, openapi}},
	{"/mcp", {"POST", 0, mcp_route}},
	{"/v1/embeddings", {"POST", 0, face_v1_embeddings}},
	{"/v1/models", {"GET", 0, face_v1_models}},
	{"/v1/models/*", {"GET", 0, face_v1_models}},
	{"/v1/models/*/*", {"GET", 0, face_v1_models}},
	{"/api/embed", {"POST", 0, face_api_embed}},
	{"/api/tags", {"GET", 0, face_api_tags}},
	{"/api/version", {"GET", HTTP_QUICK, face_api_version}},
	{"/embed", {"POST", 0, face_embed}},
	{"/rerank", {"POST", 0, face_rerank}},
	{"/info", {"GET", 0, face_info}},
};

static bool fits(const char *pattern, const char *path)
{
	for (; *pattern; pattern++) {
		if (*pattern != '*') {
			if (*path++ != *pattern)
				return false;
			continue;
		}
		size_t n = strcspn(path, "/");
		if (!n)
			return false;
		path += n;
	}
	return !*path;
}

const char *routes_path(size_t i)
{
	return table[i].path;
}

const struct http_route *routes_find(void *ctx, const char *path)
{
	(void)ctx;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (fits(table[i].path, path))
			return &table[i].route;
	return NULL;
}

void routes_done(void *ctx, const struct http_route *route, unsigned status, double seconds)
{
	struct routes *r = ctx;
	for (size_t i = 0; i < ROUTES; i++)
		if (route == &table[i].route)
			meter_add(&r->meter[i], status, seconds);
}
