/* Sets of small numbers; see bitset.h. */
#include "base/bitset.h"

/* The bits of a range in its first word; *n: how many those are. */
static uint64_t mask(uint64_t first, uint64_t left, uint64_t *n)
{
	uint64_t at = first % 64;
	*n = 64 - at < left ? 64 - at : left;
	return (*n == 64 ? ~(uint64_t)0 : ((uint64_t)1 << *n) - 1) << at;
}

void bitset_add(uint64_t *bits, uint64_t first, uint64_t n)
{
	for (uint64_t k = 0; n; first += k, n -= k)
		bits[first / 64] |= mask(first, n, &k);
}

void bitset_del(uint64_t *bits, uint64_t first, uint64_t n)
{
	for (uint64_t k = 0; n; first += k, n -= k)
		bits[first / 64] &= ~mask(first, n, &k);
}

bool bitset_any(const uint64_t *bits, uint64_t first, uint64_t n)
{
	for (uint64_t k = 0; n; first += k, n -= k)
		if (bits[first / 64] & mask(first, n, &k))
			return true;
	return false;
}
