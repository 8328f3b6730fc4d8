/*
 * Greedy maximum coverage over unit rows: each step takes the row whose neighbourhood
 * (cosine >= ANCHORS_COVER_COS) holds most rows not covered yet, lowest number on a tie.
 * Lazy evaluation (Minoux 1978): gains only shrink, so a stale gain is an upper bound.
 * When all rows are covered the next layer begins: coverage is cleared, chosen rows stay.
 */
#include "algo/anchors.h"

#include <string.h>

#include "base/mem.h"
#include "vec/blas.h"

struct cover {
	const float *x;
	size_t n, dim, n_words;
	uint64_t *near; /* (n, n_words) bits: row j is near row i */
	float *scratch; /* (ROWS_TILE, n) a worker */
	uint32_t *gain, *heap; /* (n); heap of row numbers, largest gain first */
	size_t n_heap;
};

static void near_body(void *ctx, size_t i_item, size_t i_worker)
{
	struct cover *c = ctx;
	size_t at = i_item * ROWS_TILE, n = c->n - at < ROWS_TILE ? c->n - at : ROWS_TILE;
	float *s = c->scratch + i_worker * ROWS_TILE * c->n;
	blas_nt(n, c->n, c->dim, 1, c->x + at * c->dim, c->dim, c->x, c->dim, 0, s, c->n);
	for (size_t i = 0; i < n; i++) {
		uint64_t *bits = c->near + (at + i) * c->n_words;
		for (size_t j = 0; j < c->n; j++)
			if (s[i * c->n + j] >= ANCHORS_COVER_COS || j == at + i)
				bits[j / 64] |= (uint64_t)1 << j % 64;
	}
}

static uint32_t gain_of(const struct cover *c, size_t row, const uint64_t *covered)
{
	const uint64_t *bits = c->near + row * c->n_words;
	uint32_t n = 0;
	for (size_t w = 0; w < c->n_words; w++)
		n += (uint32_t)__builtin_popcountll(bits[w] & ~covered[w]);
	return n;
}

static bool before(const struct cover *c, uint32_t a, uint32_t b)
{
	return c->gain[a] != c->gain[b] ? c->gain[a] > c->gain[b] : a < b;
}

static void sift(struct cover *c, size_t i)
{
	uint32_t row = c->heap[i];
	for (size_t kid; (kid = 2 * i + 1) < c->n_heap; i = kid) {
		if (kid + 1 < c->n_heap && before(c, c->heap[kid + 1], c->heap[kid]))
			kid++;
		if (!before(c, c->heap[kid], row))
			break;
		c->heap[i] = c->heap[kid];
	}
	c->heap[i] = row;
}

/* Fresh gains for every row still in the heap. */
static void layer(struct cover *c, uint64_t *covered)
{
	memset(covered, 0, c->n_words * sizeof *covered);
	for (size_t i = 0; i < c->n_heap; i++)
		c->gain[c->heap[i]] = gain_of(c, c->heap[i], covered);
	for (size_t i = c->n_heap / 2; i-- > 0;)
		sift(c, i);
}

void anchors_cover(const float *x, size_t n, size_t dim, size_t k, struct par *par, uint32_t *ids)
{
	struct cover c = {.x = x, .n = n, .dim = dim, .n_words = (n + 63) / 64, .n_heap = n};
	size_t n_tiles = (n + ROWS_TILE - 1) / ROWS_TILE;
	uint64_t *covered = mem_array(c.n_words, sizeof *covered);
	c.near = mem_calloc(n * c.n_words, sizeof *c.near);
	c.scratch = mem_array(par_n_threads(par) * ROWS_TILE * n, sizeof *c.scratch);
	c.gain = mem_array(n, sizeof *c.gain);
	c.heap = mem_array(n, sizeof *c.heap);
	par_for(par, n_tiles, near_body, &c);
	for (size_t i = 0; i < n; i++)
		c.heap[i] = (uint32_t)i;
	layer(&c, covered);
	for (size_t chosen = 0; chosen < k;) {
		uint32_t top = c.heap[0], gain = gain_of(&c, top, covered);
		if (gain < c.gain[top]) {
			c.gain[top] = gain;
			sift(&c, 0);
			continue;
		}
		if (!gain) {
			layer(&c, covered);
			continue;
		}
		ids[chosen++] = top;
		for (size_t w = 0; w < c.n_words; w++)
			covered[w] |= c.near[top * c.n_words + w];
		c.heap[0] = c.heap[--c.n_heap];
		if (c.n_heap)
			sift(&c, 0);
	}
	mem_free(covered);
	mem_free(c.near);
	mem_free(c.scratch);
	mem_free(c.gain);
	mem_free(c.heap);
}
