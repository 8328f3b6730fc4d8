/*
 * linear: the linear layers of an encoder, y = x W^T + b, in fp32, bf16 and int8.
 *
 *	const struct linear_kernels *lin = linear_of(simd, PRECISION_INT8);
 *	void *w = mem_aligned(64, linear_weight_bytes(lin, n, k));
 *	linear_pack(lin, &(struct linear_layer){weight, bias, n, k, NULL}, w);
 *	lin->rows(&(struct linear_input){x, ldx, m, k, NULL}, rows);	m of linear_row_bytes()
 *	lin->mul(&(struct linear_job){...});
 *
 * Weights are packed alike for all instruction sets (linear.c), so that one file serves
 * them all. Output channels lie in panels of 16. In a panel inputs come in groups of 4 bytes
 * (G = 1 fp32, 2 bf16, 4 int8 inputs): group g holds inputs gG .. gG+G-1 of channel 0, then of
 * channel 1, ..., 64 bytes in all. Inputs are padded with zeros to a multiple of 16 groups
 * (fp32: not at all), channels to 16. After the groups come f32 arrays of 16: the bias, and for
 * int8 before it the scale s_w of each channel and s_w times the sum of its weights.
 *
 * Rows, the inputs: fp32 are the f32 rows themselves. bf16: rounded to nearest even, zero
 * padded. int8: u8 q with x = scale q + min, 0 <= q <= 255 (127 where two products of bytes are
 * added in 16 bits: avx2), padded; then scale and min as f32. A value that is not finite makes
 * scale NaN, and so the result.
 *
 * int8: y = fma(scale, s_w * acc, fma(min, sum, bias)), acc exact in int32 (k <= 32768), so all
 * instruction sets give the same bits for the same rows. fp32, bf16: each output is added in
 * one order, whatever m, lo and hi are: the result of a row does not depend on its neighbours.
 * (Not so for SIMD_BLAS.) scalar is the truth; others agree within
 * (k + 4) 2^-24 (|bias| + sum |x w|) (fp32, bf16 after rounding).
 *
 * gelu: y = gelu(y), as the elementwise kernel of kernels.h in fp32; |error| <= 1e-4 else.
 */
#ifndef LEANN_VEC_LINEAR_H
#define LEANN_VEC_LINEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vec/precision.h"
#include "vec/simd.h"

enum { LINEAR_PANEL = 16, LINEAR_K_MAX = 32768 };

struct linear_input {
	const float *x;		/* (m, k), rows ldx elements apart */
	size_t ldx, m, k;
	const float *smooth;	/* int8: (k) factors, x[i] smooth[i] is what is rounded; or NULL */
};

struct linear_job {
	const void *rows;	/* m rows, row_bytes apart; nothing past the last is read */
	size_t row_bytes, m, k;
	const void *w;		/* packed, 64-byte aligned */
	size_t n;		/* outputs of the whole layer */
	size_t lo, hi;		/* panels to compute: columns 16 lo .. min(16 hi, n) are written */
	bool gelu;
	float *y;		/* (m, n), column 0 of the layer */
	size_t ldy;		/* elements */
};

struct linear_kernels {
	enum simd simd;
	enum precision precision;
	/* NULL in fp32 */
	void (*rows)(const struct linear_input *in, void *rows);
	void (*mul)(const struct linear_job *j);
};

/* The kernels of level s, or of those below it. */
const struct linear_kernels *linear_of(enum simd s, enum precision p);

size_t linear_row_bytes(const struct linear_kernels *lin, size_t k);
/* Multiple of 64. */
size_t linear_weight_bytes(const struct linear_kernels *lin, size_t n, size_t k);
/* One layer, row-major. */
struct linear_layer {
	const float *w;		/* (n, k) */
	const float *bias;	/* (n) or NULL */
	size_t n, k;
	/* int8: (n) that the weights are rounded to multiples of, at most 127; NULL: largest / 127 */
	const float *scale;
};
/* All of out is written. */
void linear_pack(const struct linear_kernels *lin, const struct linear_layer *layer, void *out);
/* out = x rounded to bf16, to nearest even; n values. And back. */
void linear_bf16(const float *x, size_t n, uint16_t *out);
void linear_f32(const uint16_t *x, size_t n, float *out);

#endif
