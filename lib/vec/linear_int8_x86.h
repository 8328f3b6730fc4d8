/*
 * linear_int8_x86: what the int8 kernels for x86-64 share. They add up bytes exactly into an
 * array of int32 of the first-level cache, some rows by 16 channels, and finish that as
 * linear.h says.
 */
#ifndef LEANN_VEC_LINEAR_INT8_X86_H
#define LEANN_VEC_LINEAR_INT8_X86_H

#include "vec/linear_impl.h"
#include "vec/unroll.h"

/* The beginning of a row's tail. */
struct linear_row8 {
	float scale, min;
};

#endif
