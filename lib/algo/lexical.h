/*
 * lexical: how well the words of a passage match those of a question: BM25 (Robertson, Zaragoza
 * 2009, equation 3.15, k1 1.2, b .75), with the passages' texts at hand and only the words'
 * frequencies stored.
 *
 *	struct lexical q;
 *	lexical_init(&q, question, n, &terms);
 *	s = lexical_score(&q, text, n_text);
 *	lexical_release(&q);
 */
#ifndef LEANN_ALGO_LEXICAL_H
#define LEANN_ALGO_LEXICAL_H

#include "algo/terms.h"
#include "algo/words.h"

enum { LEXICAL_WORDS_MAX = 256 };

/* A word of the question, each once; the commonest of English are left out. */
struct lexical_word {
	uint64_t hash;
	double idf;
	uint32_t at, len;	/* where it is in the question */
	uint32_t n_here;	/* times in the passage scored last */
};

struct lexical {
	struct lexical_word word[LEXICAL_WORDS_MAX];	/* the first so many of the question */
	size_t n;
	double words_mean;	/* of a passage */
	struct words w;		/* scratch */
	uint16_t slot[4 * LEXICAL_WORDS_MAX];	/* by hash: word number + 1, linear probing; 0 none */
};

void lexical_init(struct lexical *q, const char *question, size_t n, const struct terms *t);
/* >= 0; 0: not one word in common. */
double lexical_score(struct lexical *q, const char *text, size_t n);
void lexical_release(struct lexical *q);

#endif
