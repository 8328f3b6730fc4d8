/*
 * bf16 on aarch64: multiplied as f32 with NEON alone, or by the matrix product BFMMLA; see linear.h
 * and linear_tile.h. BFMMLA adds the products of two inputs, then that to the sum, both rounded to
 * odd (off by less than 2^-23 of the result): k / 2 such additions stay within linear.h's bound.
 */
#include "vec/linear_impl.h"

#if defined(__aarch64__)

#include "vec/linear_neon.h"

/* As linear_to_bf16: to nearest even, NaN stays NaN. */
static inline uint16x4_t to_bf16(float32x4_t x)
{
	uint32x4_t u = vreinterpretq_u32_f32(x);
	uint32x4_t odd = vandq_u32(vshrq_n_u32(u, 16), vdupq_n_u32(1));
	uint32x4_t near = vaddq_u32(vaddq_u32(u, vdupq_n_u32(0x7fff)), odd);
	uint32x4_t quiet = vorrq_u32(u, vdupq_n_u32(0x400000));
	return vshrn_n_u32(vbslq_u32(vceqq_f32(x, x), near, quiet), 16);
}

static void rows_bf16(const struct linear_input *in, void *rows)
{
	size_t bytes = linear_row_bytes(&linear_bf16_scalar, in->k);
	for (size_t i = 0; i < in->m; i++) {
		const float *x = in->x + i * in->ldx;
		uint16_t *h = (void *)((char *)rows + i * bytes);
		size_t d = 0;
		for (; d + 4 <= in->k; d += 4)
			vst1_u16(h + d, to_bf16(vld1q_f32(x + d)));
		for (; d < in->k; d++)
			h[d] = linear_to_bf16(x[d]);
		memset(h + in->k, 0, bytes - in->k * sizeof *h);
	}
}

static void widen_row(const uint16_t *row, size_t n, float *out)
{
	for (size_t d = 0; d < n; d += 4)
		vst1q_f32(out + d, vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(row + d), 16)));
}

static void widen_panel(const uint16_t *groups, size_t n, float *out)
{
	for (size_t g = 0; g < n; g++, out += 2 * LINEAR_PANEL)
		for (size_t c = 0; c < LINEAR_PANEL; c += 4, groups += 8) {
			uint32x4_t w = vreinterpretq_u32_u16(vld1q_u16(groups));
			uint32x4_t odd = vandq_u32(w, vdupq_n_u32(0xffff0000));
			vst1q_f32(out + c, vreinterpretq_f32_u32(vshlq_n_u32(w, 16)));
			vst1q_f32(out + LINEAR_PANEL + c, vreinterpretq_f32_u32(odd));
		}
}

static void mul(const struct linear_job *j)
{
	static const struct linear_widen widen = {widen_row, widen_panel};
	linear_mul_widened(j, &linear_tiles_neon, &widen);
}

const struct linear_kernels linear_bf16_neon = {SIMD_NEON, PRECISION_BF16, rows_bf16, mul};

#ifdef LINEAR_HAVE_BF16

enum { ROWS = 6 };

/* Row 0 or 1 of two (2 rows, 2 channels), beside each other. */
static inline float32x4_t half(float32x4_t a, float32x4_t b, size_t row)
{
	float64x2_t a2 = vreinterpretq_f64_f32(a), b2 = vreinterpretq_f64_f32(b);
	return vreinterpretq_f32_f64(row ? vzip2q_f64(a2, b2) : vzip1q_f64(a2, b2));
}

/*
 * BFMMLA: (2, 2) += (2 rows, 4 inputs) x (2 channels, 4 inputs)^T. Two groups of a panel (there is
 * an even number of them), zipped by inputs of 2, are 4 inputs of each channel. 24 sums take most
 * of the registers. An odd last row is its own neighbour.
 */
TARGET_BF16 static ALWAYS_INLINE void tile(const struct linear_tile *t, const size_t n)
{
	float part[NEON_ROWS_MAX * LINEAR_PANEL];
	const size_t pairs = (n + 1) / 2;
	size_t ldy;
	float *y = neon_open(t, n, part, &ldy);
	const uint32_t *w = (const void *)t->w;
	const float *x[ROWS];
	float32x4_t sum[ROWS / 2][8];
	UNROLL
	for (size_t r = 0; r < 2 * pairs; r++)
		x[r] = t->x + (r < n ? r : n - 1) * t->ldx;
	UNROLL
	for (size_t p = 0; p < pairs; p++)
		UNROLL
		for (size_t c = 0; c < 8; c++) {
			const float *y0 = y + 2 * p * ldy + 2 * c;
			const float *y1 = 2 * p + 1 < n ? y0 + ldy : y0;
			sum[p][c] = t->first ? vdupq_n_f32(0)
					     : vcombine_f32(vld1_f32(y0), vld1_f32(y1));
		}
	for (size_t g = 0; g < t->k; g += 2, w += 2 * LINEAR_PANEL) {
		bfloat16x8_t a[ROWS / 2];
		UNROLL
		for (size_t p = 0; p < pairs; p++)
			a[p] = vreinterpretq_bf16_f32(vcombine_f32(vld1_f32(x[2 * p] + g),
								   vld1_f32(x[2 * p + 1] + g)));
		UNROLL
		for (size_t c = 0; c < 4; c++) {
			NO_EARLY_LOADS();
			uint32x4_t w0 = vld1q_u32(w + 4 * c);
			uint32x4_t w1 = vld1q_u32(w + LINEAR_PANEL + 4 * c);
			bfloat16x8_t b0 = vreinterpretq_bf16_u32(vzip1q_u32(w0, w1));
			bfloat16x8_t b1 = vreinterpretq_bf16_u32(vzip2q_u32(w0, w1));
			UNROLL
			for (size_t p = 0; p < pairs; p++) {
				sum[p][2 * c] = vbfmmlaq_f32(sum[p][2 * c], a[p], b0);
				sum[p][2 * c + 1] = vbfmmlaq_f32(sum[p][2 * c + 1], a[p], b1);
			}
		}
	}
	UNROLL
	for (size_t c = 0; c < 4; c++) {
		float32x4_t bias = t->bias ? vld1q_f32(t->bias + 4 * c) : vdupq_n_f32(0);
		UNROLL
		for (size_t r = 0; r < n; r++)
			vst1q_f32(y + r * ldy + 4 * c,
				  vaddq_f32(half(sum[r / 2][2 * c], sum[r / 2][2 * c + 1], r % 2),
					    bias));
	}
	neon_close(t, n, y);
}

#define TILE(n) \
	TARGET_BF16 static void tile_##n(const struct linear_tile *t) \
	{ \
		tile(t, n); \
	}
TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)

static void mul_mmla(const struct linear_job *j)
{
	static linear_tile_fn *const fn[] = {tile_1, tile_2, tile_3, tile_4, tile_5, tile_6};
	static const struct linear_tiles tiles = {.rows = ROWS, .panels = 1, .fn = fn};
	linear_mul_tiles(j, PRECISION_BF16, &tiles);
}

const struct linear_kernels linear_bf16_i8mm = {SIMD_I8MM, PRECISION_BF16, rows_bf16, mul_mmla};

#else

const struct linear_kernels linear_bf16_i8mm = {SIMD_I8MM, PRECISION_BF16, rows_bf16, mul};

#endif
#endif
