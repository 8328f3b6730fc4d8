/*
 * fp32 with AVX2 and FMA; see linear.h and linear_tile.h. Tiles of up to 6 rows x 1 panel: 12 sums,
 * 2 weights and an input take 15 of the 16 registers.
 */
#include "vec/linear_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "vec/linear_gelu.h"
#include "vec/linear_tile.h"

#define AVX2 __attribute__((target("avx2,fma")))

/* Lanes of half h that lie before cols. */
AVX2 static inline __m256i mask8(size_t cols, int h)
{
	return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)cols - 8 * h),
				  _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

AVX2 static inline __m256 load8(const float *y, size_t cols, int h)
{
	return cols >= 16 ? _mm256_loadu_ps(y + 8 * h)
			  : _mm256_maskload_ps(y + 8 * h, mask8(cols, h));
}

AVX2 static inline void store8(float *y, __m256 v, size_t cols, int h)
{
	if (cols >= 16)
		_mm256_storeu_ps(y + 8 * h, v);
	else
		_mm256_maskstore_ps(y + 8 * h, mask8(cols, h), v);
}

AVX2 static void gelu_tile(float *y, size_t ldy, size_t rows, size_t cols)
{
	for (size_t i = 0; i < rows; i++, y += ldy)
		for (int h = 0; h < 2; h++)
			store8(y, linear_gelu8(load8(y, cols, h)), cols, h);
}

/* R rows: 3 from each pointer, by one or two times ldx; so that addresses fit the registers. */
AVX2 static ALWAYS_INLINE void tile(const struct linear_tile *t, const int R)
{
	__m256 acc[6][2];
	const float *x[2] = {t->x, t->x + (R > 3 ? 3 * t->ldx : 0)}, *w = t->w;
	const size_t ldx = t->ldx;
	UNROLL
	for (int r = 0; r < R; r++) {
		const float *y = t->y + (size_t)r * t->ldy;
		acc[r][0] = t->first ? _mm256_setzero_ps() : load8(y, t->cols, 0);
		acc[r][1] = t->first ? _mm256_setzero_ps() : load8(y, t->cols, 1);
		__builtin_prefetch(y, 1);
	}
	UNROLL4
	for (size_t d = t->k; d; d--, w += LINEAR_PANEL) {
		__m256 w0 = _mm256_loadu_ps(w), w1 = _mm256_loadu_ps(w + 8);
		UNROLL
		for (int r = 0; r < R; r++) {
			__m256 v = _mm256_broadcast_ss(&x[r / 3][(size_t)(r % 3) * ldx]);
			acc[r][0] = _mm256_fmadd_ps(v, w0, acc[r][0]);
			acc[r][1] = _mm256_fmadd_ps(v, w1, acc[r][1]);
		}
		x[0]++;
		x[1]++;
	}
	__m256 b0 = t->bias ? _mm256_loadu_ps(t->bias) : _mm256_setzero_ps();
	__m256 b1 = t->bias ? _mm256_loadu_ps(t->bias + 8) : _mm256_setzero_ps();
	UNROLL
	for (int r = 0; r < R; r++) {
		float *y = t->y + (size_t)r * t->ldy;
		store8(y, _mm256_add_ps(acc[r][0], b0), t->cols, 0);
		store8(y, _mm256_add_ps(acc[r][1], b1), t->cols, 1);
	}
	if (t->gelu)
		gelu_tile(t->y, t->ldy, (size_t)R, t->cols);
}

#define TILE(R) \
	AVX2 static void tile_##R(const struct linear_tile *t) \
	{ \
		tile(t, R); \
	}
TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)

static linear_tile_fn *const tiles[] = {tile_1, tile_2, tile_3, tile_4, tile_5, tile_6};

const struct linear_tiles linear_tiles_avx2 = {.rows = 6, .panels = 1, .fn = tiles};

static void mul(const struct linear_job *j)
{
	linear_mul_tiles(j, PRECISION_FP32, &linear_tiles_avx2);
}

const struct linear_kernels linear_fp32_avx2 = {SIMD_AVX2, PRECISION_FP32, NULL, mul};

#endif
