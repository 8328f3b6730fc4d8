/*
 * linear_neon: targets of aarch64, and tiles (linear_tile.h) with fewer columns than a panel. Only
 * the linear_*_neon.c include this.
 */
#ifndef LEANN_VEC_LINEAR_NEON_H
#define LEANN_VEC_LINEAR_NEON_H

#if defined(__aarch64__)

/*
 * gcc declares all of its intrinsics and looks at the target of the function that uses one.
 * clang before 16 declares those of the command line's target only, which these macros name;
 * bfloat16 it then refuses all the same.
 */
#if defined(__clang__) && __clang_major__ < 16
#ifndef __ARM_FEATURE_DOTPROD
#define __ARM_FEATURE_DOTPROD 1
#endif
#ifndef __ARM_FEATURE_MATMUL_INT8
#define __ARM_FEATURE_MATMUL_INT8 1
#endif
#else
#define LINEAR_HAVE_BF16 1
#endif
#include <arm_neon.h>

#include "vec/kernels.h"
#include "vec/linear_tile.h"

#if defined(__clang__)
#define TARGET_DOTPROD __attribute__((target("dotprod")))
#define TARGET_I8MM __attribute__((target("i8mm")))
#define TARGET_BF16 __attribute__((target("bf16")))
#else
#define TARGET_DOTPROD __attribute__((target("arch=armv8.2-a+dotprod")))
#define TARGET_I8MM __attribute__((target("arch=armv8.2-a+i8mm")))
#define TARGET_BF16 __attribute__((target("arch=armv8.2-a+bf16")))
#endif

/* Keeps a compiler from loading weights long before their use: there are no registers left. */
#define NO_EARLY_LOADS() __asm__ volatile("" ::: "memory")

enum { NEON_ROWS_MAX = 6 };

extern const struct linear_tiles linear_tiles_neon;	/* of f32 */

/* Where n rows of whole panels can be read and written: t's y, or part (NEON_ROWS_MAX * 16). */
static inline float *neon_open(const struct linear_tile *t, size_t n, float *part, size_t *ldy)
{
	*ldy = t->ldy;
	if (t->cols >= LINEAR_PANEL)
		return t->y;
	*ldy = LINEAR_PANEL;
	memset(part, 0, n * LINEAR_PANEL * sizeof *part);
	for (size_t r = 0; r < n && !t->first; r++)
		memcpy(part + r * LINEAR_PANEL, t->y + r * t->ldy, t->cols * sizeof *part);
	return part;
}

/* After y, from neon_open(), was written. */
static inline void neon_close(const struct linear_tile *t, size_t n, const float *y)
{
	static const float zero[LINEAR_PANEL];
	for (size_t r = 0; r < n && y != t->y; r++)
		memcpy(t->y + r * t->ldy, y + r * LINEAR_PANEL, t->cols * sizeof *y);
	for (size_t r = 0; r < n && t->gelu; r++)
		vec_kernels_neon.gelu_f32(t->y + r * t->ldy, zero, t->cols);
}

#endif
#endif
