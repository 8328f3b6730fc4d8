/* face_routes: paths of other servers of embeddings, answered by faces.h. */
#ifndef LEANN_SERVE_FACE_ROUTES_H
#define LEANN_SERVE_FACE_ROUTES_H

#include "http.h"

/* As http_route.answer, with ctx a struct routes. */
void face_v1_embeddings(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp);
void face_v1_models(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp);
void face_api_embed(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp);
void face_api_tags(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp);
void face_api_version(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp);
void face_embed(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp);
void face_rerank(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp);
void face_info(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp);
/* As http_opts.refused: in the words of the API that has such paths. */
void face_refused(void *ctx, const char *path, const char *message, struct reply *rp);

#endif
