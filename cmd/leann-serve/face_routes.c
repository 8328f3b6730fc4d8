/* Requests of other APIs to their faces; see face_routes.h. */
#include "face_routes.h"

#include <string.h>

#include "routes.h"
#include "serve/faces.h"

typedef unsigned face(struct embedder *n, const struct js *request, struct buf *out);
typedef void face_error(unsigned status, const char *message, struct buf *out);

static void finish(struct reply *rp, unsigned status)
{
	rp->status = status;
	if (status == 429 || status == 503)
		reply_header(rp, "Retry-After", "1");
}

static void post(const struct routes *r, size_t i_worker, const struct http_request *rq, face *f, face_error *wrong,
		 struct reply *rp)
{
	struct js *request;
	struct err e;
	if (js_parse(rq->body.p, rq->body.len, "the body", &request, &e)) {
		wrong(400, e.msg, &rp->body);
		finish(rp, 400);
		return;
	}
	finish(rp, f(r->embedder[i_worker], request, &rp->body));
	js_free(request);
}

void face_v1_embeddings(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	post(ctx, i_worker, rq, openai_embeddings, openai_error, rp);
}

/* GET /v1/models, /v1/models/ID, /v1/models/ORG/ID */
void face_v1_models(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	static const char all[] = "/v1/models";
	const struct routes *r = ctx;
	const char *id = rq->path + sizeof all - 1;
	finish(rp, openai_models(r->embedder[i_worker], *id == '/' ? id + 1 : NULL, &rp->body));
}

void face_api_embed(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	post(ctx, i_worker, rq, ollama_embed, ollama_error, rp);
}

void face_api_tags(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	const struct routes *r = ctx;
	(void)rq;
	finish(rp, ollama_tags(r->embedder[i_worker], &rp->body));
}

void face_api_version(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	(void)ctx;
	(void)i_worker;
	(void)rq;
	finish(rp, ollama_version(&rp->body));
}

void face_embed(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	post(ctx, i_worker, rq, tei_embed, tei_error, rp);
}

void face_rerank(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	post(ctx, i_worker, rq, tei_rerank, tei_error, rp);
}

void face_info(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	const struct routes *r = ctx;
	(void)rq;
	finish(rp, tei_info(r->embedder[i_worker], r->n_desks, &rp->body));
}

void face_refused(void *ctx, const char *path, const char *message, struct reply *rp)
{
	static const char *const tei[] = {"/embed", "/rerank", "/info"};
	face_error *say = !strncmp(path, "/v1/", 4) ? openai_error : !strncmp(path, "/api/", 5) ? ollama_error : NULL;
	(void)ctx;
	for (size_t i = 0; i < sizeof tei / sizeof *tei; i++)
		if (!strcmp(path, tei[i]))
			say = tei_error;
	if (!say)
		return;
	buf_clear(&rp->body);
	say(rp->status, message, &rp->body);
}
