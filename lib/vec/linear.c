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

static float scale_of(const float *w, size_t k)
{
	float top = 0;
	for (size_t i = 0; i < k; i++)
		top = fabsf(w[i]) > top ? fabsf(w[i]) : top;
	return top / 127;
}

/* Channel at of the layer, the panel's c-th: its k weights, scaled to -127 .. 127. */
static void pack_channel8(const struct linear_layer *y, size_t at, size_t c, int8_t *groups,
			  struct linear_tail8 *tail)
{
	const float *w = y->w + at * y->k;
	int32_t sum = 0;
	tail->scale[c] = y->scale ? y->scale[at] : scale_of(w, y->k);
	float inv = tail->scale[c] > 0 ? 1 / tail->scale[c] : 0;
	for (size_t i = 0; i < y->k; i++) {
		float q = rintf(w[i] * inv);
		int8_t q8 = (int8_t)(q > 127 ? 127 : q < -127 ? -127 : q);
		groups[i / 4 * 64 + c * 4 + i % 4] = q8;
		sum += q8;
	}
	tail->sum[c] = tail->scale[c] * (float)sum;
}

/* Channels [lo, hi) of the layer, 16 or, at its end, fewer. */
static void pack_panel8(const struct linear_layer *y, size_t lo, size_t hi, void *out)
{
	size_t bytes = linear_groups_bytes(PRECISION_INT8, y->k);
	struct linear_tail8 *tail = (void *)((char *)out + bytes);
	memset(out, 0, bytes + sizeof *tail);
	for (size_t c = lo; c < hi; c++) {
		pack_channel8(y, c, c - lo, out, tail);
		tail->bias[c - lo] = y->bias ? y->bias[c] : 0;
	}
}

static void pack_panel(enum precision p, const struct linear_layer *y, size_t lo, size_t hi,
		       void *out)
{
	size_t bytes = linear_groups_bytes(p, y->k);
	struct linear_tail *tail = (void *)((char *)out + bytes);
	uint16_t *h = out;
	float *f = out;
	memset(out, 0, bytes + sizeof *tail);
	for (size_t c = 0; c < hi - lo; c++) {
		const float *w = y->w + (lo + c) * y->k;
		for (size_t i = 0; i < y->k; i++)
			if (p == PRECISION_BF16)
				h[i / 2 * 32 + c * 2 + i % 2] = linear_to_bf16(w[i]);
			else
				f[i * LINEAR_PANEL + c] = w[i];
		tail->bias[c] = y->bias ? y->bias[lo + c] : 0;
	}
}

void linear_pack(const struct linear_kernels *lin, const struct linear_layer *y, void *out)
{
	if (lin->simd == SIMD_BLAS) {
		pack_plain(y->w, y->bias, y->n, y->k, out);
		return;
	}
	char *p = out;
	for (size_t lo = 0; lo < y->n; lo += LINEAR_PANEL) {
		size_t hi = lo + LINEAR_PANEL < y->n ? lo + LINEAR_PANEL : y->n;
		if (lin->precision == PRECISION_INT8)
			pack_panel8(y, lo, hi, p);
		else
			pack_panel(lin->precision, y, lo, hi, p);
		p += linear_panel_bytes(lin->precision, y->k);
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
