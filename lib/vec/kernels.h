/*
 * kernels: elementwise and reduction loops, one table for each instruction set.
 *
 *	const struct vec_kernels *k;
 *	if (vec_kernels_pick(&k, e)) return -1;
 *	float s = k->dot_f32(a, b, n);
 *
 * kernels.c (scalar) is the truth; the others agree within the bounds stated here and tested
 * in test-kernels.c. Pointers need no alignment; nothing past n elements is read or written.
 * vec_kernels_pick() takes the table of simd_pick()'s level.
 */
#ifndef LEANN_VEC_KERNELS_H
#define LEANN_VEC_KERNELS_H

#include <stddef.h>

#include "base/err.h"
#include "vec/simd.h"

struct vec_kernels {
	const char *name;	/* "scalar", "avx2", "avx512", "neon" */
	/* sum a[i] b[i]; |error| <= 4e-7 sum |a[i] b[i]| */
	float (*dot_f32)(const float *a, const float *b, size_t n);
	/* y[i] += x[i] */
	void (*add_f32)(float *y, const float *x, size_t n);
	/* y[i] *= s */
	void (*scale_f32)(float *y, float s, size_t n);
	/* y[i] = gelu(y[i] + bias[i]), x (1 + erf(x / sqrt 2)) / 2; |error| <= 2e-7 max(1, |x|) */
	void (*gelu_f32)(float *y, const float *bias, size_t n);
	/* y = softmax(scale * y); relative error <= 1e-5 (that of rounding scale * y - max) */
	void (*softmax_f32)(float *y, float scale, size_t n);
	/* y = (y + bias + res), made mean 0, variance 1, * gamma + beta; bias, res may be NULL */
	void (*layernorm_f32)(float *y, const float *bias, const float *res, const float *gamma,
			      const float *beta, float eps, size_t n);
};

extern const struct vec_kernels vec_kernels_scalar;
#if defined(__x86_64__)
extern const struct vec_kernels vec_kernels_avx2;	/* needs AVX2 and FMA */
extern const struct vec_kernels vec_kernels_avx512;
#endif
#if defined(__aarch64__)
extern const struct vec_kernels vec_kernels_neon;
#endif

/* The table of a level, or of those below it. */
const struct vec_kernels *vec_kernels_of(enum simd s);
/* The best table of this machine, or that of the level $LEANN_SIMD names; else ERR_USAGE. */
int vec_kernels_pick(const struct vec_kernels **out, struct err *e) MUST_CHECK;
/* Table i of those this machine can run, best first; NULL past the end. */
const struct vec_kernels *vec_kernels_at(size_t i);

#endif
