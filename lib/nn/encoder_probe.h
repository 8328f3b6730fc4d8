/*
 * encoder_probe: what some built-in texts tell when int8 weights are packed: what the linear
 * layers are given (see encoder_weights_source), and how near the embeddings come to fp32.
 *
 * Of a reranker four of the texts are questions for all of them. Every two texts of a question weigh
 * as much as their fp32 scores differ; quality is the share of that weight whose two texts come in
 * the same order: 1 where all do, and two that hardly differ may change places.
 *
 *	struct encoder_probe p = {0};
 *	if (encoder_probe_fp32(&p, model_dir, e)) return -1;
 *	... pack with p.seen ...
 *	if (encoder_probe_compare(&p, enc, e)) ...	fills enc's cos_mean, cos_min
 *	encoder_probe_release(&p);
 */
#ifndef LEANN_NN_ENCODER_PROBE_H
#define LEANN_NN_ENCODER_PROBE_H

#include "nn/encoder.h"

struct encoder_probe {
	float *truth;	/* (texts, dim), or scores (questions, texts); fp32 */
	struct buf *seen;	/* (n_seen), see encoder_weights.h */
	size_t n_seen;
};

int encoder_probe_fp32(struct encoder_probe *p, const char *model_dir, struct err *e) MUST_CHECK;
int encoder_probe_compare(const struct encoder_probe *p, struct encoder *enc,
			  struct err *e) MUST_CHECK;
void encoder_probe_release(struct encoder_probe *p);

#endif
