/*
 * desk: what one thread answers with: of every index of a catalog a searcher, made when it is first
 * asked for and anew when there is another edition.
 *
 *	struct desk *d = desk_new(catalog, &options);
 *	struct seat *s = desk_seat(d, i, e);	NULL: e says why
 *	... s->ed->ix, s->from ...		until the next desk_seat() of i
 *	desk_free(d);				before catalog_free()
 */
#ifndef LEANN_SERVE_DESK_H
#define LEANN_SERVE_DESK_H

#include "serve/catalog.h"

struct seat {
	struct edition *ed;
	struct leann_searcher *from;
};

struct desk;

/* o: of every searcher; its strings outlive the desk. */
struct desk *desk_new(struct catalog *c, const struct leann_options *o);
void desk_free(struct desk *d);
struct catalog *desk_catalog(const struct desk *d);
struct seat *desk_seat(struct desk *d, size_t i, struct err *e) MUST_CHECK;

#endif
