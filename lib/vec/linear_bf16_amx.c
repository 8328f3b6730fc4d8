/*
 * bf16 with AMX; see linear.h. A tile register holds 16 rows of 64 bytes: 32 inputs of 16 rows, or
 * of the 16 channels of a panel, or 16 x 16 sums. Four of sums, two of rows and two of weights make
 * a block of 32 rows x 2 panels, 4 products for 4 loads a step.
 *
 * Three things are worth more than the products themselves. Rows stay in the first-level cache
 * while all weights pass by, by loads that are told not to stay there. y is written from left to
 * right. And while a block is multiplied, the one before it gets its bias and gelu, some rows a
 * step, so that neither unit waits.
 */
#include "vec/linear_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "vec/linear_gelu.h"
#include "vec/linear_tile.h"

#define AMX __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16")))

enum {
	ROWS = 32, COLS = 2 * LINEAR_PANEL,	/* of a block */
	STEPS = 16	/* of 32 inputs: rows of more are cut, for the cache; sums meet in y */
};

/* What ldtilecfg reads. */
struct config {
	uint8_t palette, start_row, reserved[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
};

/* Rows x panels: at x, stride bytes apart, and at w, ldw bytes apart. */
struct block {
	const char *x, *w;
	size_t stride, ldw, steps;
	float (*sums)[COLS];
};

/* A block that is multiplied and wants to go to y; it is loaded into registers. */
struct ready {
	__m512 bias[2], gelu_table[LINEAR_NEAR16_N];
	__mmask16 mask[2];
	bool add, gelu;		/* add: y holds the sums of the inputs before */
	const float (*sums)[COLS];
	float *y;
	size_t ldy, rows;
};

AMX static inline __mmask16 mask16(size_t cols)
{
	return (__mmask16)(cols >= 16 ? 0xffff : (1u << cols) - 1);
}

/* Up to n more rows. */
AMX static ALWAYS_INLINE void finish(struct ready *r, size_t n)
{
	n = n < r->rows ? n : r->rows;
	r->rows -= n;
	for (; n; n--, r->sums++, r->y += r->ldy) {
		__m512 v0 = _mm512_add_ps(_mm512_loadu_ps(*r->sums), r->bias[0]);
		__m512 v1 = _mm512_add_ps(_mm512_loadu_ps(*r->sums + 16), r->bias[1]);
		if (r->add) {
			v0 = _mm512_add_ps(v0, _mm512_maskz_loadu_ps(r->mask[0], r->y));
			v1 = _mm512_add_ps(v1, _mm512_maskz_loadu_ps(r->mask[1], r->y + 16));
		}
		if (r->gelu) {
			v0 = linear_near16(v0, r->gelu_table);
			v1 = linear_near16(v1, r->gelu_table);
		}
		_mm512_mask_storeu_ps(r->y, r->mask[0], v0);
		_mm512_mask_storeu_ps(r->y + 16, r->mask[1], v1);
	}
}

AMX static ALWAYS_INLINE void multiply(const struct block *b, const struct ready *before,
				       const int A, const int P)
{
	const char *x = b->x, *x1 = b->x + (A > 1 ? 16 * b->stride : 0);
	const char *w = b->w, *w1 = b->w + (P > 1 ? b->ldw : 0);
	float (*s)[COLS] = b->sums;
	struct ready r = *before;
	size_t rows_a_step = (r.rows + b->steps - 1) / b->steps;
	_tile_zero(0);
	_tile_zero(1);
	_tile_zero(2);
	_tile_zero(3);
	for (size_t i = b->steps; i; i--, x += 64, x1 += 64, w += 1024, w1 += 1024) {
		_tile_stream_loadd(6, w, 64);
		if (P > 1)
			_tile_stream_loadd(7, w1, 64);
		_tile_loadd(4, x, b->stride);
		if (A > 1)
			_tile_loadd(5, x1, b->stride);
		_tile_dpbf16ps(0, 4, 6);
		if (P > 1)
			_tile_dpbf16ps(1, 4, 7);
		if (A > 1)
			_tile_dpbf16ps(2, 5, 6);
		if (A > 1 && P > 1)
			_tile_dpbf16ps(3, 5, 7);
		finish(&r, rows_a_step);
	}
	_tile_stored(0, s[0], sizeof *s);
	if (P > 1)
		_tile_stored(1, s[0] + 16, sizeof *s);
	if (A > 1)
		_tile_stored(2, s[16], sizeof *s);
	if (A > 1 && P > 1)
		_tile_stored(3, s[16] + 16, sizeof *s);
}

AMX static void multiply_1x1(const struct block *b, const struct ready *before)
{
	multiply(b, before, 1, 1);
}

AMX static void multiply_1x2(const struct block *b, const struct ready *before)
{
	multiply(b, before, 1, 2);
}

AMX static void multiply_2x1(const struct block *b, const struct ready *before)
{
	multiply(b, before, 2, 1);
}

AMX static void multiply_2x2(const struct block *b, const struct ready *before)
{
	multiply(b, before, 2, 2);
}

/* Tiles for blocks of `rows` rows, so that nothing past the last is read. */
AMX static void configure(size_t rows)
{
	struct config c = {.palette = 1};
	for (int i = 0; i < 8; i++) {
		size_t first = rows > 16 ? 16 : rows, second = rows > 16 ? rows - 16 : 1;
		c.row_bytes[i] = 64;
		c.rows[i] = (uint8_t)(i >= 6 ? 16 : i == 2 || i == 3 || i == 5 ? second : first);
	}
	__asm__ volatile("" : : "r"(&c) : "memory");	/* gcc 12 thinks that 8 bytes are read */
	_tile_loadconfig(&c);
}

/* Some rows and steps of j. */
struct part {
	size_t i, rows, step, steps;
};

/* Part of j times n panels from p on, which is in sums. */
AMX static inline struct ready ready(const struct linear_job *j, const struct part *t, size_t p,
				     size_t n, float (*sums)[COLS])
{
	size_t bytes = linear_panel_bytes(PRECISION_BF16, j->k), cols = j->n - p * LINEAR_PANEL;
	size_t groups = linear_groups_bytes(PRECISION_BF16, j->k);
	const float *bias = (const void *)((const char *)j->w + p * bytes + groups);
	const float *next = (const void *)((const char *)bias + (n - 1) * bytes);
	bool last = 1024 * (t->step + t->steps) == groups;
	__mmask16 with_bias = last ? 0xffff : 0;
	struct ready r = {
		.bias = {_mm512_maskz_loadu_ps(with_bias, bias),
			 _mm512_maskz_loadu_ps(with_bias, next)},
		.mask = {mask16(cols), n > 1 ? mask16(cols - LINEAR_PANEL) : 0},
		.add = t->step > 0, .gelu = j->gelu && last, .sums = (const float (*)[COLS])sums,
		.y = j->y + t->i * j->ldy + p * LINEAR_PANEL, .ldy = j->ldy, .rows = t->rows,
	};
	UNROLL
	for (int d = 0; d < LINEAR_NEAR16_N; d++)
		r.gelu_table[d] = _mm512_loadu_ps(LINEAR_NEAR16[d]);
	return r;
}

/* A part of j times all panels; r is the block before, and then the last one. */
AMX static void pass(const struct linear_job *j, const struct part *t, float (*sums)[COLS],
		     struct ready *r)
{
	static void (*const fn[2][2])(const struct block *, const struct ready *) = {
		{multiply_1x1, multiply_1x2}, {multiply_2x1, multiply_2x2},
	};
	size_t bytes = linear_panel_bytes(PRECISION_BF16, j->k);
	struct block b = {
		.x = (const char *)j->rows + t->i * j->row_bytes + 64 * t->step,
		.stride = j->row_bytes, .ldw = bytes, .steps = t->steps, .sums = sums,
	};
	for (size_t p = j->lo, n; p < j->hi; p += n) {
		n = j->hi - p < 2 ? 1 : 2;
		b.w = (const char *)j->w + p * bytes + 1024 * t->step;
		fn[t->rows > 16][n - 1](&b, r);
		*r = ready(j, t, p, n, sums);
	}
}

/* Rows [i, end), in blocks of `rows`. */
AMX static void mul_rows(const struct linear_job *j, size_t i, size_t end, size_t rows)
{
	_Alignas(64) float sums[ROWS][COLS];
	size_t steps = linear_k_pad(PRECISION_BF16, j->k) / 32;
	struct ready r = {.rows = 0};
	configure(rows);
	for (; i < end; i += rows)
		for (size_t s = 0, n; s < steps; s += n) {
			n = steps - s < STEPS ? steps - s : STEPS;
			struct part t = {.i = i, .rows = rows, .step = s, .steps = n};
			pass(j, &t, sums, &r);
		}
	finish(&r, r.rows);
	_tile_release();
}

static void mul(const struct linear_job *j)
{
	size_t whole = j->m / ROWS * ROWS;
	if (whole)
		mul_rows(j, 0, whole, ROWS);
	if (whole < j->m)
		mul_rows(j, whole, j->m, j->m - whole);
}

const struct linear_kernels linear_bf16_amx = {
	SIMD_AMX, PRECISION_BF16, linear_rows_bf16_avx512, mul,
};

#endif
