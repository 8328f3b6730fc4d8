/*
 * sums: the tokens and words of a text, found once, so that those of any part of it are a difference.
 *
 *	struct sums *s = sums_new(&pp);			one a thread
 *	sums_of(s, text, n);				text is borrowed until the next one
 *	struct passages_params with = sums_params(s, &pp);	the same passages, sooner
 *	passages_split(&with, style, text, n, &out);
 *	for (...)
 *		sums_words(s, from, n, &words);		their hashes, as words.h has them
 *	sums_free(s);
 *
 * Both the tokenizer and words.h cut a text at white space and at punctuation of ASCII, of which each
 * character is a token. What is between is looked up, where it is ASCII and short, in a memory of the runs
 * that were there before, which is most of the time: one look, where tokens and words apart take one each.
 */
#ifndef LEANN_ALGO_SUMS_H
#define LEANN_ALGO_SUMS_H

#include <stddef.h>

#include "algo/passages.h"
#include "base/buf.h"

struct sums;

/* pp counts, and is borrowed. About 600 KiB, and 3 bytes for each of the longest text. */
struct sums *sums_new(const struct passages_params *pp);
void sums_free(struct sums *s);
/* At most 2 GiB; of n bytes and no more. n 0: the text before is forgotten. */
void sums_of(struct sums *s, const char *text, size_t n);
/* pp with counts from s where they are of its text. s is borrowed, pp's count and ctx are those of sums_new(). */
struct passages_params sums_params(struct sums *s, const struct passages_params *pp);
/* Appends the hashes of the words of bytes from..from+n of the text, uint64_t each. */
void sums_words(struct sums *s, size_t from, size_t n, struct buf *out);

#endif
