/* How products are cut into tiles; see linear_tile.h. */
#include "vec/linear_tile.h"

enum {
	K_BLOCK = 2048,		/* groups: two panels are 256 KiB */
	M_BLOCK = 256,		/* rows for which the weights are read once */
	/* The same in bf16, where the blocks are on the stack in f32: 48 and 24 KiB. */
	WIDE_K = 96, WIDE_M = 64, WIDE_PANELS = 2
};

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* t but for its x and y: panels [p, p + n) of j, from group g to end. */
static struct linear_tile tile(const struct linear_job *j, enum precision prec, size_t p, size_t n,
			       size_t g, size_t end)
{
	size_t groups = linear_groups_bytes(prec, j->k) / 64;
	size_t ldw = linear_panel_bytes(prec, j->k) / sizeof(float);
	const float *w = (const float *)j->w + p * ldw;
	return (struct linear_tile){
		.w = w + g * LINEAR_PANEL, .ldw = ldw, .k = end - g, .ldy = j->ldy,
		.cols = min(n * LINEAR_PANEL, j->n - p * LINEAR_PANEL), .first = !g,
		.bias = end == groups ? w + groups * LINEAR_PANEL : NULL, .ldb = ldw,
		.gelu = j->gelu && end == groups,
	};
}

/* Rows [i, m) of x times the n panels of t, into y, which is at row 0. */
static void pass(struct linear_tile t, size_t n, const float *x, size_t i, size_t m, float *y,
		 const struct linear_tiles *ts)
{
	for (size_t end; i < m; i = end) {
		end = linear_block_end(i, m, ts->rows);
		t.x = x + i * t.ldx;
		t.y = y + i * t.ldy;
		ts->fn[(end - i - 1) * ts->panels + n - 1](&t);
	}
}

void linear_mul_tiles(const struct linear_job *j, enum precision prec,
		      const struct linear_tiles *ts)
{
	size_t groups = linear_groups_bytes(prec, j->k) / 64;
	for (size_t i = 0, i_end; i < j->m; i = i_end) {
		i_end = linear_block_end(i, j->m, M_BLOCK);
		for (size_t g = 0, end; g < groups; g = end) {
			end = min(g + K_BLOCK, groups);
			for (size_t p = j->lo, n; p < j->hi; p += n) {
				n = min(j->hi - p, ts->panels);
				struct linear_tile t = tile(j, prec, p, n, g, end);
				t.ldx = j->row_bytes / sizeof(float);
				pass(t, n, (const float *)j->rows + g, i, i_end,
				     j->y + p * LINEAR_PANEL, ts);
			}
		}
	}
}

/* Rows [i, end) of j from group g on, n groups of each, as f32. */
static void widen_rows(const struct linear_job *j, size_t i, size_t end, size_t g, size_t n,
		       const struct linear_widen *widen, float (*out)[2 * WIDE_K])
{
	for (; i < end; i++, out++)
		widen->row((const uint16_t *)((const char *)j->rows + i * j->row_bytes) + 2 * g,
			   2 * n, *out);
}

void linear_mul_widened(const struct linear_job *j, const struct linear_tiles *ts,
			const struct linear_widen *widen)
{
	float x[WIDE_M][2 * WIDE_K];
	float w[WIDE_PANELS][2 * WIDE_K * LINEAR_PANEL];
	size_t groups = linear_groups_bytes(PRECISION_BF16, j->k) / 64;
	for (size_t i = 0, i_end; i < j->m; i = i_end) {
		i_end = linear_block_end(i, j->m, WIDE_M);
		for (size_t g = 0, end; g < groups; g = end) {
			end = min(g + WIDE_K, groups);
			widen_rows(j, i, i_end, g, end - g, widen, x);
			for (size_t p = j->lo, n; p < j->hi; p += n) {
				n = min(j->hi - p, ts->panels);
				struct linear_tile t = tile(j, PRECISION_BF16, p, n, g, end);
				for (size_t q = 0; q < n; q++)
					widen->panel((const uint16_t *)(t.w + q * t.ldw), t.k, w[q]);
				t.ldx = 2 * WIDE_K;
				t.w = *w;
				t.ldw = 2 * WIDE_K * LINEAR_PANEL;
				t.k *= 2;
				pass(t, n, *x, 0, i_end - i,
				     j->y + i * j->ldy + p * LINEAR_PANEL, ts);
			}
		}
	}
}
