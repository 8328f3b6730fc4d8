/* Sequences aligned: what is as it was is found, what only looks so is not. */
#include "unit.h"

#include <string.h>

#include "algo/align.h"
#include "base/rng.h"

enum { N = 4000 };

static uint64_t old[N], neu[2 * N];
static uint32_t from[2 * N];

/* Letters for items; what is taken as their numbers in old, "." for none. */
static bool is(const char *was, const char *now, const char *want)
{
	char got[100] = "";
	size_t n_old = strlen(was), n_new = strlen(now);
	for (size_t i = 0; i < n_old; i++)
		old[i] = (uint8_t)was[i];
	for (size_t i = 0; i < n_new; i++)
		neu[i] = (uint8_t)now[i];
	align_keys(old, n_old, neu, n_new, from);
	for (size_t i = 0; i < n_new; i++)
		got[i] = from[i] == ALIGN_NONE ? '.' : (char)('0' + from[i]);
	if (strcmp(got, want))
		printf("# %s\n", got);
	return !strcmp(got, want);
}

static void test_small(void)
{
	ok(is("", "", "") && is("abc", "", "") && is("", "abc", "..."), "nothing has nothing in common");
	ok(is("abc", "abc", "012"), "equal sequences are equal");
	ok(is("abcde", "abXde", "01.34"), "a change in the middle leaves both sides");
	ok(is("abcde", "abde", "0134") && is("abde", "abcde", "01.23"), "one less, one more");
	ok(is("abcdefgh", "XbcdYfgZ", ".123.56."), "between changes, two neighbours are taken");
	ok(is("abcdefg", "XbYdZfW", "......."), "one alone between changes is not");
	ok(is("aXbYcZ", "ZcYbXa", "......"), "nothing crosses");
	ok(is("aaaa", "aaaaaa", "0123..") || is("aaaa", "aaaaaa", "01..23"), "of equal items each is taken once");
	ok(is("bcxyzde", "deXYbcZ", "....01.") || is("bcxyzde", "deXYbcZ", "56....."),
	   "of two that changed places one stays");
}

static size_t wrong(size_t n_old, size_t n_new)
{
	size_t n_bad = 0, last = 0;
	for (size_t i = 0; i < n_new; i++) {
		if (from[i] == ALIGN_NONE)
			continue;
		n_bad += from[i] >= n_old || old[from[i]] != neu[i] || from[i] < last;
		last = from[i] + 1;
	}
	return n_bad;
}

/* Keys as passages have them: 500 lengths and a byte. */
static void test_large(void)
{
	struct rng r = {7};
	size_t n_new = 0, n_same = 0, n_found = 0, n_chance = 0;
	for (size_t i = 0; i < N; i++)
		old[i] = rng_below(&r, 500) << 8 | rng_below(&r, 256);
	for (size_t i = 0; i < N; i++) {
		unsigned what = (unsigned)rng_below(&r, 20);
		if (what == 1)
			continue;
		n_same += what != 0;
		neu[n_new++] = what ? old[i] : rng_below(&r, 500) << 8 | rng_below(&r, 256);
		if (what == 2)
			neu[n_new++] = rng_below(&r, 500) << 8 | rng_below(&r, 256);
	}
	align_keys(old, N, neu, n_new, from);
	for (size_t i = 0; i < n_new; i++)
		n_found += from[i] != ALIGN_NONE;
	ok(!wrong(N, n_new) && n_found > n_same * 97 / 100 && n_found <= n_same + 2,
	   "of %zu items %zu as before, %zu found", n_new, n_same, n_found);
	for (size_t i = 0; i < N; i++)
		neu[i] = rng_below(&r, 500) << 8 | rng_below(&r, 256);
	align_keys(old, N, neu, N, from);
	for (size_t i = 0; i < N; i++)
		n_chance += from[i] != ALIGN_NONE;
	ok(n_chance <= 2, "%d other items are other items, whatever their keys say (%zu)", N, n_chance);
}

int main(void)
{
	test_small();
	test_large();
	return done();
}
