/* Hits at places that can be read; see places.h. */
#include "search/places.h"

#include <stdlib.h>

#include "base/mem.h"
#include "sys/peek.h"

struct found {
	const struct copies *c;
	const uint64_t *allow;
	const uint32_t *first;
	struct buf out;			/* struct place each */
};

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

static void add_place(void *ctx, size_t i, uint32_t chunk)
{
	struct found *f = ctx;
	struct place x = {f->first[i], chunk};
	if (!f->allow || f->allow[chunk / 64] >> chunk % 64 & 1)
		buf_add(&f->out, &x, sizeof x);
}

struct place *places_find(const struct copies *c, const uint64_t *allow, uint32_t *first, size_t n,
			  size_t *n_places)
{
	struct found f = {c, allow, first, BUF_INIT};
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		first[i] = copies_first(c, first[i]);
	if (n)
		qsort(first, n, sizeof *first, by_number);
	for (size_t i = 0; i < n; i++)
		if (!k || first[k - 1] != first[i])
			first[k++] = first[i];
	for (size_t i = 0; i < k; i++)
		add_place(&f, i, first[i]);
	copies_each(c, first, k, add_place, &f);
	*n_places = f.out.len / sizeof(struct place);
	if (*n_places)
		qsort(f.out.p, *n_places, sizeof(struct place), by_place);
	return (struct place *)(void *)buf_detach(&f.out);
}

const struct place *places_of(const struct place *p, size_t n_places, uint32_t first, size_t *n)
{
	size_t lo = 0, hi = n_places;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (p[mid].first < first)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (*n = 0; lo + *n < n_places && p[lo + *n].first == first;)
		++*n;
	return *n ? p + lo : NULL;
}

int places_readable(struct asker *s, uint32_t chunk, bool *yes, struct err *e)
{
	const char *text;
	size_t n;
	int r = peek_text(s->peek, chunk, &text, &n, e);
	*yes = r > 0 && !peek_unsure(s->peek);
	return r < 0 ? -1 : 0;
}

/* Among the n places of h, ascending. */
static int choose(struct asker *s, const struct place *at, size_t n, struct search_hit *h, struct err *e)
{
	bool yes = n < 2;
	h->chunk = at->chunk;
	for (size_t i = 0; i < n && i < PLACES_LOOK && !yes; i++) {
		if (places_readable(s, at[i].chunk, &yes, e))
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
	size_t n_places, n;
	int r = 0;
	if (!c->n_runs || p->all_copies || !a->n_hits)
		return 0;
	uint32_t *first = mem_array(a->n_hits, sizeof *first);
	for (size_t i = 0; i < a->n_hits; i++)
		first[i] = a->hits[i].chunk;
	struct place *all = places_find(c, p->allow, first, a->n_hits, &n_places);
	qsort(a->hits, a->n_hits, sizeof *a->hits, by_source);	/* as files are read best */
	for (size_t i = 0; i < a->n_hits && !r; i++) {
		const struct place *at = places_of(all, n_places, copies_first(c, a->hits[i].chunk), &n);
		if (n)
			r = choose(s, at, n, &a->hits[i], e);
	}
	search_rank(a->hits, a->n_hits);
	mem_free(all);
	mem_free(first);
	return r;
}

/* A chunk that has a code, and the hit whose text it has. */
struct owner {
	uint32_t chunk, hit;
};

static int by_owner(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;
	return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

static bool is_hit(const struct answer *a, uint32_t chunk)
{
	for (size_t i = 0; i < a->n_hits; i++)
		if (a->hits[i].chunk == chunk)
			return true;
	return false;
}

/* The chunks with codes of the hits and of their copies, ascending; how many. */
static size_t owners(const struct copies *c, const struct answer *a, struct owner *o)
{
	size_t n = 0;
	for (size_t i = 0; i < a->n_hits; i++)
		o[n++] = (struct owner){copies_first(c, a->hits[i].chunk), a->hits[i].chunk};
	for (size_t i = 0; i < a->n_copies; i++)
		if (is_hit(a, a->copies[i].of))
			o[n++] = (struct owner){copies_first(c, a->copies[i].chunk), a->copies[i].of};
	if (n)
		qsort(o, n, sizeof *o, by_owner);
	return n;
}

void places_name(const struct asker *s, const struct plan *p, struct answer *a)
{
	const struct copies *c = &s->g->ix.copies;
	struct buf out = BUF_INIT;
	size_t n_places;
	if (!c->n_runs || p->all_copies)
		return;
	struct owner *o = mem_array(a->n_hits + a->n_copies + 1, sizeof *o);
	size_t n = owners(c, a, o), k = 0;
	uint32_t *first = mem_array(n + 1, sizeof *first);
	for (size_t i = 0; i < n; i++)
		first[i] = o[i].chunk;
	struct place *all = places_find(c, p->allow, first, n, &n_places);
	for (size_t i = 0; i < n_places; i++) {
		while (o[k].chunk != all[i].first)
			k++;
		if (all[i].chunk != o[k].hit)
			buf_add(&out, &(struct copy){all[i].chunk, o[k].hit}, sizeof(struct copy));
	}
	mem_free(a->copies);
	a->n_copies = out.len / sizeof *a->copies;
	a->copies = (struct copy *)(void *)buf_detach(&out);
	mem_free(all);
	mem_free(first);
	mem_free(o);
}
