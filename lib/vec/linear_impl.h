/* linear_impl: what the linear_*.c files share; see linear.h. */
#ifndef LEANN_VEC_LINEAR_IMPL_H
#define LEANN_VEC_LINEAR_IMPL_H

#include <stdint.h>
#include <string.h>

#include "vec/linear.h"

/* After the groups of an int8 panel. */
struct linear_tail8 {
	float scale[16], sum[16], bias[16];
};
/* After the groups of an fp32 or bf16 panel. */
struct linear_tail {
	float bias[16];
};
/* At the end of an int8 row, and 64 bytes with its padding. */
struct linear_row_tail {
	float scale, min;
	uint8_t pad[56];
};

/* Padded inputs of a row or panel. */
static inline size_t linear_k_pad(enum precision p, size_t k)
{
	return p == PRECISION_INT8 ? (k + 63) / 64 * 64 : p == PRECISION_BF16 ? (k + 31) / 32 * 32
									     : k;
}

/* Bytes of a panel without its tail: 64 a group. */
static inline size_t linear_groups_bytes(enum precision p, size_t k)
{
	size_t bytes = p == PRECISION_INT8 ? 1 : p == PRECISION_BF16 ? 2 : 4;
	return linear_k_pad(p, k) * LINEAR_PANEL * bytes;
}

static inline size_t linear_panel_bytes(enum precision p, size_t k)
{
	return linear_groups_bytes(p, k) +
	       (p == PRECISION_INT8 ? sizeof(struct linear_tail8) : sizeof(struct linear_tail));
}

/* Where the first of some blocks of nearly equal length ends, at most max, that [i, m) is cut into. */
static inline size_t linear_block_end(size_t i, size_t m, size_t max)
{
	size_t blocks = (m - i + max - 1) / max;
	return i + (m - i + blocks - 1) / blocks;
}

static inline uint16_t linear_to_bf16(float x)
{
	uint32_t u;
	memcpy(&u, &x, sizeof u);
	if ((u & 0x7fffffff) > 0x7f800000)
		return (uint16_t)(u >> 16 | 0x40);	/* NaN stays NaN */
	return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

static inline float linear_from_bf16(uint16_t h)
{
	uint32_t u = (uint32_t)h << 16;
	float x;
	memcpy(&x, &u, sizeof x);
	return x;
}

/* The scalar kernels themselves. */
void linear_rows_int8_scalar(const struct linear_input *in, void *rows);
void linear_rows_bf16_scalar(const struct linear_input *in, void *rows);
void linear_mul_int8_scalar(const struct linear_job *j);
void linear_mul_bf16_scalar(const struct linear_job *j);
void linear_mul_fp32_scalar(const struct linear_job *j);
/* gelu by the erf of libm, f64 */
float linear_gelu_scalar(float x);

extern const struct linear_kernels linear_fp32_scalar, linear_bf16_scalar, linear_int8_scalar;
extern const struct linear_kernels linear_fp32_blas;
#if defined(__x86_64__)
extern const struct linear_kernels linear_fp32_avx2, linear_bf16_avx2, linear_int8_avx2;
extern const struct linear_kernels linear_int8_avxvnni;
extern const struct linear_kernels linear_fp32_avx512, linear_bf16_avx512, linear_int8_avx512;
extern const struct linear_kernels linear_bf16_amx, linear_int8_amx;
#elif defined(__aarch64__)
extern const struct linear_kernels linear_fp32_neon, linear_bf16_neon;
extern const struct linear_kernels linear_int8_dotprod;
extern const struct linear_kernels linear_bf16_i8mm, linear_int8_i8mm;
#endif

#endif
