/*
 * The words of passages, which are most of the work of writing them: threads find those of a file ahead, as
 * numbers of 64 bits: of each passage how many words it has, then their hashes.
 */
#include "chunk.h"

enum { FIND_BYTES = 2 << 20 };	/* words of larger files are found when they are written */

void tally_find(struct buf *out, const char *text, size_t n, const struct passages *ps,
		struct words *w, struct words_seen *seen)
{
	for (size_t i = 0; i < ps->n && n <= FIND_BYTES; i++) {
		words_find(text + ps->p[i].off, ps->p[i].len, w, seen);
		size_t bytes = (w->n + 1) * sizeof(uint64_t);
		buf_reserve(out, bytes);
		uint64_t *to = (uint64_t *)(void *)(out->p + out->len);
		*to++ = w->n;
		for (size_t t = 0; t < w->n; t++)
			*to++ = w->p[t].hash;
		out->len += bytes;
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

void count_words(struct chunker *k, const char *text, size_t n, uint32_t group)
{
	if (k->found) {
		terms_add_hashes(k->terms, k->found, k->n_found);
		if (k->rare)
			rare_add_hashes(k->rare, k->found, k->n_found, group);
		k->found = NULL;
		return;
	}
	terms_add(k->terms, text, n);
	if (k->rare)
		rare_add(k->rare, terms_words(k->terms), group);
}
