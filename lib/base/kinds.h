/*
 * kinds: which of 64 bytes are of which kind, as bits, so that runs of a kind are found without a look at
 * each byte, and without a branch that depends on how long they are.
 *
 *	struct kinds k = kinds_of(table, p, n);	n <= 64, to the next multiple of 8 p may be read
 *	for (uint64_t left = k.bits[0]; left;) {
 *		struct kinds_run r = kinds_run(&left);	p + r.at, r.n bytes
 *
 * A table has, for each byte, KINDS bits: bit i for kind i. A run that may go on behind the last byte is for
 * the caller to see; kinds_whole() leaves it out.
 */
#ifndef LEANN_BASE_KINDS_H
#define LEANN_BASE_KINDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/le.h"

enum { KINDS = 3, KINDS_BLOCK = 64 };

struct kinds {
	uint64_t bits[KINDS];	/* bit i: byte i is of that kind */
};

/* The lowest bit of each of 8 bytes, first byte first. */
static inline uint64_t kinds_gather(uint64_t eight)
{
	return (eight & 0x0101010101010101) * 0x0102040810204080 >> 56;
}

/* The kinds of 8 bytes, a byte each, first byte first. */
static inline uint64_t kinds_eight(const uint8_t table[256], const uint8_t *p)
{
	uint64_t low = (uint64_t)table[p[0]] | (uint64_t)table[p[1]] << 8 |
		       (uint64_t)table[p[2]] << 16 | (uint64_t)table[p[3]] << 24;
	uint64_t high = (uint64_t)table[p[4]] | (uint64_t)table[p[5]] << 8 |
			(uint64_t)table[p[6]] << 16 | (uint64_t)table[p[7]] << 24;
	return low | high << 32;
}

/* Those of n bytes, n <= 64; of up to 7 behind them there may be bits, too. */
static inline struct kinds kinds_of(const uint8_t table[256], const uint8_t *p, size_t n)
{
	uint64_t a = 0, b = 0, c = 0;
	for (size_t i = 0; i < n; i += 8) {
		uint64_t eight = kinds_eight(table, p + i);
		a |= kinds_gather(eight) << i;
		b |= kinds_gather(eight >> 1) << i;
		c |= kinds_gather(eight >> 2) << i;
	}
	return (struct kinds){{a, b, c}};
}

/* The lowest n bits, n <= 64. */
static inline uint64_t kinds_first(size_t n)
{
	return n < 64 ? ((uint64_t)1 << n) - 1 : UINT64_MAX;
}

/* How many of the first n bytes are there without the run of bits that the last of them ends in. */
static inline size_t kinds_whole(uint64_t bits, size_t n)
{
	uint64_t not = ~bits & kinds_first(n);
	return not ? 64 - (size_t)__builtin_clzll(not) : 0;
}

/* How many bits are set: Knuth 4A, 7.1.3, since not all processors have an instruction for it. */
static inline size_t kinds_count(uint64_t bits)
{
	bits -= bits >> 1 & 0x5555555555555555;
	bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
	return ((bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56;
}

struct kinds_run {
	unsigned at, n;
};

/* The first run of bits, taken out of them; there is one, and bit 63 is not set. */
static inline struct kinds_run kinds_run(uint64_t *bits)
{
	unsigned at = (unsigned)__builtin_ctzll(*bits);
	unsigned n = (unsigned)__builtin_ctzll(~(*bits >> at));
	*bits &= *bits + (*bits & -*bits);
	return (struct kinds_run){at, n};
}

/* A word of at most 16 bytes as two numbers. 16 bytes of p may be read. */
static inline void kinds_key(const uint8_t *p, size_t n, uint64_t key[2])
{
	static const uint64_t first[17] = {
		0,		  0xff,		    0xffff,	      0xffffff,
		0xffffffff,	  0xffffffffff,	    0xffffffffffff,   0xffffffffffffff,
		UINT64_MAX,	  UINT64_MAX,	    UINT64_MAX,	      UINT64_MAX,
		UINT64_MAX,	  UINT64_MAX,	    UINT64_MAX,	      UINT64_MAX,
		UINT64_MAX};
	static const uint64_t second[17] = {
		[9] = 0xff,	  0xffff,	    0xffffff,	      0xffffffff,
		0xffffffffff,	  0xffffffffffff,   0xffffffffffffff, UINT64_MAX};
	key[0] = get_le64(p) & first[n];
	key[1] = get_le64(p + 8) & second[n];
}

#endif
