/*
 * fuse: meaning and words together: passages that the codes bring up are read, and those that
 * also share words with the question rise.
 *
 * score = cosine + weight x span x words: words is the passage's BM25 over the best one's among
 * the candidates, span the distance between the best and the last candidate's cosine by codes. So
 * a score is a cosine where no word is shared, and means the same whatever the question.
 */
#ifndef LEANN_SEARCH_FUSE_H
#define LEANN_SEARCH_FUSE_H

#include "search/query.h"

/* Score all candidates of a by codes and words, and put them in order. */
int fuse_candidates(struct asker *s, const struct plan *p, const struct wire_text *question,
		    struct answer *a, struct err *e) MUST_CHECK;
/* Score and order the first n again: by their cosines, which may be exact by now. */
void fuse_rank(const struct plan *p, struct answer *a, size_t n);

#endif
