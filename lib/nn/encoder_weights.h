/*
 * encoder_weights: the weights of a BERT encoder as its kernels want them, in one block of
 * memory: packed from model.safetensors, or mapped from the file of leann-weights(5) that an
 * earlier packing left.
 *
 *	struct encoder_weights w = {0};
 *	if (encoder_weights_load(&w, &from, info, lin, e)) ...		from the model's own file
 *	if (encoder_weights_save(&w, path, id, e)) ...
 *	if (encoder_weights_map(&w, path, info, id, e)) ...
 *	encoder_weights_release(&w);
 */
#ifndef LEANN_NN_ENCODER_WEIGHTS_H
#define LEANN_NN_ENCODER_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "nn/model.h"
#include "nn/safetensors.h"
#include "vec/linear.h"

/* The inputs of a layer's linear layers. */
enum layer_input { INPUT_QKV, INPUT_ATT, INPUT_UP, INPUT_DOWN, LAYER_INPUTS };

/* qkv, att, up and down are packed, see vec/linear.h; the others f32 (dim). */
struct encoder_layer {
	void *qkv;		/* (3 dim, dim): query, key, value */
	void *att;		/* (dim, dim) */
	void *up;		/* (ff_dim, dim) */
	void *down;		/* (dim, ff_dim) */
	float *att_gamma, *att_beta, *down_gamma, *down_beta;
	/* int8: factors for the inputs of the four, the weights divided by them; else NULL */
	float *smooth[LAYER_INPUTS];
};

struct encoder_weights {
	const float *word;	/* (n_vocab, dim), fp32 alone */
	uint16_t *word16;	/* (n_vocab, dim) bf16, else */
	float *pos;		/* (n_positions, dim), row 0 of the token types added */
	float *gamma, *beta;	/* of the embeddings' LayerNorm */
	struct encoder_layer *layers;
	/* of a reranker, f32, else NULL: */
	float *type1;		/* (dim) row 1 of the token types, less row 0 */
	float *pool, *pool_bias;	/* (dim, dim), (dim) */
	float *score, *score_bias;	/* (dim), (1) */
	double cos_mean, cos_min;	/* quality, see encoder_quality(); 0 unknown */

	char *block;		/* all of the above but word and layers */
	size_t n_block;
	const void *mapped;	/* the file that block lies in, n_mapped bytes; else NULL */
	size_t n_mapped;
	struct safetensors *st;	/* what word lies in */
	float *word_own;	/* or the converted word */
};

/* What a file of packed weights must be of. */
struct encoder_weights_id {
	enum precision precision;
	const char *sha256;	/* hex, of the model's own weights */
};

struct encoder_weights_source {
	const char *model_dir;
	/*
	 * int8: what the linear layers were given, rows of bf16, (layers, LAYER_INPUTS); NULL:
	 * weights are rounded to nearest, and inputs not smoothed.
	 */
	const struct buf *seen;
};

int encoder_weights_load(struct encoder_weights *w, const struct encoder_weights_source *from,
			 const struct model_info *m, const struct linear_kernels *lin,
			 struct err *e) MUST_CHECK;
int encoder_weights_save(const struct encoder_weights *w, const char *path,
			 const struct model_info *m, const struct encoder_weights_id *id,
			 struct err *e) MUST_CHECK;
/* 1: there is none, or it is not this model's, or damaged: pack again. */
int encoder_weights_map(struct encoder_weights *w, const char *path, const struct model_info *m,
			const struct encoder_weights_id *id, const struct linear_kernels *lin,
			struct err *e) MUST_CHECK;
void encoder_weights_release(struct encoder_weights *w);

static inline size_t encoder_input_dim(const struct model_info *m, enum layer_input i)
{
	return i == INPUT_DOWN ? m->ff_dim : m->dim;
}

/* Point w's arrays into w->block, or with block NULL count its bytes into n_block. */
void encoder_weights_place(struct encoder_weights *w, const struct model_info *m,
			   const struct linear_kernels *lin);

#endif
