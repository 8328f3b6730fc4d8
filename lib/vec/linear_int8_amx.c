/*
 * int8 with AMX; see linear.h. A tile holds 16 rows or channels by 64 inputs, and a panel's
 * groups lie as a tile wants them. A step multiplies 2 tiles of rows by 2 panels. The sums of a
 * block leave through an array in the first-level cache and are finished, row by row, between
 * the next block's products, which run beside them.
 *
 * Rows are taken in groups of 4 tiles, all panels by each: with 384 inputs a group stays in the
 * first-level cache. Its loads and stores are what limits the speed, so that fetching ahead by
 * instructions, or cutting 1536 inputs into pieces that stay there, gained nothing.
 */
#include "vec/linear_impl.h"

#if defined(__x86_64__)

#include "vec/linear_int8_avx512.h"

#define AMX __attribute__((target("amx-tile,amx-int8")))
#define AMX_AVX512 __attribute__((target(AVX512_INT8 ",amx-tile,amx-int8")))

enum {
	TILE = 16,		/* rows of a tile */
	TILE_SUMS = TILE * 16,
	GROUP = 4,		/* tiles of rows */
	A0 = 4, A1 = 5, B0 = 6, B1 = 7,	/* registers; 0 .. 3 are sums */
};

/* Registers are named by number in the code of an instruction: no compiler has them as types. */
#define LOAD(tile, at, stride) \
	__asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" :: "r"(at), "r"(stride), "i"(tile))
#define STORE(tile, at) \
	__asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" :: "r"(at), "r"((size_t)64), "i"(tile) \
			 : "memory")
#define ZERO(tile) __asm__ volatile("tilezero %%tmm%c0" :: "i"(tile))
/* sums c += a's u8 times b's s8 */
#define MUL(c, a, b) \
	__asm__ volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" :: "i"(c), "i"(a), "i"(b))

struct tile_config {		/* as the processor reads it */
	uint8_t palette, start_row, reserved[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
};

/* 1 or 2 tiles of rows by 2 panels. */
struct block {
	const char *a[2], *b[2];
	bool one;		/* tile of rows */
};

/* Sums of 1 or 2 tiles of rows by 2 panels, to be finished. */
struct todo {
	const struct linear_row8 *row[2];
	float *y[2];
	const struct linear_tail8 *panel[2];
	size_t cols;
	size_t rows[2];		/* none: 0 */
};

struct work {
	const struct linear_job *j;
	size_t row_bytes, panel_bytes, steps;
	size_t n_tiles, tile_rows;
	struct linear_row8 (*row)[TILE];	/* (GROUP) */
	int32_t *sums;		/* (2, 2, TILE, 16): of tile 0 by panel 0, 0 by 1, 1 by 0, 1 by 1 */
	struct todo todo;
};

AMX static void configure(size_t tile_rows)
{
	struct tile_config c = {.palette = 1};
	for (size_t i = 0; i < 8; i++) {
		c.row_bytes[i] = 64;
		c.rows[i] = (uint8_t)(i < B0 ? tile_rows : TILE);
	}
	__asm__ volatile("ldtilecfg %0" :: "m"(c));
}

/* How far todo is. */
struct finish {
	struct linear_finish16 f;
	const struct todo *t;
	size_t rows;		/* of a tile */
	size_t left, next;	/* of this one, of the other one */
};

AMX_AVX512 static ALWAYS_INLINE void finish_begin(struct finish *f, const struct work *w)
{
	const struct todo *t = f->t = &w->todo;
	f->rows = w->tile_rows;
	f->left = t->rows[0];
	f->next = t->rows[1];
	linear_finish_panels16(&f->f, t->panel[0], t->panel[1], t->cols);
	f->f.acc = w->sums;
	f->f.panel_acc = TILE_SUMS;
	f->f.row = t->row[0];
	f->f.row_bytes = sizeof *t->row[0];
	f->f.y = t->y[0];
	f->f.ldy = w->j->ldy;
}

AMX_AVX512 static ALWAYS_INLINE void finish(struct finish *f, size_t n, const bool gelu)
{
	for (; n && f->left; n--) {
		linear_finish_row16(&f->f, gelu);
		if (--f->left)
			continue;
		f->f.acc += (2 * TILE - f->rows) * 16;
		f->f.row = f->t->row[1];
		f->f.y = f->t->y[1];
		f->left = f->next;
		f->next = 0;
	}
}

AMX_AVX512 static ALWAYS_INLINE void block(const struct work *w, const struct block *b,
					   const bool gelu)
{
	const size_t lda = w->row_bytes, ldb = 64;
	size_t products = w->steps * (b->one ? 2 : 4);
	struct finish f;
	finish_begin(&f, w);
	size_t each = (f.left + f.next + products - 1) / products;
	ZERO(0);
	ZERO(1);
	ZERO(2);
	ZERO(3);
	for (size_t s = 0; s < w->steps; s++) {
		LOAD(A0, b->a[0] + s * 64, lda);
		LOAD(B0, b->b[0] + s * 1024, ldb);
		MUL(0, A0, B0);
		finish(&f, each, gelu);
		LOAD(B1, b->b[1] + s * 1024, ldb);
		MUL(1, A0, B1);
		finish(&f, each, gelu);
		if (b->one)
			continue;
		LOAD(A1, b->a[1] + s * 64, lda);
		MUL(2, A1, B0);
		finish(&f, each, gelu);
		MUL(3, A1, B1);
		finish(&f, each, gelu);
	}
	STORE(0, w->sums);
	STORE(1, w->sums + TILE_SUMS);
	if (b->one)
		return;
	STORE(2, w->sums + 2 * TILE_SUMS);
	STORE(3, w->sums + 3 * TILE_SUMS);
}

AMX_AVX512 static void block_plain(const struct work *w, const struct block *b)
{
	block(w, b, false);
}

AMX_AVX512 static void block_gelu(const struct work *w, const struct block *b)
{
	block(w, b, true);
}

AMX_AVX512 static void finish_all(const struct work *w)
{
	struct finish f;
	finish_begin(&f, w);
	if (w->j->gelu)
		finish(&f, 2 * TILE, true);
	else
		finish(&f, 2 * TILE, false);
}

/* Tiles are alike, so the last two may overlap. */
static size_t tile_row(const struct work *w, size_t i_tile)
{
	size_t row = i_tile * w->tile_rows, last = w->j->m - w->tile_rows;
	return row < last ? row : last;
}

/*
 * Tiles t, t + 1 (or t alone if it is the last) by panels p, p + 1 (or p alone).
 * For the compiler that is no function with vectors: it would put them to work here, and wide
 * loads of what single stores wrote wait for all stores before, those of tiles too.
 */
AMX static void tiles(struct work *w, size_t t, size_t p)
{
	const struct linear_job *j = w->j;
	struct todo *d = &w->todo;
	bool one = t + 1 == w->n_tiles;
	size_t row0 = tile_row(w, t), row1 = one ? row0 : tile_row(w, t + 1);
	const char *panel = (const char *)j->w + p * w->panel_bytes;
	/* a lone panel stands for both */
	size_t end = p + 1 < j->hi ? p + 2 : p + 1, beside = (end - p - 1) * w->panel_bytes;
	struct block b = {.one = one};
	b.a[0] = (const char *)j->rows + row0 * w->row_bytes;
	b.a[1] = (const char *)j->rows + row1 * w->row_bytes;
	b.b[0] = panel;
	b.b[1] = b.b[0] + beside;
	if (j->gelu)
		block_gelu(w, &b);
	else
		block_plain(w, &b);
	d->row[0] = w->row[t % GROUP];
	d->row[1] = w->row[(t + 1) % GROUP];
	d->y[0] = j->y + row0 * j->ldy + p * 16;
	d->y[1] = j->y + row1 * j->ldy + p * 16;
	d->panel[0] = (const void *)(panel + w->steps * 1024);
	d->panel[1] = (const void *)(panel + w->steps * 1024 + beside);
	d->cols = (end * 16 < j->n ? end * 16 : j->n) - p * 16;
	d->rows[0] = w->tile_rows;
	d->rows[1] = one ? 0 : w->tile_rows;
}

/* Tiles t .. end - 1 by all panels. */
static void group(struct work *w, size_t t, size_t end)
{
	for (size_t i = t; i < end; i++)
		for (size_t r = 0; r < w->tile_rows; r++)
			memcpy(&w->row[i % GROUP][r], (const char *)w->j->rows + w->steps * 64 +
			       (tile_row(w, i) + r) * w->row_bytes, sizeof w->row[0][0]);
	for (size_t p = w->j->lo; p < w->j->hi; p += 2)
		for (size_t i = t; i < end; i += 2)
			tiles(w, i, p);
	finish_all(w);
	w->todo.rows[0] = w->todo.rows[1] = 0;
}

AMX static void mul(const struct linear_job *j)
{
	_Alignas(64) int32_t sums[4 * TILE_SUMS];
	struct linear_row8 row[GROUP][TILE];
	struct work w = {.j = j, .row_bytes = j->row_bytes, .row = row, .sums = sums};
	if (!j->m)
		return;
	w.panel_bytes = linear_panel_bytes(PRECISION_INT8, j->k);
	w.steps = linear_k_pad(PRECISION_INT8, j->k) / 64;
	w.n_tiles = (j->m + TILE - 1) / TILE;
	w.tile_rows = (j->m + w.n_tiles - 1) / w.n_tiles;
	w.todo.panel[0] = w.todo.panel[1] = (const void *)((const char *)j->w + w.steps * 1024);
	configure(w.tile_rows);
	for (size_t t = 0; t < w.n_tiles; t += GROUP)
		group(&w, t, t + GROUP < w.n_tiles ? t + GROUP : w.n_tiles);
	__asm__ volatile("tilerelease");
}

const struct linear_kernels linear_int8_amx = {
	SIMD_AMX, PRECISION_INT8, linear_rows_int8_avx512, mul,
};

#endif
