/* Attention with AMX; see attention.h and attention_bf16_x86.h. */
#include "vec/attention_impl.h"

#if defined(__x86_64__)

#define BF16 __attribute__((target( \
	"avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vbmi,avx2,bmi2,fma,"	\
	"amx-tile,amx-bf16")))

#include "vec/attention_bf16_x86.h"

/* Operand of ldtilecfg (Intel SDM, "TILECFG"). */
struct tile_config {
	uint8_t palette, start_row, reserved[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
};

static const struct tile_config config = {
	.palette = 1, .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
	.rows = {16, 16, 16, 16, 16, 16, 16, 16},
};

/* A row of 1; read with stride 0 a tile of them, whose product with weights is their sums. */
static const uint32_t ones[16] = {
	0x3f803f80, 0x3f803f80, 0x3f803f80, 0x3f803f80, 0x3f803f80, 0x3f803f80, 0x3f803f80,
	0x3f803f80, 0x3f803f80, 0x3f803f80, 0x3f803f80, 0x3f803f80, 0x3f803f80, 0x3f803f80,
	0x3f803f80, 0x3f803f80,
};

/* gcc's tile loads are asm that does not say that it reads memory. */
#define IN_ORDER() __asm__ volatile("" : : : "memory")

BF16 static void scores(const struct work *w, size_t u)
{
	const uint16_t *k = w->k + u * 2 * TILE, *q = w->q;
	float *s = scores_at(w, u);
	IN_ORDER();
	_tile_zero(0);
	_tile_zero(1);
	for (size_t t = 0; t < w->steps; t++, k += w->units * 2 * TILE, q += TILE) {
		_tile_loadd(4, q, 64);
		_tile_loadd(5, k, 64);
		_tile_dpbf16ps(0, 4, 5);
		_tile_loadd(6, k + TILE, 64);
		_tile_dpbf16ps(1, 4, 6);
	}
	_tile_stored(0, s, 64);
	_tile_stored(1, s + TILE / 2, 64);
	IN_ORDER();
}

BF16 static inline void store_output(const struct work *w)
{
	_tile_stored(0, w->o, 64);
	_tile_stored(1, w->o + TILE / 2, 64);
	_tile_stored(2, w->o + TILE, 64);
	IN_ORDER();
}

BF16 static void mix(const struct work *w, size_t t)
{
	const uint16_t *v = w->v + t * w->units * 2 * TILE, *p = w->w;
	IN_ORDER();
	_tile_loadd(7, ones, 0);
	_tile_zero(0);
	_tile_zero(1);
	_tile_zero(2);
	for (size_t u = 0; u < w->units; u++, v += 2 * TILE, p += TILE) {
		_tile_loadd(4, p, 64);
		_tile_loadd(5, v, 64);
		_tile_dpbf16ps(0, 4, 5);
		_tile_loadd(6, v + TILE, 64);
		_tile_dpbf16ps(1, 4, 6);
		_tile_dpbf16ps(2, 4, 7);
	}
	store_output(w);
}

/*
 * All at once, one step of channels: in round u the scores of unit u, the weights of unit u - 1
 * and the products of unit u - 2, so that tiles and vectors have work at the same time. Tiles:
 * 0-2 output, 3-4 scores, 5 keys, values or ones, 6 weights, 7 queries.
 */
BF16 static void fused(const struct work *w)
{
	const size_t n = w->units;
	const uint16_t *k = w->k, *v = w->v;
	IN_ORDER();
	_tile_loadd(7, w->q, 64);
	_tile_zero(0);
	_tile_zero(1);
	_tile_zero(2);
	for (size_t u = 0; u < n + 2; u++) {
		float *s = scores_at(w, u);
		uint16_t *mixed = w->w + u % 2 * TILE, *weighed = w->w + (u + 1) % 2 * TILE;
		if (u >= 1 && u <= n) {
			_tile_stored(3, s, 64);
			_tile_stored(4, s + TILE / 2, 64);
		}
		if (u < n) {
			_tile_zero(3);
			_tile_loadd(5, k, 64);
			_tile_dpbf16ps(3, 7, 5);
			_tile_zero(4);
			_tile_loadd(5, k + TILE, 64);
			_tile_dpbf16ps(4, 7, 5);
			k += 2 * TILE;
		}
		IN_ORDER();
		if (u >= 1 && u <= n)
			weights_fast(s, first_keys(w->j->len - (u - 1) * UNIT), weighed);
		IN_ORDER();
		if (u >= 2) {
			_tile_loadd(6, mixed, 64);
			_tile_loadd(5, v, 64);
			_tile_dpbf16ps(0, 6, 5);
			_tile_loadd(5, v + TILE, 64);
			_tile_dpbf16ps(1, 6, 5);
			_tile_loadd(5, ones, 0);
			_tile_dpbf16ps(2, 6, 5);
			v += 2 * TILE;
		}
	}
	store_output(w);
}

BF16 static void run(const struct attention_job *j)
{
	_tile_loadconfig(&config);
	attend(j, &(struct products){scores, mix, fused});
	_tile_release();
}

const struct attention_kernels attention_bf16_amx = {SIMD_AMX, true, bf16_scratch_bytes, run};

#endif
