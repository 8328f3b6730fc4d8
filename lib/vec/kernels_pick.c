/* Which table of kernels this machine gets; see kernels.h. */
#include "vec/kernels.h"

const struct vec_kernels *vec_kernels_of(enum simd s)
{
	switch (s) {
#if defined(__x86_64__)
	case SIMD_AVX512: return &vec_kernels_avx512;
	case SIMD_AVX2: return &vec_kernels_avx2;
#elif defined(__aarch64__)
	case SIMD_NEON: return &vec_kernels_neon;
#endif
	case SIMD_SCALAR: return &vec_kernels_scalar;
	default: return vec_kernels_of(simd_below(s));
	}
}

const struct vec_kernels *vec_kernels_at(size_t i)
{
	const struct vec_kernels *k, *last = NULL;
	enum simd have[SIMD_N];
	size_t n = simd_list(have);
	for (size_t l = 0; l < n; l++) {
		if (have[l] == SIMD_BLAS || (k = vec_kernels_of(have[l])) == last)
			continue;
		if (!i--)
			return k;
		last = k;
	}
	return NULL;
}

int vec_kernels_pick(const struct vec_kernels **out, struct err *e)
{
	enum simd s;
	if (simd_pick(&s, e))
		return -1;
	*out = vec_kernels_of(s);
	return 0;
}
