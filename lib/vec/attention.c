/* Which attention a level has; see attention.h. */
#include "vec/attention.h"

#include "vec/attention_impl.h"

static const struct attention_kernels *const fp32[SIMD_N] = {
	[SIMD_SCALAR] = &attention_fp32_scalar, [SIMD_BLAS] = &attention_fp32_blas,
#if defined(__x86_64__)
	[SIMD_AVX2] = &attention_fp32_avx2, [SIMD_AVX512] = &attention_fp32_avx512,
#elif defined(__aarch64__)
	[SIMD_NEON] = &attention_fp32_neon,
#endif
};

#if defined(__x86_64__)

/* NULL: bf16 is no gain here. Intel's vdpbf16ps has under half the rate of f32 products. */
static const struct attention_kernels *bf16(enum simd s)
{
	if (!__builtin_cpu_supports("avx512bf16") || !__builtin_cpu_supports("avx512vbmi") ||
	    !__builtin_cpu_supports("bmi2"))
		return NULL;
	if (s == SIMD_AMX)
		return &attention_bf16_amx;
	return s == SIMD_AVX512 && !__builtin_cpu_is("intel") ? &attention_bf16_avx512 : NULL;
}

#else

static const struct attention_kernels *bf16(enum simd s)
{
	(void)s;
	return NULL;
}

#endif

const struct attention_kernels *attention_of(enum simd s, enum precision p)
{
	if (p != PRECISION_FP32 && bf16(s))
		return bf16(s);
	while (!fp32[s])
		s = simd_below(s);
	return fp32[s];
}
