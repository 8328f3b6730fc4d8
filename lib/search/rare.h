/*
 * rare_words: passages that have rare words of the question, wherever their codes put them: by
 * the postings of the index.
 *
 * A word is looked up in a few microseconds. The passages of its groups become candidates, rarest
 * words first, RARE_CHUNKS_MAX of them at most; those that turn out not to have any of
 * the words are dropped when they are read (fuse.h).
 */
#ifndef LEANN_SEARCH_RARE_H
#define LEANN_SEARCH_RARE_H

#include "algo/lexical.h"
#include "search/query.h"

enum { RARE_CHUNKS_MAX = 256 };

/*
 * Say of each of q's words whether it is rare, and add to a->hits passages that have those. q is of
 * the question, vec its embedding. Nothing happens where the index has no postings.
 */
int rare_words(struct asker *s, const struct plan *p, struct lexical *q,
	       const struct wire_text *question, const float *vec, struct answer *a,
	       struct err *e) MUST_CHECK;

#endif
