/* Postings: words come back with their groups, damage is refused, memory stays small. */
#include "unit.h"

#include <string.h>

#include "algo/rare.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fmt/postings.h"

/* n_chunks passages of words drawn from n_words, the first of them often; word i has hash(i). */
static uint64_t hash(uint64_t i)
{
	struct rng r = {i + 1};
	return rng_u64(&r);
}

static struct rare *collect(size_t n_chunks, size_t n_words, size_t each)
{
	struct rare *r = rare_new(POSTINGS_MOST);
	struct word *p = mem_array(each, sizeof *p);
	struct rng g = {7};
	for (size_t c = 0; c < n_chunks; c++) {
		for (size_t i = 0; i < each; i++) {
			uint64_t range = i % 2 ? n_words : n_words / 100 + 1;
			p[i] = (struct word){.hash = hash(rng_below(&g, range))};
		}
		struct words w = {p, each, each};
		rare_add(r, &w, (uint32_t)(c >> POSTINGS_SHIFT));
	}
	mem_free(p);
	return r;
}

/* Words of the pairs, of no more groups than the writer takes, that are not there with all of them. */
static size_t missing(const struct postings *x, const uint64_t *pair, size_t n, size_t *n_found)
{
	size_t bad = 0, most = 1;
	while (4 * most <= x->most)	/* two words that are one may have twice as many */
		most *= 2;
	*n_found = 0;
	for (size_t i = 0, j; i < n; i = j) {
		uint32_t group[POSTINGS_GROUPS_MAX];
		size_t k, same = 0;
		struct err e;
		for (j = i; j < n && pair[j] >> 32 == pair[i] >> 32; j++)
			;
		if (postings_find(x, pair[i] & ~(uint64_t)UINT32_MAX, group, &k, &e))
			return SIZE_MAX;
		if (j - i > most)
			continue;
		++*n_found;
		for (size_t a = i; a < j; a++)	/* words of one shortened hash share their groups */
			for (size_t b = 0; b < k; b++)
				same += group[b] == (uint32_t)pair[a];
		bad += same != j - i;
	}
	return bad;
}

static void test_round_trip(void)
{
	static const struct {
		size_t n_chunks, n_words, each;
	} cases[] = {{1, 3, 2}, {9, 200, 20}, {64, 5000, 40}, {5000, 30000, 20}, {40000, 90000, 12}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rare *r = collect(cases[i].n_chunks, cases[i].n_words, cases[i].each);
		struct buf b = BUF_INIT;
		struct postings x = {0};
		struct err e = {0};
		size_t n, n_found = 0;
		const uint64_t *pair = rare_pairs(r, &n);
		postings_pack(pair, n, cases[i].n_chunks, &b);
		bool good = !postings_open(&x, b.p, b.len, cases[i].n_chunks, &e) &&
			    !postings_verify(&x, &e);
		size_t bad = good ? missing(&x, pair, n, &n_found) : n;
		ok(good && !bad && (x.most < 4 ||
		   b.len <= 12 * cases[i].n_chunks + 1024),
		   "%zu words of %zu chunks, at most %zu groups each, come back (%zu lost) from "
		   "%.1f bytes a chunk%s", n_found, cases[i].n_chunks, x.most, bad,
		   (double)b.len / (double)cases[i].n_chunks, e.msg);
		buf_release(&b);
		rare_free(r);
	}
}

static void test_memory(void)
{
	struct rare *r = rare_new(2);
	struct word p[3] = {{.hash = 1ull << 40}, {.hash = 2ull << 40}, {.hash = 1ull << 40}};
	struct words w = {p, 3, 3};
	size_t n;
	for (uint32_t g = 0; g < 1000000; g++) {
		w.n = g % 250000 ? 1 : 3;
		rare_add(r, &w, g / 2);
	}
	for (uint32_t g = 0; g < 4000000; g++)	/* past what is kept unsorted */
		rare_add(r, &w, 500000);
	const uint64_t *v = rare_pairs(r, &n);
	ok(n == 6 && v[0] == (1ull << 40 | 0) && v[2] == (1ull << 40 | 2) && v[3] == 2ull << 40 &&
	   v[5] == (2ull << 40 | 250000),
	   "of a word that is everywhere the first 3 groups are kept, of a rare one all");
	rare_free(r);
}

static void test_damage(void)
{
	struct rare *r = collect(120, 1500, 10);
	struct buf b = BUF_INIT;
	struct postings x;
	struct err e;
	size_t n, n_cut = 0, n_seen = 0, n_insane = 0, n_chunks = 120;
	const uint64_t *pair = rare_pairs(r, &n);
	postings_pack(pair, n, n_chunks, &b);
	for (size_t k = 0; k < b.len; k++) {
		uint8_t *p = mem_array(k, 1);	/* its own block, so that a sanitizer sees overruns */
		memcpy(p, b.p, k);
		n_cut += postings_open(&x, p, k, n_chunks, &e) == -1 && e.code == ERR_DATA;
		mem_free(p);
	}
	ok(n_cut == b.len, "postings cut at any byte are refused");
	for (size_t bit = 0; bit < 8 * b.len; bit++) {
		uint32_t group[POSTINGS_GROUPS_MAX];
		size_t k;
		b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		bool open = !postings_open(&x, b.p, b.len, n_chunks, &e);
		n_seen += !open || postings_verify(&x, &e);
		for (size_t i = bit % n; open && i < n; i += n / 8 + 1) {
			if (postings_find(&x, pair[i], group, &k, &e))
				continue;
			for (size_t j = 0; j < k; j++)
				n_insane += group[j] >= x.n_groups || (j && group[j] <= group[j - 1]);
		}
		b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ok(!n_insane, "no flipped bit gives a group that is not there (%zu of %zu are refused)", n_seen,
	   8 * b.len);
	buf_addc(&b, 0);
	ok(postings_open(&x, b.p, b.len, n_chunks, &e) == -1, "a byte too many is refused: %s", e.msg);
	ok(postings_open(&x, b.p, b.len - 1, 0, &e) == -1, "postings of no chunks are refused: %s",
	   e.msg);
	buf_release(&b);
	rare_free(r);
}

static void test_nothing(void)
{
	struct buf b = BUF_INIT;
	postings_pack(NULL, 0, 100, &b);
	ok(!b.len, "without words nothing is written");
	buf_release(&b);
}

int main(void)
{
	test_round_trip();
	test_memory();
	test_damage();
	test_nothing();
	return done();
}
