/*
 * places: of a text that the index has at several places (fmt/copies.h) a hit is at one that can be
 * read, where there is one.
 *
 *	if (places_choose(&asker, &plan, &a, e)) ...	before words are looked for
 */
#ifndef LEANN_SEARCH_PLACES_H
#define LEANN_SEARCH_PLACES_H

#include "search/query.h"

/* Hits whose file is not what it was move to the first place of their text, in the plan's filter, whose is. */
int places_choose(struct asker *s, const struct plan *p, struct answer *a, struct err *e) MUST_CHECK;

#endif
