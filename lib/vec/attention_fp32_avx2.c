/* Attention with AVX2 and FMA; see attention.h and attention_fp32_simd.h. */
#include "vec/attention_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define FP32 __attribute__((target("avx2,fma")))
#define V FP32 static inline __attribute__((always_inline))

enum { W = 8, PANELS = 2 };
typedef __m256 vec;

V vec v_load(const float *p) { return _mm256_load_ps(p); }
V void v_store(float *p, vec a) { _mm256_store_ps(p, a); }

V __m256i v_lanes(size_t n)
{
	return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n),
				  _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

V vec v_load_n(const float *p, size_t n) { return _mm256_maskload_ps(p, v_lanes(n)); }
V void v_store_n(float *p, size_t n, vec a) { _mm256_maskstore_ps(p, v_lanes(n), a); }
V vec v_set1(float a) { return _mm256_set1_ps(a); }
V vec v_add(vec a, vec b) { return _mm256_add_ps(a, b); }
V vec v_sub(vec a, vec b) { return _mm256_sub_ps(a, b); }
V vec v_mul(vec a, vec b) { return _mm256_mul_ps(a, b); }
V vec v_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
V vec v_max(vec a, vec b) { return _mm256_max_ps(a, b); }

V vec v_ldexp(vec a, vec k)
{
	__m256i e = _mm256_slli_epi32(_mm256_cvtps_epi32(k), 23);
	return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), e));
}

V float v_sum(vec a)
{
	__m128 s = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
	s = _mm_add_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}

V float v_top(vec a)
{
	__m128 s = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
	s = _mm_max_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
}

V vec v_first(size_t n, vec a, vec b)
{
	return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(v_lanes(n)));
}

V void v_transpose(vec r[W])
{
	vec t[W];
	UNROLL
	for (int i = 0; i < 8; i += 4) {
		t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
		t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
		t[i + 2] = _mm256_unpacklo_ps(r[i + 2], r[i + 3]);
		t[i + 3] = _mm256_unpackhi_ps(r[i + 2], r[i + 3]);
		r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
		r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
		r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
		r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
	}
	UNROLL
	for (int i = 0; i < 4; i++) {
		t[i] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x20);
		r[i + 4] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x31);
		r[i] = t[i];
	}
}

#include "vec/attention_fp32_simd.h"

const struct attention_kernels attention_fp32_avx2 = {
	SIMD_AVX2, false, fp32_scratch_bytes, fp32_run,
};

#endif
