/*
 * embedder: what one thread embeds and reranks texts with for others: connections to the servers that do,
 * made when they are first asked for, as searchers make theirs.
 *
 *	struct embedder *n = embedder_new(&options, "all-MiniLM-L6-v2", "int8");
 *	struct embed *h = embedder_open(n, e);	NULL: e says why
 *	... embed_info(h)->model, embed_texts(h, ...) ...
 *	embedder_failed(n, e);			where that went wrong
 *	embedder_free(n);
 */
#ifndef LEANN_SERVE_EMBEDDER_H
#define LEANN_SERVE_EMBEDDER_H

#include "leann.h"
#include "sys/embed.h"

struct embedder;

/*
 * o->model, else model, else the default one; precision as embed_opts has it, NULL: that of the server.
 * Strings of o outlive the embedder, others are copied.
 */
struct embedder *embedder_new(const struct leann_options *o, const char *model, const char *precision);
/* The provider of ix, where it has one, else as above with model and precision of ix. Copied. */
struct embedder *embedder_of(const struct leann_options *o, const struct leann_index *ix);
void embedder_free(struct embedder *n);
/* The connection, which stays the embedder's. */
struct embed *embedder_open(struct embedder *n, struct err *e) MUST_CHECK;
/* The same to the server of a reranker, of o->reranker and o->rerank_endpoint: rerank.h. */
struct embed *embedder_reranker(struct embedder *n, struct err *e) MUST_CHECK;
/* What the servers have now may be another model: they are asked anew next time. */
void embedder_failed(struct embedder *n, const struct err *e);

#endif
