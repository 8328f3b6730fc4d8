/*
 * same: texts that came before, so that each is embedded once.
 *
 *	it->same = same_find(s, &key, &it->again);	a reference; again: its vector is another's
 *	same_give(it->same, vec, dim);			the first one's, before those after it are read
 *	... same_vec(it->same) ...
 *	same_drop(it->same);
 *
 * Remembers some thousands of texts, those that come often the longest; which, depends on the texts
 * and their order alone.
 */
#ifndef LEANN_SAME_H
#define LEANN_SAME_H

#include <stdbool.h>
#include <stddef.h>

#include "sys/journal.h"

struct same;
struct same_text;

struct same *same_new(void);
void same_free(struct same *s);
struct same_text *same_find(struct same *s, const struct journal_key *k, bool *again);
void same_give(struct same_text *t, const float *vec, size_t dim);
const float *same_vec(const struct same_text *t);
void same_drop(struct same_text *t);		/* NULL is fine */

#endif
