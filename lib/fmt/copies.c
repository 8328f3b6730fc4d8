/* Chunks with the text of earlier ones; see copies.h. */
#include "fmt/copies.h"

#include <string.h>

#include "base/le.h"
#include "base/mem.h"
#include "fmt/mp.h"

enum { PIECE_RUNS = (1 << 20) / COPIES_RUN_BYTES };

void copies_add(struct buf *runs, uint32_t chunk, uint32_t of)
{
	struct copies c = copies_in(runs);
	struct copy_run *last = c.n_runs ? &c.run[c.n_runs - 1] : NULL;
	if (last && last->chunk + last->n == chunk && last->of + last->n == of && of < last->chunk) {
		last->n++;
		return;
	}
	struct copy_run r = {chunk, 1, of, 0};
	buf_add(runs, &r, sizeof r);
}

/* The first run that ends behind chunk; n_runs: none. */
static size_t find(const struct copies *c, uint32_t chunk)
{
	size_t lo = 0, hi = c->n_runs;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (chunk - (uint64_t)c->run[mid].chunk < c->run[mid].n || c->run[mid].chunk > chunk)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

int copies_check(struct copies *c, size_t n_chunks, struct err *e)
{
	uint64_t end = 0;
	c->n = 0;
	for (size_t i = 0; i < c->n_runs; i++) {
		struct copy_run *r = &c->run[i];
		if (!r->n || r->chunk < end || (uint64_t)r->chunk + r->n > n_chunks ||
		    (uint64_t)r->of + r->n > r->chunk)
			return err_set(e, ERR_DATA, "copies: chunks %u + %u of %zu have the texts of %u "
				       "and on, those before end at %llu", r->chunk, r->n, n_chunks,
				       r->of, (unsigned long long)end);
		end = (uint64_t)r->chunk + r->n;
		r->before = (uint32_t)c->n;
		c->n += r->n;
	}
	for (size_t i = 0; i < c->n_runs; i++) {
		const struct copy_run *r = &c->run[i];
		size_t k = find(c, r->of);
		if (c->run[k].chunk < r->of + r->n)
			return err_set(e, ERR_DATA, "copies: chunks %u + %u are copies of copies",
				       r->chunk, r->n);
	}
	return 0;
}

uint32_t copies_first(const struct copies *c, uint32_t chunk)
{
	size_t k = find(c, chunk);
	if (k == c->n_runs || c->run[k].chunk > chunk)
		return chunk;
	return c->run[k].of + (chunk - c->run[k].chunk);
}

uint32_t copies_place(const struct copies *c, uint32_t chunk)
{
	uint32_t of = copies_first(c, chunk);
	size_t k = find(c, of);
	return of - (k == c->n_runs ? (uint32_t)c->n : c->run[k].before);
}

uint32_t copies_chunk(const struct copies *c, uint32_t place)
{
	size_t lo = 0, hi = c->n_runs;
	while (lo < hi) {	/* the first run whose chunks come behind it */
		size_t mid = lo + (hi - lo) / 2;
		if (c->run[mid].chunk - c->run[mid].before > place)
			hi = mid;
		else
			lo = mid + 1;
	}
	return place + (lo == c->n_runs ? (uint32_t)c->n : c->run[lo].before);
}

static bool bit(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

/* n bits from place from of in to the clear bits from to on of out. */
static void move_bits(const uint64_t *in, size_t from, size_t n, uint64_t *out, size_t to)
{
	for (size_t i = 0; i < n;) {
		size_t a = (from + i) % 64, b = (to + i) % 64, most = 64 - (a > b ? a : b);
		size_t k = n - i < most ? n - i : most;
		uint64_t mask = k == 64 ? UINT64_MAX : ((uint64_t)1 << k) - 1;
		out[(to + i) / 64] |= (in[(from + i) / 64] >> a & mask) << b;
		i += k;
	}
}

void copies_fold(const struct copies *c, const uint64_t *allow, size_t n_chunks, uint64_t *out)
{
	size_t at = 0, to = 0;
	memset(out, 0, ((n_chunks - c->n) / 64 + 1) * sizeof *out);
	for (size_t i = 0; i < c->n_runs; i++) {
		size_t n = c->run[i].chunk - at;
		move_bits(allow, at, n, out, to);
		at += n + c->run[i].n;
		to += n;
	}
	move_bits(allow, at, n_chunks - at, out, to);
	for (size_t i = 0; i < c->n_runs; i++) {
		const struct copy_run *r = &c->run[i];
		uint32_t place = copies_place(c, r->of);	/* those of a run are no copies: one after another */
		for (size_t k = 0; k < r->n; k++)
			if (bit(allow, r->chunk + k))
				out[(place + k) / 64] |= (uint64_t)1 << (place + k) % 64;
	}
}

void copies_each(const struct copies *c, const uint32_t *of, size_t n,
		 void (*f)(void *ctx, size_t i, uint32_t chunk), void *ctx)
{
	for (size_t k = 0; k < c->n_runs; k++) {
		const struct copy_run *r = &c->run[k];
		size_t lo = 0, hi = n;
		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;
			if (of[mid] < r->of)
				lo = mid + 1;
			else
				hi = mid;
		}
		for (; lo < n && of[lo] - r->of < r->n; lo++)
			f(ctx, lo, r->chunk + (of[lo] - r->of));
	}
}

static void put_number(struct buf *b, uint32_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_addc(b, (int)(v & 0x7f) | 0x80);
	buf_addc(b, (int)v);
}

static int get_number(const uint8_t **p, const uint8_t *end, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; *p < end && shift < 35; shift += 7) {
		uint8_t c = *(*p)++;
		*v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return *v > UINT32_MAX ? -1 : 0;
	}
	return -1;
}

void copies_pack(const struct copies *c, struct buf *out)
{
	uint32_t end = 0;
	for (size_t i = 0; i < c->n_runs; i++) {
		const struct copy_run *r = &c->run[i];
		put_number(out, r->chunk - end);
		put_number(out, r->n - 1);
		put_number(out, r->chunk - r->of);
		end = r->chunk + r->n;
	}
}

int copies_unpack(const uint8_t *p, size_t n, size_t n_chunks, struct copies *c, struct err *e)
{
	const uint8_t *end = p + n;
	struct buf runs = BUF_INIT;
	uint64_t at = 0, v[3];
	int r = n ? 0 : err_set(e, ERR_DATA, "copies: 0 bytes");
	while (!r && p < end) {
		if (get_number(&p, end, &v[0]) || get_number(&p, end, &v[1]) || get_number(&p, end, &v[2]) ||
		    at + v[0] + v[1] >= n_chunks || v[2] > at + v[0]) {
			r = err_set(e, ERR_DATA, "copies: run %zu of %zu chunks is no run",
				    runs.len / sizeof(struct copy_run), n_chunks);
			break;
		}
		at += v[0];
		struct copy_run run = {(uint32_t)at, (uint32_t)v[1] + 1, (uint32_t)(at - v[2]), 0};
		buf_add(&runs, &run, sizeof run);
		at += v[1] + 1;
	}
	*c = copies_in(&runs);
	if (r || copies_check(c, n_chunks, e)) {
		buf_release(&runs);
		*c = (struct copies){0};
		return -1;
	}
	c->run = (void *)buf_detach(&runs);
	return 0;
}

int copies_send(const struct buf *runs, struct stream_out *out, struct buf *body, struct err *e)
{
	struct copies c = copies_in(runs);
	struct buf le = BUF_INIT;
	int r = 0;
	for (size_t i = 0; i < c.n_runs && !r; i += PIECE_RUNS) {
		size_t n = c.n_runs - i < PIECE_RUNS ? c.n_runs - i : PIECE_RUNS;
		buf_clear(&le);
		buf_zero(&le, n * COPIES_RUN_BYTES);
		for (size_t k = 0; k < n; k++) {
			put_le32(le.p + k * COPIES_RUN_BYTES, c.run[i + k].chunk);
			put_le32(le.p + k * COPIES_RUN_BYTES + 4, c.run[i + k].n);
			put_le32(le.p + k * COPIES_RUN_BYTES + 8, c.run[i + k].of);
		}
		buf_clear(body);
		mp_put_arr(body, 2);
		mp_put_u64(body, TAG_COPIES);
		mp_put_bin(body, le.p, le.len);
		r = stream_out_buf(out, body, e);
	}
	buf_release(&le);
	return r;
}

void copies_take(struct buf *runs, const uint8_t *p, size_t n)
{
	for (size_t at = 0; at + COPIES_RUN_BYTES <= n; at += COPIES_RUN_BYTES) {
		struct copy_run r = {get_le32(p + at), get_le32(p + at + 4), get_le32(p + at + 8), 0};
		buf_add(runs, &r, sizeof r);
	}
}
