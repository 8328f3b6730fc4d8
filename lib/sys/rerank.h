/*
 * rerank: client of a server that has a reranker, leann-embed(7). What it gives is a struct embed:
 * embed_info(), embed_n_cut() and embed_free() are of embed.h.
 *
 *	struct embed_opts o = EMBED_OPTS_INIT;
 *	struct embed *h; if (rerank_open(&o, &h, e)) return -1;	starts a server where none runs
 *	if (rerank_texts(h, &query, texts, n, score, e)) ...	score (n), more is better
 *	embed_free(h);
 */
#ifndef LEANN_SYS_RERANK_H
#define LEANN_SYS_RERANK_H

#include "sys/embed.h"

/*
 * As embed_open(), of o->model NULL $LEANN_RERANK_MODEL, else RERANKER_DEFAULT, and o->endpoint NULL
 * $LEANN_RERANK_ENDPOINT, else the user's own server. ERR_DATA: no such model is here, the message
 * says how to get one; or the server's is no reranker.
 */
int rerank_open(const struct embed_opts *o, struct embed **out, struct err *e) MUST_CHECK;
/* Score n texts for the query into out (n): finite numbers, logits. */
int rerank_texts(struct embed *h, const struct wire_text *query, const struct wire_text *texts,
		 size_t n, float *out, struct err *e) MUST_CHECK;

#endif
