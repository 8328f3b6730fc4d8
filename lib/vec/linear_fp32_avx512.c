/* fp32 with AVX-512; see linear.h and linear_avx512.h. */
#include "vec/linear_impl.h"

#if defined(__x86_64__)

#include "vec/linear_avx512.h"

LINEAR_TILES16(tile, false)

const struct linear_tiles linear_tiles_avx512 = {.rows = 12, .panels = 2, .fn = tile};

static void mul(const struct linear_job *j)
{
	linear_mul_tiles(j, PRECISION_FP32, &linear_tiles_avx512);
}

const struct linear_kernels linear_fp32_avx512 = {SIMD_AVX512, PRECISION_FP32, NULL, mul};

#endif
