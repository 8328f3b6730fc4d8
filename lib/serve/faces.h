/*
 * faces: the encoder as other servers of embeddings present theirs: OpenAI, Ollama and
 * text-embeddings-inference (TEI). JSON in, JSON out, as those APIs have it, apart from how it travels.
 *
 *	struct buf out = BUF_INIT;
 *	unsigned status = openai_embeddings(embedder, request, &out);	an HTTP status
 *
 * A status other than 200 has the API's own error in out; after 429 and 503 the asker may come again.
 * The names of models: leann-serve(1), "An encoder for others".
 */
#ifndef LEANN_SERVE_FACES_H
#define LEANN_SERVE_FACES_H

#include "base/js.h"
#include "serve/embedder.h"

enum { FACE_TEXTS_MAX = 2048 };		/* of one request, of any of them */

/* An error that was met before the request was read; message is UTF-8 or nearly. */
void openai_error(unsigned status, const char *message, struct buf *out);
void ollama_error(unsigned status, const char *message, struct buf *out);
void tei_error(unsigned status, const char *message, struct buf *out);

/* POST /v1/embeddings */
unsigned openai_embeddings(struct embedder *n, const struct js *request, struct buf *out);
/* GET /v1/models; with an id GET /v1/models/ID */
unsigned openai_models(struct embedder *n, const char *id, struct buf *out);
/* POST /api/embed */
unsigned ollama_embed(struct embedder *n, const struct js *request, struct buf *out);
/* GET /api/tags */
unsigned ollama_tags(struct embedder *n, struct buf *out);
/* GET /api/version */
unsigned ollama_version(struct buf *out);
/* POST /embed */
unsigned tei_embed(struct embedder *n, const struct js *request, struct buf *out);
/* POST /rerank */
unsigned tei_rerank(struct embedder *n, const struct js *request, struct buf *out);
/* GET /info; n_workers: requests answered at a time. */
unsigned tei_info(struct embedder *n, size_t n_workers, struct buf *out);

#endif
