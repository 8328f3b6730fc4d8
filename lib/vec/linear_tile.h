/*
 * linear_tile: products of f32 (and of pairs of bf16) cut into tiles that an instruction set
 * multiplies in registers, for the fp32 and bf16 kernels of x86-64; see linear.h.
 *
 * Groups of inputs are cut into blocks, the same for every m, so that the weights of a tile stay
 * in a near cache while rows pass; between blocks sums wait in y, as exact as in a register. Rows
 * are cut into blocks of nearly equal length, none of them tiny.
 */
#ifndef LEANN_VEC_LINEAR_TILE_H
#define LEANN_VEC_LINEAR_TILE_H

#include "vec/linear_impl.h"
#include "vec/unroll.h"

/* Some rows times some panels, over k groups of 4 bytes: an f32, or two bf16. */
struct linear_tile {
	const float *x;
	size_t ldx;		/* groups */
	const float *w;
	size_t ldw;		/* f32 between panels */
	size_t k;
	float *y;
	size_t ldy;
	size_t cols;		/* of y: 16 a panel, the last one may have fewer */
	bool first;		/* y is written, else added to */
	const float *bias;	/* of the first panel, ldb f32 between panels; or NULL */
	size_t ldb;
	bool gelu;		/* with a bias: these are the last groups */
};

typedef void linear_tile_fn(const struct linear_tile *t);

/* What an instruction set has. */
struct linear_tiles {
	size_t rows, panels;	/* of the largest tile */
	linear_tile_fn *const *fn;	/* [(rows - 1) * panels + panels - 1] */
};

/* bf16 to f32 */
struct linear_widen {
	void (*row)(const uint16_t *row, size_t n, float *out);		/* n: a multiple of 32 */
	void (*panel)(const uint16_t *groups, size_t n, float *out);	/* n groups */
};

/* Rows and weights as they are: fp32, or bf16 by tiles that multiply pairs. */
void linear_mul_tiles(const struct linear_job *j, enum precision p, const struct linear_tiles *t);
/* bf16, made f32 block by block. */
void linear_mul_widened(const struct linear_job *j, const struct linear_tiles *t,
			const struct linear_widen *widen);

#if defined(__x86_64__)
extern const struct linear_tiles linear_tiles_avx2, linear_tiles_avx512;	/* of f32 */
void linear_rows_bf16_avx512(const struct linear_input *in, void *rows);
#endif

#endif
