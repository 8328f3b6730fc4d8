/* encoder_impl: what a struct encoder is made of; for the encoder*.c files alone. */
#ifndef LEANN_NN_ENCODER_IMPL_H
#define LEANN_NN_ENCODER_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "nn/encoder.h"
#include "nn/safetensors.h"
#include "vec/kernels.h"

enum {
	GROUP_TOKENS = 512,	/* texts are computed together up to this many tokens */
	ATT_ROWS = 256,		/* queries of one text whose scores are held at once */
};

/* Weights are (outputs, inputs) row-major, as PyTorch's nn.Linear keeps them. */
struct encoder_layer {
	float *qkv_w;		/* (3 dim, dim): query, key, value */
	float *qkv_b;		/* (3 dim) */
	const float *att_w, *att_b, *att_gamma, *att_beta;
	const float *up_w, *up_b;		/* (ff_dim, dim) */
	const float *down_w, *down_b, *down_gamma, *down_beta;
};

/* One worker's memory; n_tokens rows. */
struct encoder_scratch {
	size_t n_tokens;
	uint32_t *ids;		/* (n_tokens) */
	float *x, *y;		/* (n_tokens, dim) */
	float *wide;		/* (n_tokens, max(3 dim, ff_dim)) */
	float *scores;		/* (ATT_ROWS, longest text) */
	struct buf text;	/* prefix + text */
};

struct encoder {
	struct model_info info;
	struct tok *tok;
	const struct vec_kernels *k;
	struct safetensors *st;
	const float *word, *pos, *type0, *emb_gamma, *emb_beta;
	struct encoder_layer *layers;
	float **owned;		/* converted weights */
	size_t n_owned, cap_owned;
	struct encoder_scratch *scratch;	/* one a worker */
	size_t n_scratch;
};

int encoder_load(struct encoder *enc, const char *model_dir, struct err *e) MUST_CHECK;

/* Texts of a group lie end to end in s->ids; len[i] tokens each. */
struct encoder_group {
	const size_t *len;
	size_t n_texts, n_tokens;
};
/* Hidden states of the last layer into s->x (n_tokens, dim). */
void encoder_forward(const struct encoder *enc, struct encoder_scratch *s,
		     const struct encoder_group *g);

#endif
