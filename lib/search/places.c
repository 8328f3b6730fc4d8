/* Hits at places that can be read; see places.h. */
#include "search/places.h"

#include <stdlib.h>

#include "base/mem.h"
#include "sys/peek.h"

/* Another place of a hit's text. */
struct place {
	uint32_t hit, chunk;
};

struct choice {
	const struct plan *p;
	const struct search_hit *hit;	/* by the chunk that has the code */
	struct buf places;		/* struct place each */
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->hit != y->hit)
		return x->hit < y->hit ? -1 : 1;
	return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

static void add_place(void *ctx, size_t i, uint32_t chunk)
{
	struct choice *c = ctx;
	struct place x = {(uint32_t)i, chunk};
	if (chunk != c->hit[i].chunk && (!c->p->allow || c->p->allow[chunk / 64] >> chunk % 64 & 1))
		buf_add(&c->places, &x, sizeof x);
}

/* Has the file of chunk its size and time, so that its text can be taken for what was indexed? */
static int is_there(struct asker *s, uint32_t chunk, bool *yes, struct err *e)
{
	const char *text;
	size_t n;
	int r = peek_text(s->peek, chunk, &text, &n, e);
	*yes = r > 0 && !peek_unsure(s->peek);
	return r < 0 ? -1 : 0;
}

/* The n other places of h. */
static int choose(struct asker *s, const struct place *at, size_t n, struct search_hit *h, struct err *e)
{
	bool yes;
	if (is_there(s, h->chunk, &yes, e))
		return -1;
	for (size_t i = 0; i < n && !yes; i++) {
		if (is_there(s, at[i].chunk, &yes, e))
			return -1;
		if (yes)
			h->chunk = at[i].chunk;
	}
	return 0;
}

static int by_source(const void *a, const void *b)
{
	const struct search_hit *x = a, *y = b;
	return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

int places_choose(struct asker *s, const struct plan *p, struct answer *a, struct err *e)
{
	const struct copies *c = &s->g->ix.copies;
	int r = 0;
	if (!c->n_runs || p->all_copies || !a->n_hits)
		return 0;
	uint32_t *of = mem_array(a->n_hits, sizeof *of);
	for (size_t i = 0; i < a->n_hits; i++)
		a->hits[i].chunk = copies_first(c, a->hits[i].chunk);
	qsort(a->hits, a->n_hits, sizeof *a->hits, by_source);
	struct choice x = {p, a->hits, BUF_INIT};
	for (size_t i = 0; i < a->n_hits; i++)
		of[i] = a->hits[i].chunk;
	copies_each(c, of, a->n_hits, add_place, &x);
	struct place *at = (void *)x.places.p;
	size_t n = x.places.len / sizeof *at;
	if (n)
		qsort(at, n, sizeof *at, by_place);
	for (size_t i = 0, from = 0, to; i < a->n_hits && !r; i++, from = to) {
		for (to = from; to < n && at[to].hit == i; to++)
			;
		struct search_hit *h = &a->hits[i];
		bool may = !p->allow || p->allow[of[i] / 64] >> of[i] % 64 & 1;
		if (!may && to > from)	/* the chunk that has the code is not in the filter */
			h->chunk = at[from].chunk;
		if (to > from)
			r = choose(s, at + from, to - from, h, e);
	}
	search_rank(a->hits, a->n_hits);
	buf_release(&x.places);
	mem_free(of);
	return r;
}
