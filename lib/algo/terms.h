/*
 * terms: in how many passages a word occurs, for all words of a collection in a few kilobytes:
 * counts by the low bits of the words' hashes, rounded to an eighth of a doubling.
 *
 *	struct terms_count *c = terms_count_new();
 *	terms_add(c, text, n);				for every passage
 *	terms_pack(c, &levels);				one byte a bucket
 *
 *	struct terms t = {levels.p, levels.len, n_words, n_passages};
 *	df = terms_df(&t, hash);
 *
 * Words that share a bucket are counted together, so that a rare word may look less rare, never
 * rarer. Measured (scifact, nDCG@10): exact counts .7027, 32,768 buckets .7033, 8,192 .7022.
 */
#ifndef LEANN_ALGO_TERMS_H
#define LEANN_ALGO_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algo/words.h"
#include "base/buf.h"

enum { TERMS_BUCKETS_MIN = 256, TERMS_BUCKETS_MAX = 32768 };

struct terms_count;

struct terms_count *terms_count_new(void);
void terms_count_free(struct terms_count *c);
void terms_add(struct terms_count *c, const char *text, size_t n);
/* The same of a passage whose words have been found: their hashes, in order. */
void terms_add_hashes(struct terms_count *c, const uint64_t *hash, size_t n);
/* The words of the passage that terms_add() had last, until the next. */
const struct words *terms_words(const struct terms_count *c);
uint64_t terms_n_words(const struct terms_count *c);
/*
 * Levels appended to out: as many as there are buckets in use, up to a power of two, but not more
 * than 4,096 or one and a half for a passage, up to that too. Level 0: no passage; L: at least
 * 2^((L - 1) / 8) of them, and fewer than 2^(L / 8).
 */
void terms_pack(const struct terms_count *c, struct buf *out);

/*
 * The levels of two tables together, as many as the smaller has, appended to out: of passages that
 * are in one or in the other.
 */
void terms_sum(const uint8_t *a, size_t n_a, const uint8_t *b, size_t n_b, struct buf *out);

/* Is n a number of buckets that terms_pack() gives? */
bool terms_buckets_ok(size_t n);

/* A packed table; level is borrowed. */
struct terms {
	const uint8_t *level;	/* NULL: there is none */
	size_t n_buckets;
	uint64_t n_words;	/* of all passages */
	uint64_t n_passages;
};
/* Passages that have the word, about; at most n_passages. */
double terms_df(const struct terms *t, uint64_t hash);

#endif
