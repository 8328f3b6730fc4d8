/* Searchers of one thread; see desk.h. */
#include "serve/desk.h"

#include "base/mem.h"
#include "search/why.h"

struct desk {
	struct catalog *c;
	struct leann_options o;
	struct seat seat[CATALOG_MAX];
};

struct desk *desk_new(struct catalog *c, const struct leann_options *o)
{
	struct desk *d = mem_calloc(1, sizeof *d);
	d->c = c;
	d->o = *o;
	return d;
}

static void leave(struct seat *s)
{
	leann_searcher_free(s->from);
	edition_drop(s->ed);
	*s = (struct seat){NULL, NULL};
}

void desk_free(struct desk *d)
{
	for (size_t i = 0; d && i < CATALOG_MAX; i++)
		leave(&d->seat[i]);
	mem_free(d);
}

struct catalog *desk_catalog(const struct desk *d)
{
	return d->c;
}

struct seat *desk_seat(struct desk *d, size_t i, struct err *e)
{
	struct seat *s = &d->seat[i];
	struct edition *now = catalog_take(d->c, i);
	struct leann_error why;
	if (s->ed == now) {
		edition_drop(now);
		return s;
	}
	leave(s);
	s->ed = now;
	if (leann_searcher_new(now->ix, &d->o, &s->from, &why)) {
		leann_why(&why, e);
		leave(s);
		return NULL;
	}
	return s;
}
