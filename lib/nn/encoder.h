/*
 * encoder: sentence embeddings from a BERT model in fp32.
 *
 *	struct encoder *enc; if (encoder_open(dir, &enc, e)) return -1;
 *	struct encoder_text texts[] = {{"hello", 5}};
 *	float v[dim];
 *	struct encoder_batch b = {texts, 1, ENCODER_QUERY, v, NULL};
 *	if (encoder_embed(enc, par, &b, e)) ...
 *	encoder_free(enc);
 *
 * The bytes of the result depend on the texts of the call and their order, never on the number
 * of threads; the same text among other texts may differ in its last bits. One call at a time.
 */
#ifndef LEANN_NN_ENCODER_H
#define LEANN_NN_ENCODER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/par.h"
#include "nn/model.h"
#include "nn/tok.h"

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
	float *out;		/* (n, dim) row-major, the caller's */
	uint32_t *n_tokens;	/* (n) tokens of each before the cut to max_tokens, or NULL */
};

/* Reads the model, checks every weight (shape, finite). Caller frees with encoder_free. */
int encoder_open(const char *model_dir, struct encoder **out, struct err *e) MUST_CHECK;
void encoder_free(struct encoder *enc);
const struct model_info *encoder_info(const struct encoder *enc);
const struct tok *encoder_tok(const struct encoder *enc);
int encoder_embed(struct encoder *enc, struct par *par, const struct encoder_batch *b,
		  struct err *e) MUST_CHECK;

#endif
