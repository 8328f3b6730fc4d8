/*
 * The words of passages, which are most of the work of writing them: threads find those of a file ahead, as
 * numbers of 64 bits: of each passage how many words it has, then their hashes.
 */
#include "chunk.h"

#include <string.h>

void tally_find(struct buf *out, const struct passages *ps, struct sums *s)
{
	for (size_t i = 0; i < ps->n; i++) {
		size_t at = out->len;
		uint64_t n = 0;
		buf_add(out, &n, sizeof n);
		sums_words(s, ps->p[i].off, ps->p[i].len, out);
		n = (out->len - at) / sizeof n - 1;
		memcpy(out->p + at, &n, sizeof n);
	}
}

const uint64_t *tally_first(const struct buf *found)
{
	return found->len ? (const uint64_t *)(const void *)found->p : NULL;
}

void tally_next(struct chunker *k, const uint64_t **at)
{
	k->found = NULL;
	if (!*at)
		return;
	k->n_found = (size_t)*(*at)++;
	k->found = *at;
	*at += k->n_found;
}

void count_words(struct chunker *k, const char *text, size_t n, uint64_t number)
{
	if (k->found) {
		tail_word_hashes(&k->tail, k->found, k->n_found, number);
		k->found = NULL;
		return;
	}
	tail_words(&k->tail, text, n, number);
}
