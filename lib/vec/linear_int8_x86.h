/*
 * linear_int8_x86: what the int8 kernels for x86-64 share. They add up bytes exactly into an
 * array of int32 of the first-level cache, some rows by 16 channels, and finish that as
 * linear.h says.
 */
#ifndef LEANN_VEC_LINEAR_INT8_X86_H
#define LEANN_VEC_LINEAR_INT8_X86_H

#include "vec/linear_impl.h"
#include "vec/unroll.h"

/* Rows i .. m - 1 in blocks of nearly equal length, at most max: where the first one ends. */
static inline size_t linear_block_end8(size_t i, size_t m, size_t max)
{
	size_t blocks = (m - i + max - 1) / max;
	return i + (m - i + blocks - 1) / blocks;
}

/* The beginning of a row's tail. */
struct linear_row8 {
	float scale, min;
};

#endif
