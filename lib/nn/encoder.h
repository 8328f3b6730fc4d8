/*
 * encoder: sentence embeddings from a BERT model, in fp32, bf16 or int8; or, where the model is a
 * reranker, scores of pairs of a question and a text.
 *
 *	struct encoder_opts o = {.model_dir = dir, .weights_sha256 = hex, .pack_dir = cache};
 *	struct encoder *enc; if (encoder_open(&o, &enc, e)) return -1;
 *	struct encoder_text texts[] = {{"hello", 5}};
 *	float v[dim];
 *	struct encoder_batch b = {texts, 1, ENCODER_QUERY, v, NULL, NULL};
 *	if (encoder_embed(enc, par, &b, e)) ...
 *	encoder_free(enc);
 *
 * Of a reranker, with queries (1) and float score[1]:
 *	struct encoder_batch b = {texts, 1, ENCODER_RAW, score, NULL, queries};
 *
 * The bytes of a text's embedding depend on the text, its kind, the precision and the kernels,
 * never on the number of threads or the texts beside it. (With OpenBLAS' kernels they depend on
 * the texts of the call and their order: see encoder_alone().) One call at a time.
 *
 * bf16 and int8 weights are packed once and kept in pack_dir as files of leann-weights(5), which
 * are mapped, not read. What int8 costs in quality is measured when it is packed, on texts that
 * are built in, and kept in the file: PRECISION_AUTO takes int8 where this machine computes it
 * faster than fp32 and the cosines to fp32 are good enough.
 */
#ifndef LEANN_NN_ENCODER_H
#define LEANN_NN_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/par.h"
#include "nn/model.h"
#include "nn/tok.h"
#include "vec/precision.h"

struct encoder;

struct encoder_text {
	const char *p;		/* UTF-8; borrowed for the call */
	size_t n;
};

enum encoder_kind { ENCODER_RAW, ENCODER_QUERY, ENCODER_DOCUMENT }; /* which prefix goes before */

struct encoder_batch {
	const struct encoder_text *texts;
	size_t n;
	enum encoder_kind kind;
	float *out;		/* (n, encoder_out_dim()) row-major, the caller's */
	uint32_t *n_tokens;	/* (n) tokens of each before the cut to max_tokens, or NULL */
	/*
	 * (n) of a reranker, what each text is scored for: out is the model's output, a logit, more is
	 * better. NULL of an embedder.
	 */
	const struct encoder_text *queries;
};

struct encoder_opts {
	const char *model_dir;
	enum precision precision;
	const char *weights_sha256;	/* hex, of the model; NULL: weights are not kept */
	const char *pack_dir;		/* made if it is missing; NULL: weights are not kept */
};

/*
 * Cosine of embeddings to those of fp32, over the built-in texts. Of a reranker, over some built-in
 * questions: how far the order of the texts is that of fp32, see encoder_probe.h.
 */
struct encoder_quality {
	bool known;		/* false: fp32, or bf16 */
	double mean, min;
};

/* Reads the model, checks every weight (shape, finite). Caller frees with encoder_free. */
int encoder_open(const struct encoder_opts *o, struct encoder **out, struct err *e) MUST_CHECK;
void encoder_free(struct encoder *enc);
enum precision encoder_precision(const struct encoder *enc);	/* never PRECISION_AUTO */
const char *encoder_kernels(const struct encoder *enc);		/* "int8-amx", "fp32-blas" */
struct encoder_quality encoder_quality(const struct encoder *enc);
/* A text's embedding does not depend on the texts beside it. */
bool encoder_alone(const struct encoder *enc);
const struct model_info *encoder_info(const struct encoder *enc);
size_t encoder_out_dim(const struct encoder *enc);	/* floats a text: dim, or 1 of a reranker */
const struct tok *encoder_tok(const struct encoder *enc);
/* ERR_USAGE: queries for an embedder, none for a reranker. */
int encoder_embed(struct encoder *enc, struct par *par, const struct encoder_batch *b,
		  struct err *e) MUST_CHECK;

#endif
