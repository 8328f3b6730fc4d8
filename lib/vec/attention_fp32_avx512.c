/* Attention with AVX-512; see attention.h and attention_fp32_simd.h. */
#include "vec/attention_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define FP32 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#define V FP32 static inline __attribute__((always_inline))

enum { W = 16, PANELS = 4 };
typedef __m512 vec;

V vec v_load(const float *p) { return _mm512_load_ps(p); }
V void v_store(float *p, vec a) { _mm512_store_ps(p, a); }
V __mmask16 v_lanes(size_t n) { return (__mmask16)((1u << n) - 1); }
V vec v_load_n(const float *p, size_t n) { return _mm512_maskz_loadu_ps(v_lanes(n), p); }
V void v_store_n(float *p, size_t n, vec a) { _mm512_mask_storeu_ps(p, v_lanes(n), a); }
V vec v_set1(float a) { return _mm512_set1_ps(a); }
V vec v_add(vec a, vec b) { return _mm512_add_ps(a, b); }
V vec v_sub(vec a, vec b) { return _mm512_sub_ps(a, b); }
V vec v_mul(vec a, vec b) { return _mm512_mul_ps(a, b); }
V vec v_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
V vec v_max(vec a, vec b) { return _mm512_max_ps(a, b); }
V vec v_ldexp(vec a, vec k) { return _mm512_scalef_ps(a, k); }
V float v_sum(vec a) { return _mm512_reduce_add_ps(a); }
V float v_top(vec a) { return _mm512_reduce_max_ps(a); }
V vec v_first(size_t n, vec a, vec b) { return _mm512_mask_mov_ps(b, v_lanes(n), a); }

V void v_transpose(vec r[W])
{
	vec t[W];
	UNROLL
	for (int i = 0; i < 16; i += 4) {
		t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
		t[i + 2] = _mm512_unpacklo_ps(r[i + 2], r[i + 3]);
		t[i + 3] = _mm512_unpackhi_ps(r[i + 2], r[i + 3]);
		r[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
		r[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xee);
		r[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
		r[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xee);
	}
	UNROLL
	for (int i = 0; i < 4; i++) {
		t[i] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0x88);
		t[i + 4] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0xdd);
		t[i + 8] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0x88);
		t[i + 12] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0xdd);
		r[i] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88);
		r[i + 8] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0xdd);
		r[i + 4] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0x88);
		r[i + 12] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0xdd);
	}
}

#include "vec/attention_fp32_simd.h"

const struct attention_kernels attention_fp32_avx512 = {
	SIMD_AVX512, false, fp32_scratch_bytes, fp32_run,
};

#endif
