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
	bool rare;		/* lexical_set_rare() */
	bool name;		/* has a digit, an underscore, or a capital that is not its first */
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
/*
 * Word k is so rare that a passage with it may be what is asked for; question as before where it
 * may be a name, else NULL.
 */
void lexical_set_rare(struct lexical *q, size_t k, const char *question);
/*
 * How much the question asks for the rare words that the passage scored last has, 0 to 1: by the
 * share of the question, in idf, that is inside of them, parts of an identifier and all. Names
 * count from .3 and fully from .6 on, other words from .75 and 1 on.
 * With .3 and .6 for all words nDCG@10 of pyfunc, whose questions are prose, falls from .508 to .501;
 * with .4 and .75 for names "how does X work when the connection is closed" finds 41 % of names X,
 * with .3 and .6 75 % (22 % without).
 */
double lexical_rare(const struct lexical *q);
void lexical_release(struct lexical *q);

#endif
