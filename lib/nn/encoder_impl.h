/* encoder_impl: what a struct encoder is made of; for the encoder*.c files alone. */
#ifndef LEANN_NN_ENCODER_IMPL_H
#define LEANN_NN_ENCODER_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "nn/encoder.h"
#include "nn/encoder_weights.h"
#include "vec/attention.h"
#include "vec/kernels.h"
#include "vec/linear.h"

/* How texts are cut for kernels. */
struct encoder_cut {
	size_t group_tokens;	/* texts are computed together up to this many tokens */
	size_t block_rows;	/* tokens that pass a layer's second half together: what they fill, */
				/* block_rows x ff_dim floats, should stay in the second-level cache */
	size_t least_rows;	/* of a block, when workers share a group: fewer take as long */
};
#define ENCODER_CUT ((struct encoder_cut){320, 64, 4})
#define ENCODER_CUT_AMX ((struct encoder_cut){320, 64, 16})
/* OpenBLAS packs its operands anew for each product, which pays for many rows. */
#define ENCODER_CUT_BLAS ((struct encoder_cut){512, 512, 512})

/* Memory that one group of texts needs; n_tokens rows. */
struct encoder_scratch {
	uint32_t *ids;		/* (n_tokens) */
	float *x, *y;		/* (n_tokens, dim) */
	float *qkv;		/* (n_tokens, 3 dim) */
	float *wide;		/* (block_rows, ff_dim) */
	char *rows, *wide_rows;	/* inputs of linear layers: of x or y, of wide */
	void *att;		/* of attention */
	struct buf text;	/* prefix + text */
};

struct encoder {
	struct model_info info;
	struct tok *tok;
	enum simd simd;
	const struct vec_kernels *k;
	const struct linear_kernels *lin;
	const struct attention_kernels *att;
	struct buf *seen;	/* not NULL: collect what encoder_weights_source asks for */
	struct encoder_cut cut;
	char name[24];		/* of the kernels */
	struct encoder_weights w;
	struct encoder_scratch *scratch;	/* one a worker */
	size_t n_scratch;
};

/* encoder_open() with the kernels of a level. */
int encoder_open_at(const struct encoder_opts *o, enum simd simd, struct encoder **out,
		    struct err *e) MUST_CHECK;
void encoder_scratch_release(struct encoder_scratch *s);

/* A reranker's score of the text whose first last state is x (dim). False: it is not finite. */
bool encoder_score(const struct encoder *enc, const float *x, float *out);

/* Texts of a group lie end to end in s->ids; len[i] tokens each. */
struct encoder_group {
	const size_t *len;
	size_t n_texts, n_tokens;
	const size_t *n_zero;	/* (n_texts) tokens of type 0, those after are of type 1; NULL: all are 0 */
};
/*
 * Hidden states of the last layer into scratch[i_worker].x (n_tokens, dim). With par the group
 * is split over its workers, whose own scratch serves them; i_worker is 0 then.
 */
void encoder_forward(const struct encoder *enc, struct par *par, size_t i_worker,
		     const struct encoder_group *g);

#endif
