/* Copies and hits of one file; see spread.h. */
#include "search/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "search/places.h"
#include "search/probe.h"
#include "sys/source.h"

/*
 * The same tokens embedded in two batches differ in rounding at most, far below the first, and have
 * the same code but for that.
 */
#define NEAR_EXACT .001f
#define NEAR_CODE .0002f

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* Half of the room of a file's hits is for those that exact cosines may bring up. */
enum { SLACK = 2 };

/* Hits as they are gone through, and what is known of those that stay. */
struct spread {
	struct asker *s;
	const struct plan *p;
	struct answer *a;
	uint32_t *n_of;			/* hits kept of each file; NULL: any number will do */
	struct source_passage text;
	struct buf plain;
	uint64_t *hash;			/* of the text of kept hit i; 0: not known yet */
	size_t n_kept;
	struct place *places;		/* n_places, of the hits that there were; NULL: not looked for yet */
	size_t n_places;
};

static void begin(struct spread *x, struct asker *s, const struct plan *p, struct answer *a)
{
	*x = (struct spread){.s = s, .p = p, .a = a, .text = SOURCE_PASSAGE_INIT};
	x->hash = mem_calloc(a->n_hits + 1, sizeof *x->hash);
	if (p->per_file)
		x->n_of = mem_calloc(s->g->ix.n_files + 1, sizeof *x->n_of);
}

static void end(struct spread *x)
{
	source_passage_release(&x->text);
	buf_release(&x->plain);
	mem_free(x->hash);
	mem_free(x->n_of);
	mem_free(x->places);
}

static int file_of(const struct spread *x, uint32_t chunk, size_t *file, struct err *e)
{
	return index_chunk_file(&x->s->g->ix, chunk, file, e);
}

/* 1: one more hit of the chunk's file is welcome, and counted; 0: it has limit of them; or -1. */
static int take_of_file(struct spread *x, uint32_t chunk, size_t limit, struct err *e)
{
	size_t f;
	if (!x->n_of)
		return 1;
	if (file_of(x, chunk, &f, e))
		return -1;
	if (x->n_of[f] >= limit)
		return 0;
	x->n_of[f]++;
	return 1;
}

/* Hash of the text, each run of white space one blank; one of its own where there is no text. */
static int text_hash(struct spread *x, uint32_t chunk, uint64_t *out, struct err *e)
{
	bool gap = false;
	if (source_passage(x->s->src, chunk, &x->text, e))
		return -1;
	*out = (uint64_t)chunk + 1;
	if (x->text.status != SOURCE_FRESH) {
		x->a->partial = true;	/* nobody knows whether it is a copy */
		return 0;
	}
	buf_clear(&x->plain);
	for (size_t i = 0; i < x->text.text.len; i++) {
		int c = x->text.text.p[i];
		bool white = c == ' ' || (c >= '\t' && c <= '\r');
		if (!white && gap && x->plain.len)
			buf_addc(&x->plain, ' ');
		if (!white)
			buf_addc(&x->plain, c);
		gap = white;
	}
	*out = hash64(x->plain.len ? (const void *)x->plain.p : "", x->plain.len);
	return 0;
}

static bool may_be_same(const struct spread *s, const struct search_hit *x, const struct search_hit *y)
{
	if (source_places(s->s->src))
		return true;	/* one text has as many embeddings as places */
	if (x->exact && y->exact)
		return fabsf(x->cosine - y->cosine) < NEAR_EXACT;
	return fabsf(x->approx - y->approx) < NEAR_CODE;
}

/* Is h, of the hash *hash once it is known, a copy of a kept hit, *of? 1, 0 or -1. */
static int find_original(struct spread *x, const struct search_hit *h, uint64_t *hash, size_t *of,
			 struct err *e)
{
	const struct copies *c = &x->s->g->ix.copies;
	uint32_t own = copies_first(c, h->chunk);
	*hash = 0;
	for (size_t i = 0; c->n_runs && i < x->n_kept && !x->p->all_copies; i++) {
		*of = i;
		if (copies_first(c, x->a->hits[i].chunk) == own)
			return 1;
	}
	for (size_t i = 0; i < x->n_kept && !x->p->all_copies; i++) {
		if (!may_be_same(x, &x->a->hits[i], h))
			continue;
		if (!*hash && text_hash(x, h->chunk, hash, e))
			return -1;
		if (!x->hash[i] && text_hash(x, x->a->hits[i].chunk, &x->hash[i], e))
			return -1;
		*of = i;
		if (x->hash[i] == *hash)
			return 1;
	}
	return 0;
}

static void add_copy(struct answer *a, uint32_t chunk, uint32_t of)
{
	for (size_t i = 0; i < a->n_copies; i++)
		if (a->copies[i].of == chunk)
			a->copies[i].of = of;
	a->copies = mem_realloc(a->copies, (a->n_copies + 1) * sizeof *a->copies);
	a->copies[a->n_copies++] = (struct copy){chunk, of};
}

static void find_places(struct spread *x)
{
	const struct answer *a = x->a;
	uint32_t *chunk = mem_array(a->n_hits + 1, sizeof *chunk);
	for (size_t i = 0; i < a->n_hits; i++)
		chunk[i] = a->hits[i].chunk;
	x->places = places_find(&x->s->g->ix.copies, x->p->allow, chunk, a->n_hits, &x->n_places);
	mem_free(chunk);
}

/* As take_of_file(), of a place that is not h's; h, and the copies of it that were met, go there. */
static int take_place(struct spread *x, struct search_hit *h, uint32_t to, size_t limit, struct err *e)
{
	bool yes;
	if (to == h->chunk)
		return 0;
	if (places_readable(x->s, to, &yes, e))
		return -1;
	int r = yes ? take_of_file(x, to, limit, e) : 0;
	if (r != 1)
		return r;
	for (size_t i = 0; i < x->a->n_copies; i++) {
		struct copy *c = &x->a->copies[i];
		if (c->of != h->chunk)
			continue;
		c->of = to;
		if (c->chunk == to)
			c->chunk = h->chunk;
	}
	h->chunk = to;
	return 1;
}

/* The file of h is full: is its text in another? Looked for where the index knows, and where it was met. */
static int take_elsewhere(struct spread *x, struct search_hit *h, size_t limit, struct err *e)
{
	const struct copies *c = &x->s->g->ix.copies;
	int r = 0;
	if (x->p->all_copies)
		return 0;
	for (size_t i = 0; i < x->a->n_copies && !r; i++)
		if (x->a->copies[i].of == h->chunk)
			r = take_place(x, h, x->a->copies[i].chunk, limit, e);
	if (r || !c->n_runs)
		return r;
	if (!x->places)
		find_places(x);
	size_t n;
	const struct place *at = places_of(x->places, x->n_places, copies_first(c, h->chunk), &n);
	for (size_t i = 0; i < n && i < PLACES_LOOK && !r; i++)
		r = take_place(x, h, at[i].chunk, limit, e);
	return r;
}

/*
 * Keep h at the end of the kept hits, which are at the start of a->hits: 1; count it as a copy: 0;
 * 2: its file, and any other that has its text, has limit hits already.
 */
static int keep(struct spread *x, struct search_hit h, size_t limit, struct err *e)
{
	uint64_t hash;
	size_t of;
	int r = find_original(x, &h, &hash, &of, e);
	if (r < 0)
		return -1;
	if (r) {
		add_copy(x->a, h.chunk, x->a->hits[of].chunk);
		return 0;
	}
	r = take_of_file(x, h.chunk, limit, e);
	if (!r)
		r = take_elsewhere(x, &h, limit, e);
	if (r != 1)
		return r < 0 ? -1 : 2;
	x->hash[x->n_kept] = hash;
	x->a->hits[x->n_kept++] = h;
	return 1;
}

int spread_front(struct asker *s, const struct plan *p, struct answer *a, struct err *e)
{
	struct spread x;
	size_t i = 0, n_later = 0;
	int r = 0;
	if (p->all_copies && !p->per_file)
		return 0;
	begin(&x, s, p, a);
	struct search_hit *later = mem_array(a->n_hits, sizeof *later);
	for (; i < a->n_hits && x.n_kept < p->n_recompute && r >= 0; i++) {
		struct search_hit h = a->hits[i];
		r = keep(&x, h, p->per_file * SLACK, e);
		if (r == 2)
			later[n_later++] = h;
	}
	if (r >= 0) {	/* copies left a gap before the rest; those of full files go there */
		size_t rest = a->n_hits - i;
		memmove(a->hits + x.n_kept + n_later, a->hits + i, rest * sizeof *a->hits);
		if (n_later)
			memcpy(a->hits + x.n_kept, later, n_later * sizeof *later);
		a->n_hits = x.n_kept + n_later + rest;
	}
	mem_free(later);
	end(&x);
	return r < 0 ? -1 : 0;
}

int spread_cut(struct asker *s, const struct plan *p, struct answer *a, struct err *e)
{
	struct spread x;
	int r = 0;
	begin(&x, s, p, a);
	for (size_t i = 0; i < a->n_hits && x.n_kept < p->top_k && r >= 0; i++)
		r = keep(&x, a->hits[i], p->per_file, e);
	a->n_hits = x.n_kept;
	if (r >= 0)
		places_name(s, p, a);
	end(&x);
	return r < 0 ? -1 : 0;
}

static void clear_bits(uint64_t *bits, uint64_t from, uint64_t n)
{
	for (uint64_t c = from; c < from + n; c++)
		bits[c / 64] &= ~((uint64_t)1 << c % 64);
}

static void clear_one(void *left, size_t i, uint32_t chunk)
{
	(void)i;
	clear_bits(left, chunk, 1);
}

/* The n hits were seen: so was their text wherever else it is. */
static void clear_copies(const struct spread *x, const struct search_hit *hit, size_t n, uint64_t *left)
{
	const struct copies *c = &x->s->g->ix.copies;
	if (!c->n_runs || x->p->all_copies || !n)
		return;
	uint32_t *of = mem_array(n, sizeof *of);
	for (size_t i = 0; i < n; i++)
		of[i] = copies_first(c, hit[i].chunk);
	qsort(of, n, sizeof *of, by_number);
	for (size_t i = 0; i < n; i++)
		clear_bits(left, of[i], 1);
	copies_each(c, of, n, clear_one, left);
	mem_free(of);
}

/* Candidates that are worth recomputing, and those of them that could be hits together. */
struct enough {
	size_t n_recompute, n_hits;
};

/* Count a candidate; take it, or all of its file once that is full, out of left. */
static int count_out(struct spread *x, uint32_t chunk, uint64_t *left, struct enough *n,
		     struct err *e)
{
	size_t limit = x->p->per_file * SLACK, file;
	struct index_file f;
	int r = take_of_file(x, chunk, limit, e);
	if (r < 0 || file_of(x, chunk, &file, e))
		return -1;
	n->n_recompute += (size_t)r;
	n->n_hits += r && x->n_of[file] <= x->p->per_file;
	index_file(&x->s->g->ix, file, &f);
	clear_bits(left, chunk, 1);
	if (r && x->n_of[file] == limit)
		clear_bits(left, f.first_chunk, f.n_chunks);
	return 0;
}

int spread_deepen(struct asker *s, const struct plan *p, const float *q, struct answer *a,
		  struct err *e)
{
	size_t words = s->g->ix.n_chunks / 64 + 1, done = 0;
	struct enough n = {0};
	struct spread x;
	int r = 0;
	if (!p->per_file || p->ef_search || p->promote > 0 || a->n_hits < p->n_candidates)
		return 0;
	begin(&x, s, p, a);
	uint64_t *left = mem_array(words, sizeof *left);
	memset(left, 0xff, words * sizeof *left);
	if (p->allow)
		memcpy(left, p->allow, words * sizeof *left);
	for (;;) {
		clear_copies(&x, a->hits + done, a->n_hits - done, left);
		for (; done < a->n_hits && !r; done++)
			r = count_out(&x, a->hits[done].chunk, left, &n, e);
		size_t more = p->n_recompute > n.n_recompute ? p->n_recompute - n.n_recompute : 0;
		size_t hits = p->top_k > n.n_hits ? p->top_k - n.n_hits : 0;
		if (r || !(more + hits))
			break;
		size_t want = more > hits ? more : hits, found;
		a->hits = mem_realloc(a->hits, (a->n_hits + want) * sizeof *a->hits);
		r = probe(s, p, q, left, want, a->hits + a->n_hits, &found, e);
		if (r || !found)
			break;
		a->n_hits += found;
	}
	mem_free(left);
	end(&x);
	return r;
}
