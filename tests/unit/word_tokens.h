/* word_tokens: a tokenizer for tests of passages: quick, and it adds up at white space. */
#ifndef LEANN_TESTS_WORD_TOKENS_H
#define LEANN_TESTS_WORD_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

static inline bool space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* One token a word of up to 8 bytes, one more for each 8 bytes further. */
static inline size_t count(void *ctx, const char *t, size_t n)
{
	size_t sum = 0, run = 0;
	(void)ctx;
	for (size_t i = 0; i < n; i++) {
		run = space(t[i]) ? 0 : run + 1;
		sum += run % 8 == 1;
	}
	return sum;
}

static inline size_t fit(void *ctx, const char *t, size_t n, size_t max)
{
	size_t k = n;
	while (k > 1 && (count(ctx, t, k) > max || (k < n && ((unsigned char)t[k] & 0xc0) == 0x80)))
		k--;
	return k;
}

#endif
