/*
 * bitset: sets of small numbers, a bit each, 64 a word, lowest bit first; ranges of n from first on.
 *
 *	uint64_t *bits = mem_calloc(n_chunks / 64 + 1, sizeof *bits);
 *	bitset_add(bits, 100, 28);
 *	if (bitset_any(bits, 0, n_chunks)) ...
 *
 * The caller has the words that a range needs.
 */
#ifndef LEANN_BASE_BITSET_H
#define LEANN_BASE_BITSET_H

#include <stdbool.h>
#include <stdint.h>

void bitset_add(uint64_t *bits, uint64_t first, uint64_t n);
void bitset_del(uint64_t *bits, uint64_t first, uint64_t n);
bool bitset_any(const uint64_t *bits, uint64_t first, uint64_t n);

#endif
