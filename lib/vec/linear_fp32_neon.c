/*
 * fp32 with NEON; see linear.h and linear_tile.h. Tiles of up to 4 rows x 1 panel: 16 sums, 4
 * weights and 4 inputs take 24 of the 32 registers.
 */
#include "vec/linear_impl.h"

#if defined(__aarch64__)

#include "vec/linear_neon.h"

enum { ROWS = 4 };

static ALWAYS_INLINE void tile(const struct linear_tile *t, const size_t n)
{
	float part[NEON_ROWS_MAX * LINEAR_PANEL];
	size_t ldy, ldx = t->ldx;
	float *y = neon_open(t, n, part, &ldy);
	const float *x = t->x, *w = t->w;
	float32x4_t sum[ROWS][4];
	UNROLL
	for (size_t r = 0; r < n; r++)
		UNROLL
		for (size_t c = 0; c < 4; c++)
			sum[r][c] = t->first ? vdupq_n_f32(0) : vld1q_f32(y + r * ldy + 4 * c);
	for (size_t d = t->k; d; d--, x++, w += LINEAR_PANEL) {
		float32x4_t w0 = vld1q_f32(w), w1 = vld1q_f32(w + 4);
		float32x4_t w2 = vld1q_f32(w + 8), w3 = vld1q_f32(w + 12);
		UNROLL
		for (size_t r = 0; r < n; r++) {
			float v = x[r * ldx];
			sum[r][0] = vfmaq_n_f32(sum[r][0], w0, v);
			sum[r][1] = vfmaq_n_f32(sum[r][1], w1, v);
			sum[r][2] = vfmaq_n_f32(sum[r][2], w2, v);
			sum[r][3] = vfmaq_n_f32(sum[r][3], w3, v);
		}
	}
	UNROLL
	for (size_t c = 0; c < 4; c++) {
		float32x4_t bias = t->bias ? vld1q_f32(t->bias + 4 * c) : vdupq_n_f32(0);
		UNROLL
		for (size_t r = 0; r < n; r++)
			vst1q_f32(y + r * ldy + 4 * c, vaddq_f32(sum[r][c], bias));
	}
	neon_close(t, n, y);
}

#define TILE(n) \
	static void tile_##n(const struct linear_tile *t) \
	{ \
		tile(t, n); \
	}
TILE(1)
TILE(2)
TILE(3)
TILE(4)

static linear_tile_fn *const tiles[] = {tile_1, tile_2, tile_3, tile_4};

const struct linear_tiles linear_tiles_neon = {.rows = ROWS, .panels = 1, .fn = tiles};

static void mul(const struct linear_job *j)
{
	linear_mul_tiles(j, PRECISION_FP32, &linear_tiles_neon);
}

const struct linear_kernels linear_fp32_neon = {SIMD_NEON, PRECISION_FP32, NULL, mul};

#endif
