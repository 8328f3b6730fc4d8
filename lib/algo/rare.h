/*
 * rare: in which groups of passages the rare words of a collection occur, collected passage by
 * passage in little memory.
 *
 *	struct rare *r = rare_new(most);
 *	rare_add(r, &words, group);		for every passage, groups ascending
 *	pair = rare_pairs(r, &n);		hash >> 32 << 32 | group, ascending, each once
 *	rare_free(r);
 *
 * Of a word in more than most groups the first most + 1 are kept, so that one sees what it is.
 * Memory: 64 MiB, and 16 bytes a pair that is kept: 10 to 20 a passage with 32 groups a word at most.
 */
#ifndef LEANN_ALGO_RARE_H
#define LEANN_ALGO_RARE_H

#include <stddef.h>
#include <stdint.h>

#include "algo/words.h"

struct rare;

struct rare *rare_new(size_t most);
void rare_free(struct rare *r);
void rare_add(struct rare *r, const struct words *w, uint32_t group);
/* The same from words' hashes. */
void rare_add_hashes(struct rare *r, const uint64_t *hash, size_t n, uint32_t group);
/* Until the next call of a function of r. */
const uint64_t *rare_pairs(struct rare *r, size_t *n);

#endif
