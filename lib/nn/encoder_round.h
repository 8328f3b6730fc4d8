/*
 * encoder_round: rounding the weights of a linear layer to 8 bits so that its outputs change
 * least on inputs that were seen, not so that the weights do.
 *
 *	struct encoder_inputs in = {x, n, k};		(n, k) bf16
 *	encoder_round(&in, smooth, w, bias, n_out, scale);
 *
 * Weight (o, i) becomes scale[o] times an integer of -127 .. 127, scale[o] the largest magnitude
 * of row o over 127. The integers are chosen input by input, the one of most energy first; what
 * rounding one does to the outputs is made up for by those that follow (GPTQ, Frantar et al. 2022,
 * algorithm 1, here in the equivalent form of Babai's nearest plane: a Cholesky factor instead of
 * an inverse). The inputs' second moments get their mean eigenvalue added: there are fewer rows
 * than inputs, and other texts than these will come. What remains of the error for the mean input
 * goes into the bias (Nagel et al. 2019, section 4.2).
 *
 * Measured on the default model, 150 passages of scifact, pyfunc and wordnet: 1 - cosine to fp32
 * falls from .0012, .0008, .0006 (rounded to nearest, all four kinds of layers smoothed) to .0005,
 * .0004, .0004.
 */
#ifndef LEANN_NN_ENCODER_ROUND_H
#define LEANN_NN_ENCODER_ROUND_H

#include <stddef.h>
#include <stdint.h>

/* What a linear layer was given; borrowed. */
struct encoder_inputs {
	const uint16_t *x;	/* (n, k) bf16 */
	size_t n, k;
};

/*
 * The largest magnitude of each input, top (k).
 */
void encoder_inputs_top(const struct encoder_inputs *in, float *top);
/*
 * w (n_out, k), bias (n_out): rounded in place. factor (k): what inputs are multiplied by first,
 * or NULL. scale (n_out). Same bytes on all machines of an architecture that have AVX2 or NEON.
 */
void encoder_round(const struct encoder_inputs *in, const float *factor, float *w, float *bias,
		   size_t n_out, float *scale);

#endif
