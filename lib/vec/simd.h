/*
 * simd: the sets of instructions that kernels are written for, and which this machine has.
 *
 *	enum simd s; if (simd_pick(&s, e)) return -1;	the best one here, or $LEANN_SIMD's
 *	lin = linear_of(s, PRECISION_INT8);		tables of kernels, each in its own header
 *
 * A level without a kernel of its own for a job uses that of the level below it (simd_below).
 */
#ifndef LEANN_VEC_SIMD_H
#define LEANN_VEC_SIMD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum simd {
	SIMD_SCALAR,		/* plain C, the truth that the others are tested against */
	SIMD_BLAS,		/* products by OpenBLAS, the rest as SCALAR, AVX2 or NEON */
	SIMD_AVX2,		/* AVX2, FMA, F16C */
	SIMD_AVXVNNI,		/* and AVX-VNNI */
	SIMD_AVX512,		/* AVX-512 F, BW, DQ, VL and VNNI */
	SIMD_AMX,		/* and AMX-TILE, -INT8, -BF16 */
	SIMD_NEON,		/* aarch64 as such */
	SIMD_DOTPROD,		/* and the dot product of bytes */
	SIMD_I8MM,		/* and I8MM and BF16 */
	SIMD_N
};

const char *simd_name(enum simd s);	/* "scalar", "blas", ...: as in $LEANN_SIMD */
bool simd_here(enum simd s);
/* Those of this machine, best first; returns how many. */
size_t simd_list(enum simd out[SIMD_N]);
/* The level whose kernels stand in for missing ones of s; SIMD_SCALAR is its own. */
enum simd simd_below(enum simd s);
/* The best level of this machine, or the one $LEANN_SIMD names; an unavailable one is ERR_USAGE. */
int simd_pick(enum simd *out, struct err *e) MUST_CHECK;

#endif
