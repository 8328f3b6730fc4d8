/* Which kernels a level has, and the packing of weights that all of them read; see linear.h. */
#include "vec/linear.h"

#include <math.h>

#include "vec/linear_impl.h"

static const struct linear_kernels *const fp32[SIMD_N] = {
	[SIMD_SCALAR] = &linear_fp32_scalar, [SIMD_BLAS] = &linear_fp32_blas,
#if defined(__x86_64__)
	[SIMD_AVX2] = &linear_fp32_avx2, [SIMD_AVX512] = &linear_fp32_avx512,
#elif defined(__aarch64__)
	[SIMD_NEON] = &linear_fp32_neon,
#endif
};

static const struct linear_kernels *const bf16[SIMD_N] = {
	[SIMD_SCALAR] = &linear_bf16_scalar,
#if defined(__x86_64__)
	[SIMD_AVX2] = &linear_bf16_avx2, [SIMD_AVX512] = &linear_bf16_avx512,
	[SIMD_AMX] = &linear_bf16_amx,
#elif defined(__aarch64__)
	[SIMD_NEON] = &linear_bf16_neon, [SIMD_I8MM] = &linear_bf16_i8mm,
#endif
};

static const struct linear_kernels *const int8[SIMD_N] = {
	[SIMD_SCALAR] = &linear_int8_scalar,
#if defined(__x86_64__)
	[SIMD_AVX2] = &linear_int8_avx2, [SIMD_AVXVNNI] = &linear_int8_avxvnni,
	[SIMD_AVX512] = &linear_int8_avx512, [SIMD_AMX] = &linear_int8_amx,
#elif defined(__aarch64__)
	[SIMD_DOTPROD] = &linear_int8_dotprod, [SIMD_I8MM] = &linear_int8_i8mm,
#endif
};

const struct linear_kernels *linear_of(enum simd s, enum precision p)
{
	const struct linear_kernels *const *table = p == PRECISION_INT8 ? int8
						  : p == PRECISION_BF16 ? bf16 : fp32;
	while (!table[s])
		s = simd_below(s);
	return table[s];
}

size_t linear_row_bytes(const struct linear_kernels *lin, size_t k)
{
	size_t pad = linear_k_pad(lin->precision, k);
	switch (lin->precision) {
	case PRECISION_INT8: return pad + sizeof(struct linear_row_tail);
	case PRECISION_BF16: return 2 * pad + 64;	/* 64: rows of 2^n bytes share cache sets */
	default: return 4 * k;
	}
}

size_t linear_weight_bytes(const struct linear_kernels *lin, size_t n, size_t k)
{
	if (lin->simd == SIMD_BLAS)
		return ((n * k + n) * sizeof(float) + 63) / 64 * 64;
	return (n + LINEAR_PANEL - 1) / LINEAR_PANEL * linear_panel_bytes(lin->precision, k);
}

/* Row-major as they came: what a BLAS wants. */
static void pack_plain(const float *w, const float *bias, size_t n, size_t k, float *out)
{
	memcpy(out, w, n * k * sizeof *out);
	for (size_t i = 0; i < n; i++)
		out[n * k + i] = bias ? bias[i] : 0;
}

/* One channel of a panel: its k weights, scaled to -127 .. 127. */
static void pack_channel8(const float *w, size_t k, size_t c, int8_t *groups,
			  struct linear_tail8 *tail)
{
	float top = 0;
	int32_t sum = 0;
	for (size_t i = 0; i < k; i++)
		top = fabsf(w[i]) > top ? fabsf(w[i]) : top;
	tail->scale[c] = top / 127;
	float inv = tail->scale[c] > 0 ? 1 / tail->scale[c] : 0;
	for (size_t i = 0; i < k; i++) {
		float q = rintf(w[i] * inv);
		int8_t q8 = (int8_t)(q > 127 ? 127 : q < -127 ? -127 : q);
		groups[i / 4 * 64 + c * 4 + i % 4] = q8;
		sum += q8;
	}
	tail->sum[c] = tail->scale[c] * (float)sum;
}

static void pack_panel8(const float *w, const float *bias, size_t n_here, size_t k, void *out)
{
	size_t bytes = linear_groups_bytes(PRECISION_INT8, k);
	struct linear_tail8 *tail = (void *)((char *)out + bytes);
	memset(out, 0, bytes + sizeof *tail);
	for (size_t c = 0; c < n_here; c++) {
		pack_channel8(w + c * k, k, c, out, tail);
		tail->bias[c] = bias ? bias[c] : 0;
	}
}

static void pack_panel(const struct linear_kernels *lin, const float *w, const float *bias,
		       size_t n_here, size_t k, void *out)
{
	size_t bytes = linear_groups_bytes(lin->precision, k);
	struct linear_tail *tail = (void *)((char *)out + bytes);
	uint16_t *h = out;
	float *f = out;
	memset(out, 0, bytes + sizeof *tail);
	for (size_t c = 0; c < n_here; c++) {
		for (size_t i = 0; i < k; i++)
			if (lin->precision == PRECISION_BF16)
				h[i / 2 * 32 + c * 2 + i % 2] = linear_to_bf16(w[c * k + i]);
			else
				f[i * LINEAR_PANEL + c] = w[c * k + i];
		tail->bias[c] = bias ? bias[c] : 0;
	}
}

void linear_pack(const struct linear_kernels *lin, const float *w, const float *bias, size_t n,
		 size_t k, void *out)
{
	if (lin->simd == SIMD_BLAS) {
		pack_plain(w, bias, n, k, out);
		return;
	}
	char *p = out;
	for (size_t c = 0; c < n; c += LINEAR_PANEL, p += linear_panel_bytes(lin->precision, k)) {
		size_t n_here = n - c < LINEAR_PANEL ? n - c : LINEAR_PANEL;
		const float *b = bias ? bias + c : NULL;
		if (lin->precision == PRECISION_INT8)
			pack_panel8(w + c * k, b, n_here, k, p);
		else
			pack_panel(lin, w + c * k, b, n_here, k, p);
	}
}

void linear_bf16(const float *x, size_t n, uint16_t *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = linear_to_bf16(x[i]);
}

void linear_f32(const uint16_t *x, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = linear_from_bf16(x[i]);
}
