/*
 * model: what a directory in the Hugging Face / sentence-transformers layout says about its
 * encoder, read without touching the weights, and the identity that an index is bound to.
 *
 *	struct model_info m; char w[65], id[65];
 *	if (model_info_read(dir, &m, e)) return -1;
 *	if (model_weights_sha256(dir, w, e)) return -1;		slow: ~0.3 s for 90 MB; cache it
 *	model_identity(&m, tok_sha256(tok), w, id);
 *
 * Only BERT encoders (model_type "bert") are accepted; others are refused by name. One whose
 * architecture is BertForSequenceClassification with one label is a reranker: it scores a text for
 * a question (a cross-encoder, Nogueira and Cho 2019) and makes no embeddings.
 */
#ifndef LEANN_NN_MODEL_H
#define LEANN_NN_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "vec/precision.h"

enum {
	MODEL_PREFIX_MAX = 1024,	/* bytes of a prefix, its NUL included */
	MODEL_DIM_MAX = 8192,
	MODEL_LAYERS_MAX = 256,
	MODEL_TOKENS_MAX = 32768,	/* positions */
};

enum model_kind { MODEL_EMBEDDER, MODEL_RERANKER };
enum model_pooling { MODEL_POOL_MEAN, MODEL_POOL_CLS };

struct model_info {
	/* last part of the directory's path; NAME of models--ORG--NAME in a hub cache */
	char name[256];
	enum model_kind kind;
	size_t dim;		/* hidden size, also the embedding's */
	size_t n_layers, n_heads, ff_dim;
	size_t n_vocab, n_positions;
	size_t max_tokens;	/* special tokens included */
	double ln_eps;
	enum model_pooling pooling;
	bool normalize;		/* L2 norm 1 */
	bool assumed;		/* no modules.json: mean pooling and normalize are a guess; no reranker's */
	char query_prefix[MODEL_PREFIX_MAX];	/* put before every query; "" none */
	char document_prefix[MODEL_PREFIX_MAX];
};

int model_info_read(const char *dir, struct model_info *m, struct err *e) MUST_CHECK;
const char *model_pooling_name(enum model_pooling p);	/* "mean", "cls" */
const char *model_kind_name(enum model_kind k);		/* "embedder", "reranker" */

/* SHA-256 of model.safetensors, hex. */
int model_weights_sha256(const char *dir, char out[65], struct err *e) MUST_CHECK;
/*
 * The model's identity: SHA-256, hex, over these lines, each ended by LF:
 *	leann-model 1 / weights HEX / tokenizer HEX / dim N / pooling NAME / normalize 0|1 /
 *	max_tokens N / query_prefix N BYTES / document_prefix N BYTES
 * and, unless it is fp32, / precision NAME, and of a reranker / kind reranker
 */
void model_identity(const struct model_info *m, const char *tok_sha256, const char *weights_sha256,
		    enum precision precision, char out[65]);

#endif
