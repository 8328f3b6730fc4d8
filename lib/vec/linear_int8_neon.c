/*
 * int8 on aarch64, sums exact; see linear.h. SDOT takes bytes with signs on both sides: rows are
 * read as q - 128, and 128 times the sum of a channel's weights is where its sum starts. USMMLA
 * takes them as they are.
 */
#include "vec/linear_impl.h"

#if defined(__aarch64__)

#include <math.h>

#include "vec/linear_neon.h"

enum { ROWS = 4, ROWS_MMLA = 6 };

/* Some rows, whole, by one panel. */
struct tile8 {
	const char *rows;	/* n_rows, row_bytes apart */
	size_t row_bytes, n_rows, k;
	const void *panel;
	const int32_t *start;	/* (16): where sums start; or NULL */
	float *y;		/* (n_rows, 16), rows ldy elements apart */
	size_t ldy;
};

/* Value i of a row, and 4 of them. */
static inline float value(const float *x, const float *smooth, size_t i)
{
	return smooth ? x[i] * smooth[i] : x[i];
}

static inline float32x4_t value4(const float *x, const float *smooth, size_t i)
{
	float32x4_t v = vld1q_f32(x + i);
	return smooth ? vmulq_f32(v, vld1q_f32(smooth + i)) : v;
}

/* Smallest and largest value of k; poison is NaN where one is not finite, else 0. */
static void range(const float *x, const float *smooth, size_t k, float *lo, float *hi,
		  float *poison)
{
	float32x4_t lo4 = vdupq_n_f32(INFINITY), hi4 = vdupq_n_f32(-INFINITY);
	float32x4_t zero = vdupq_n_f32(0), bad4 = zero;
	size_t i = 0;
	for (; i + 4 <= k; i += 4) {
		float32x4_t v = value4(x, smooth, i);
		lo4 = vminnmq_f32(lo4, v);
		hi4 = vmaxnmq_f32(hi4, v);
		bad4 = vfmaq_f32(bad4, v, zero);
	}
	*lo = vminnmvq_f32(lo4);
	*hi = vmaxnmvq_f32(hi4);
	*poison = vaddvq_f32(bad4);
	for (; i < k; i++) {
		float v = value(x, smooth, i);
		*lo = v < *lo ? v : *lo;
		*hi = v > *hi ? v : *hi;
		*poison += v * 0;
	}
}

/* 4 values to 0 .. 255, to nearest even: the conversion saturates and turns NaN into 0. */
static inline uint16x4_t quantize4(float32x4_t v, float32x4_t lo, float32x4_t inv)
{
	return vqmovn_u32(vcvtnq_u32_f32(vmulq_f32(vsubq_f32(v, lo), inv)));
}

static inline void quantize8(float32x4_t v0, float32x4_t v1, float lo, float inv, uint8_t *q)
{
	float32x4_t lo4 = vdupq_n_f32(lo), inv4 = vdupq_n_f32(inv);
	vst1_u8(q, vqmovn_u16(vcombine_u16(quantize4(v0, lo4, inv4), quantize4(v1, lo4, inv4))));
}

static void row_int8(const float *x, const float *smooth, size_t k, uint8_t *q)
{
	size_t pad = linear_k_pad(PRECISION_INT8, k), i = 0;
	struct linear_row_tail *tail = (void *)(q + pad);
	float lo, hi, poison, last[8] = {0};
	range(x, smooth, k, &lo, &hi, &poison);
	float inv = hi > lo ? 255 / (hi - lo) : 0;
	for (; i + 8 <= k; i += 8)
		quantize8(value4(x, smooth, i), value4(x, smooth, i + 4), lo, inv, q + i);
	if (i < k) {
		for (size_t d = i; d < k; d++)
			last[d - i] = value(x, smooth, d);
		quantize8(vld1q_f32(last), vld1q_f32(last + 4), lo, inv, q + i);
	}
	memset(q + k, 0, pad - k + sizeof *tail);
	tail->scale = (hi - lo) / 255 + poison;
	tail->min = lo;
}

static void rows_int8(const struct linear_input *in, void *rows)
{
	size_t bytes = linear_row_bytes(&linear_int8_scalar, in->k);
	for (size_t i = 0; i < in->m; i++)
		row_int8(in->x + i * in->ldx, in->smooth, in->k, (uint8_t *)rows + i * bytes);
}

/* Channels 4 c .. 4 c + 3 of row r: scale s_w acc + (min sum + bias). */
static inline void finish(const struct tile8 *t, const struct linear_tail8 *w, size_t r,
			  size_t c, int32x4_t acc)
{
	const struct linear_row_tail *x = (const void *)(t->rows + r * t->row_bytes +
							 linear_k_pad(PRECISION_INT8, t->k));
	float32x4_t base = vfmaq_n_f32(vld1q_f32(w->bias + 4 * c), vld1q_f32(w->sum + 4 * c),
				       x->min);
	float32x4_t v = vmulq_f32(vld1q_f32(w->scale + 4 * c), vcvtq_f32_s32(acc));
	vst1q_f32(t->y + r * t->ldy + 4 * c, vfmaq_n_f32(base, v, x->scale));
}

/* All rows of j by panel p, in tiles of nearly equal length. */
static void panel(const struct linear_job *j, size_t p, const int32_t *start, size_t max_rows,
		  void (*mul)(const struct tile8 *t))
{
	static const float zero[LINEAR_PANEL];
	float part[NEON_ROWS_MAX * LINEAR_PANEL];
	size_t lo = p * LINEAR_PANEL, left, n;
	size_t cols = j->n - lo < LINEAR_PANEL ? j->n - lo : LINEAR_PANEL;
	bool whole = cols == LINEAR_PANEL;
	for (size_t i = 0; i < j->m; i += n) {
		left = (j->m - i + max_rows - 1) / max_rows;
		n = (j->m - i + left - 1) / left;
		float *y = j->y + i * j->ldy + lo;
		mul(&(struct tile8){
			.rows = (const char *)j->rows + i * j->row_bytes,
			.row_bytes = j->row_bytes, .n_rows = n, .k = j->k,
			.panel = (const char *)j->w + p * linear_panel_bytes(PRECISION_INT8, j->k),
			.start = start, .y = whole ? y : part,
			.ldy = whole ? j->ldy : LINEAR_PANEL});
		for (size_t r = 0; r < n && !whole; r++)
			memcpy(y + r * j->ldy, part + r * LINEAR_PANEL, cols * sizeof *y);
		for (size_t r = 0; r < n && j->gelu; r++)
			vec_kernels_neon.gelu_f32(y + r * j->ldy, zero, cols);
	}
}

/* start[c] = 128 times the sum of channel c's weights: below 2^30, as k <= LINEAR_K_MAX. */
TARGET_DOTPROD static void start_of(const int8_t *w, size_t groups, int32_t *start)
{
	int32x4_t sum[4];
	for (size_t c = 0; c < 4; c++)
		sum[c] = vdupq_n_s32(0);
	for (size_t g = 0; g < groups; g++, w += 64)
		UNROLL
		for (size_t c = 0; c < 4; c++)
			sum[c] = vdotq_s32(sum[c], vld1q_s8(w + 16 * c), vdupq_n_s8(1));
	for (size_t c = 0; c < 4; c++)
		vst1q_s32(start + 4 * c, vshlq_n_s32(sum[c], 7));
}

/* Group g of 4, in lane g of the rows; a lane must be a constant. */
#define GROUP(g) \
	do { \
		NO_EARLY_LOADS(); \
		UNROLL \
		for (size_t c = 0; c < 4; c++) { \
			int8x16_t b = vld1q_s8(w + 64 * (g) + 16 * c); \
			UNROLL \
			for (size_t r = 0; r < n; r++) \
				acc[r][c] = vdotq_laneq_s32(acc[r][c], b, a[r], g); \
		} \
	} while (0)

TARGET_DOTPROD static ALWAYS_INLINE void dot_of(const struct tile8 *t, const size_t n)
{
	const int8_t *w = t->panel;
	size_t pad = linear_k_pad(PRECISION_INT8, t->k);
	int32x4_t acc[ROWS][4];
	UNROLL
	for (size_t r = 0; r < n; r++)
		UNROLL
		for (size_t c = 0; c < 4; c++)
			acc[r][c] = vld1q_s32(t->start + 4 * c);
	for (size_t i = 0; i < pad; i += 16, w += 256) {
		int8x16_t a[ROWS];
		UNROLL
		for (size_t r = 0; r < n; r++) {
			uint8x16_t q = vld1q_u8((const void *)(t->rows + r * t->row_bytes + i));
			a[r] = vreinterpretq_s8_u8(veorq_u8(q, vdupq_n_u8(0x80)));
		}
		GROUP(0);
		GROUP(1);
		GROUP(2);
		GROUP(3);
	}
	UNROLL
	for (size_t r = 0; r < n; r++)
		UNROLL
		for (size_t c = 0; c < 4; c++)
			finish(t, (const void *)w, r, c, acc[r][c]);
}

TARGET_DOTPROD static void dot(const struct tile8 *t)
{
	switch (t->n_rows) {
	case 1: dot_of(t, 1); break;
	case 2: dot_of(t, 2); break;
	case 3: dot_of(t, 3); break;
	default: dot_of(t, 4);
	}
}

static void mul_dot(const struct linear_job *j)
{
	size_t pad = linear_k_pad(PRECISION_INT8, j->k);
	for (size_t p = j->lo; p < j->hi; p++) {
		int32_t start[LINEAR_PANEL];
		start_of((const int8_t *)j->w + p * linear_panel_bytes(PRECISION_INT8, j->k),
			 pad / 4, start);
		panel(j, p, start, ROWS, dot);
	}
}

/*
 * USMMLA: (2, 2) += (2 rows, 8 inputs) x (2 channels, 8 inputs)^T. Two groups of a panel, zipped
 * by inputs of 4, are 8 inputs of each channel. An odd last row is its own neighbour.
 */
TARGET_I8MM static ALWAYS_INLINE void mmla_of(const struct tile8 *t, const size_t n)
{
	const uint32_t *w = t->panel;
	const char *x[ROWS_MMLA];
	size_t pairs = (n + 1) / 2, pad = linear_k_pad(PRECISION_INT8, t->k);
	int32x4_t acc[ROWS_MMLA / 2][8];
	UNROLL
	for (size_t r = 0; r < 2 * pairs; r++) {
		x[r] = t->rows + (r < n ? r : n - 1) * t->row_bytes;
		UNROLL
		for (size_t c = 0; c < 4; c++)
			acc[r / 2][c + r % 2 * 4] = vdupq_n_s32(0);
	}
	for (size_t i = 0; i < pad; i += 8, w += 2 * LINEAR_PANEL) {
		uint8x16_t a[ROWS_MMLA / 2];
		UNROLL
		for (size_t p = 0; p < pairs; p++)
			a[p] = vcombine_u8(vld1_u8((const void *)(x[2 * p] + i)),
					   vld1_u8((const void *)(x[2 * p + 1] + i)));
		UNROLL
		for (size_t c = 0; c < 4; c++) {
			NO_EARLY_LOADS();
			uint32x4_t w0 = vld1q_u32(w + 4 * c);
			uint32x4_t w1 = vld1q_u32(w + LINEAR_PANEL + 4 * c);
			int8x16_t b0 = vreinterpretq_s8_u32(vzip1q_u32(w0, w1));
			int8x16_t b1 = vreinterpretq_s8_u32(vzip2q_u32(w0, w1));
			UNROLL
			for (size_t p = 0; p < pairs; p++) {
				acc[p][2 * c] = vusmmlaq_s32(acc[p][2 * c], a[p], b0);
				acc[p][2 * c + 1] = vusmmlaq_s32(acc[p][2 * c + 1], a[p], b1);
			}
		}
	}
	UNROLL
	for (size_t r = 0; r < n; r++)
		UNROLL
		for (size_t c = 0; c < 4; c++) {
			int64x2_t s0 = vreinterpretq_s64_s32(acc[r / 2][2 * c]);
			int64x2_t s1 = vreinterpretq_s64_s32(acc[r / 2][2 * c + 1]);
			int64x2_t s = r % 2 ? vzip2q_s64(s0, s1) : vzip1q_s64(s0, s1);
			finish(t, (const void *)w, r, c, vreinterpretq_s32_s64(s));
		}
}

TARGET_I8MM static void mmla(const struct tile8 *t)
{
	switch (t->n_rows) {
	case 1: mmla_of(t, 1); break;
	case 2: mmla_of(t, 2); break;
	case 3: mmla_of(t, 3); break;
	case 4: mmla_of(t, 4); break;
	case 5: mmla_of(t, 5); break;
	default: mmla_of(t, 6);
	}
}

static void mul_mmla(const struct linear_job *j)
{
	for (size_t p = j->lo; p < j->hi; p++)
		panel(j, p, NULL, ROWS_MMLA, mmla);
}

const struct linear_kernels linear_int8_dotprod = {
	SIMD_DOTPROD, PRECISION_INT8, rows_int8, mul_dot,
};
const struct linear_kernels linear_int8_i8mm = {
	SIMD_I8MM, PRECISION_INT8, rows_int8, mul_mmla,
};

#endif
