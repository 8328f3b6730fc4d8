/* Kinds of bytes as bits, beside a look at each byte. */
#include <stdbool.h>
#include <string.h>

#include "base/kinds.h"
#include "base/rng.h"
#include "unit.h"

static void bits(void)
{
	struct rng r = {5};
	uint8_t table[256], text[64];
	size_t n_bad = 0, n_bad_whole = 0, n_bad_count = 0;
	for (int round = 0; round < 2000; round++) {
		size_t n = rng_below(&r, 65), count = 0, whole = n;
		for (size_t i = 0; i < 256; i++)
			table[i] = (uint8_t)(rng_below(&r, 4) ? 1 : rng_below(&r, 8));
		for (size_t i = 0; i < 64; i++)
			text[i] = (uint8_t)rng_below(&r, 256);
		struct kinds k = kinds_of(table, text, n);
		for (size_t i = 0; i < n; i++)
			for (unsigned b = 0; b < KINDS; b++)
				n_bad += (k.bits[b] >> i & 1) != (table[text[i]] >> b & 1);
		for (size_t i = 0; i < n; i++)
			count += table[text[i]] & 1;
		while (whole && (table[text[whole - 1]] & 1))
			whole--;
		n_bad_count += kinds_count(k.bits[0] & kinds_first(n)) != count;
		n_bad_whole += kinds_whole(k.bits[0], n) != whole;
	}
	ok(!n_bad, "the bits of a block are its bytes' kinds");
	ok(!n_bad_count, "bits are counted");
	ok(!n_bad_whole, "the run that a block ends in is left out of it");
}

static void runs(void)
{
	struct rng r = {6};
	size_t n_bad = 0;
	for (int round = 0; round < 2000; round++) {
		uint64_t all = (rng_u64(&r) | rng_u64(&r)) & kinds_first(63), left = all, seen = 0;
		while (left) {
			struct kinds_run x = kinds_run(&left);
			uint64_t run = kinds_first(x.n) << x.at;
			n_bad += !x.n || (all & run) != run || (seen & run) || (all & ~seen & (run << 1 & ~run));
			seen |= run;
		}
		n_bad += seen != all;
	}
	ok(!n_bad, "runs are whole, and all there are");
}

static void keys(void)
{
	static const uint8_t text[16] = "abcdefghijklmnop";
	size_t n_bad = 0;
	for (size_t n = 0; n <= 16; n++) {
		uint8_t want[16] = {0}, got[16];
		uint64_t key[2];
		memcpy(want, text, n);
		kinds_key(text, n, key);
		put_le64(got, key[0]);
		put_le64(got + 8, key[1]);
		n_bad += memcmp(want, got, 16) != 0;
	}
	ok(!n_bad, "a key is a word's bytes and nothing behind them");
}

int main(void)
{
	bits();
	runs();
	keys();
	return done();
}
