/* Copies: runs come back, places and filters are those of the definition, damage is refused. */
#include "unit.h"

#include <string.h>

#include "algo/twins.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fmt/copies.h"

enum { N = 1000 };

/* first[i]: the chunk whose text chunk i has. One in three is a copy, often next to one. */
static void make(uint32_t first[N], struct buf *runs, uint64_t seed)
{
	struct rng g = {seed};
	for (uint32_t i = 0; i < N; i++) {
		bool goes_on = i > 1 && first[i - 1] != i - 1 && first[first[i - 1] + 1] == first[i - 1] + 1 &&
			       first[i - 1] + 1 < i;
		first[i] = i;
		if (goes_on && rng_below(&g, 3))
			first[i] = first[i - 1] + 1;
		else if (i && !rng_below(&g, 4))
			first[i] = first[rng_below(&g, i)];
		if (first[i] != i)
			copies_add(runs, i, first[i]);
	}
}

struct seen {
	const uint32_t *first, *of;
	size_t n, n_bad;
};

static void see(void *ctx, size_t i, uint32_t chunk)
{
	struct seen *s = ctx;
	s->n++;
	s->n_bad += s->first[chunk] != s->of[i] || chunk == s->of[i];
}

static size_t wrong(const struct copies *c, const uint32_t first[N])
{
	uint32_t place = 0, at[N], of[N];
	uint64_t allow[N / 64 + 1], got[N / 64 + 1], want[N / 64 + 1] = {0};
	struct seen s = {first, of, 0, 0};
	size_t n_bad = 0, n = 0;
	struct rng g = {5};
	for (uint32_t i = 0; i < N; i++)
		if (first[i] == i)
			at[i] = place++;
	for (size_t i = 0; i < N / 64 + 1; i++)
		allow[i] = rng_u64(&g) & rng_u64(&g);
	for (uint32_t i = 0; i < N; i++) {
		n_bad += copies_first(c, i) != first[i] || copies_place(c, i) != at[first[i]] ||
			 (first[i] == i && copies_chunk(c, at[i]) != i);
		if (allow[i / 64] >> i % 64 & 1)
			want[at[first[i]] / 64] |= (uint64_t)1 << at[first[i]] % 64;
	}
	memset(got, 0xff, sizeof got);
	copies_fold(c, allow, N, got);
	n_bad += memcmp(got, want, (place / 64 + 1) * sizeof *got) != 0;
	for (uint32_t i = 0; i < N; i += 1 + i % 3)
		if (first[i] == i)
			of[n++] = i;
	copies_each(c, of, n, see, &s);
	for (uint32_t i = 0; i < N; i++)
		for (size_t k = 0; k < n; k++)
			s.n -= first[i] == of[k] && i != of[k];
	return n_bad + s.n + s.n_bad + (c->n != N - place);
}

static void test_round_trip(void)
{
	size_t n_bad = 0, n_runs = 0;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		static uint32_t first[N];
		struct buf runs = BUF_INIT, bytes = BUF_INIT;
		struct copies back, c;
		struct err e;
		make(first, &runs, seed);
		c = copies_in(&runs);
		n_bad += copies_check(&c, N, &e) || wrong(&c, first);
		copies_pack(&c, &bytes);
		if (copies_unpack(bytes.p, bytes.len, N, &back, &e)) {
			n_bad++;
		} else {
			n_bad += wrong(&back, first) || back.n_runs != c.n_runs;
			mem_free(back.run);
		}
		n_runs += c.n_runs;
		buf_release(&runs);
		buf_release(&bytes);
	}
	ok(!n_bad, "%zu runs of copies come back, with places, filters and copies of a chunk (%zu wrong)",
	   n_runs, n_bad);
}

static bool refused(const char *bytes, size_t n, size_t n_chunks)
{
	struct copies c;
	struct err e;
	if (copies_unpack((const uint8_t *)bytes, n, n_chunks, &c, &e))
		return c.run == NULL && !c.n_runs;
	mem_free(c.run);
	return false;
}

static void test_damage(void)
{
	ok(!refused("\1\0\1", 3, 2), "chunk 1 is a copy of chunk 0");
	ok(refused("", 0, 2), "no run is refused");
	ok(refused("\1\0", 2, 2), "half a run is refused");
	ok(refused("\1\0\0", 3, 2), "a copy of itself is refused");
	ok(refused("\0\0\1", 3, 2), "a copy of what is before the first chunk is refused");
	ok(refused("\1\1\1", 3, 2), "a run behind the last chunk is refused");
	ok(refused("\1\1\1", 3, 3), "a run into itself is refused");
	ok(refused("\1\0\1\0\0\1", 6, 3), "a copy of a copy is refused");
	ok(refused("\1\xff\xff\xff\xff\xff\1\1", 8, 1000), "a number of more than 32 bits is refused");
	ok(refused("\1\xff\xff\xff\xff\xf\1", 7, 1000), "a run of 2^32 chunks is refused");
}

/* What is taken of any bytes is as it must be. */
static void test_any_bytes(void)
{
	struct rng g = {3};
	size_t n_taken = 0, n_bad = 0;
	for (size_t i = 0; i < 200000; i++) {
		char b[12];
		struct copies c;
		struct err e;
		size_t n = rng_below(&g, sizeof b + 1);
		for (size_t k = 0; k < n; k++)
			b[k] = (char)rng_below(&g, rng_below(&g, 8) ? 5 : 256);
		if (copies_unpack((const uint8_t *)b, n, 40, &c, &e))
			continue;
		n_taken++;
		for (uint32_t k = 0; k < 40; k++)
			n_bad += copies_first(&c, k) > k || copies_place(&c, k) >= 40 - c.n ||
				 copies_first(&c, copies_first(&c, k)) != copies_first(&c, k);
		mem_free(c.run);
	}
	ok(n_taken > 100 && !n_bad, "of any bytes %zu are taken, and %zu numbers of these are wrong", n_taken,
	   n_bad);
}

static void test_twins(void)
{
	struct twins *t = twins_new();
	size_t n_bad = 0;
	for (uint32_t i = 0; i < 10000; i++) {
		char text[32];
		size_t n = (size_t)snprintf(text, sizeof text, "text %u", i % 3000);
		n_bad += twins_add(t, text, n, i) != i % 3000;
	}
	ok(!n_bad && twins_add(t, "", 0, 10000) == 10000 && twins_add(t, "", 0, 10001) == 10000,
	   "the same text has the number of the first, among thousands (%zu have not)", n_bad);
	twins_free(t);
}

int main(void)
{
	test_round_trip();
	test_damage();
	test_any_bytes();
	test_twins();
	return done();
}
