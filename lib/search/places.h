/*
 * places: of a text that the index has at several places (fmt/copies.h) a hit is at one that can be
 * read, where there is one.
 *
 *	if (places_choose(&asker, &plan, &a, e)) ...	before words are looked for
 *	p = places_find(&copies, allow, chunks, n, &n_places);	of several texts; caller: mem_free
 *	at = places_of(p, n_places, first, &n);			of the one that chunk first has
 */
#ifndef LEANN_SEARCH_PLACES_H
#define LEANN_SEARCH_PLACES_H

#include "search/query.h"

enum { PLACES_LOOK = 8 };	/* places of a text whose files are looked at: it may be in thousands */

/* chunk has the text of chunk first, which is no copy; maybe it is that one. */
struct place {
	uint32_t first, chunk;
};

/*
 * The places of the texts of n chunks whose bit is set in allow (NULL: all), by first, then chunk; each once.
 * chunk becomes the chunks that have these texts first, ascending.
 */
struct place *places_find(const struct copies *c, const uint64_t *allow, uint32_t *chunk, size_t n,
			  size_t *n_places);
/* The n of them whose text is that of first. */
const struct place *places_of(const struct place *p, size_t n_places, uint32_t first, size_t *n);

/* Has the file of chunk its size and time, so that its text can be taken for what was indexed? */
int places_readable(struct asker *s, uint32_t chunk, bool *yes, struct err *e) MUST_CHECK;

/*
 * Hits move to the first place of their text, in the plan's filter, whose file is what it was; to the first of
 * all where none of the first PLACES_LOOK is.
 */
int places_choose(struct asker *s, const struct plan *p, struct answer *a, struct err *e) MUST_CHECK;
/* a->copies become all that the index knows to be copies of the hits, and of those that were met. */
void places_name(const struct asker *s, const struct plan *p, struct answer *a);

#endif
