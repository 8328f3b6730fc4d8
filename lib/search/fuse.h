/*
 * fuse: meaning and words together: passages that the codes bring up are read, and those that
 * also share words with the question rise.
 *
 * score = cosine + weight x span x words: words is the passage's BM25 over the best one's among
 * the candidates, span the distance between the best and the last candidate's cosine by codes. So
 * a score is a cosine where no word is shared, and means the same whatever the question.
 *
 * A question that is for a good part a rare word is a question for that word (lexical_rare()):
 * passages that have it are lifted, from where they are or from the last candidate's cosine where
 * that is more, by up to two spans: above all that do not have it.
 */
#ifndef LEANN_SEARCH_FUSE_H
#define LEANN_SEARCH_FUSE_H

#include "search/query.h"

/*
 * Score all candidates of a, and those that rare words bring up (rare.h), by codes and words, and put
 * them in order. vec: the question's embedding.
 */
int fuse_candidates(struct asker *s, const struct plan *p, const struct wire_text *question,
		    const float *vec, struct answer *a, struct err *e) MUST_CHECK;
/* The score of one of a's hits by its cosine and what is known of its words. */
float fuse_score(const struct answer *a, const struct search_hit *h, double weight);
/* Score and order the first n again: by their cosines, which may be exact by now. */
void fuse_rank(const struct plan *p, struct answer *a, size_t n);

#endif
