/* Candidates by rare words; see rare.h. */
#include "search/rare.h"

#include <stdlib.h>

#include "base/mem.h"

/*
 * A name in so many groups at most is what is asked for where it is a part of the question only:
 * questions in prose (pyfunc) name what is in a dozen functions, and mean another one.
 */
enum { FEW_GROUPS = 4 };

/* Where a word of the question is. */
struct found {
	size_t n;
	uint32_t group[POSTINGS_GROUPS_MAX];
};

/* Chunks that are no candidates yet. */
struct fresh {
	const struct plan *p;
	const struct answer *a;		/* its hits by chunk */
	size_t n_chunks, n;
	uint32_t id[RARE_CHUNKS_MAX];
};

static int by_chunk(const void *a, const void *b)
{
	const struct search_hit *x = a, *y = b;
	return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

static void add_chunk(struct fresh *f, uint32_t id)
{
	const struct search_hit key = {.chunk = id};
	if (f->n == RARE_CHUNKS_MAX || (f->p->allow && !(f->p->allow[id / 64] >> id % 64 & 1)) ||
	    bsearch(&key, f->a->hits, f->a->n_hits, sizeof key, by_chunk))
		return;
	for (size_t i = 0; i < f->n; i++)
		if (f->id[i] == id)
			return;
	f->id[f->n++] = id;
}

static void add_groups(struct fresh *f, const struct found *w, unsigned shift)
{
	for (size_t i = 0; i < w->n; i++)
		for (uint64_t c = (uint64_t)w->group[i] << shift;
		     c < (uint64_t)(w->group[i] + 1) << shift && c < f->n_chunks; c++)
			add_chunk(f, (uint32_t)c);
}

/* The fresh ones as candidates, with their cosines by codes. */
static void add_hits(struct asker *s, const struct fresh *f, const float *vec, struct answer *a)
{
	struct code_scorer c;
	float score[RARE_CHUNKS_MAX];
	code_scorer_init(&c, s->g, vec);
	code_scores(&c, f->id, f->n, score);
	code_scorer_release(&c);
	a->hits = mem_realloc(a->hits, (a->n_hits + f->n) * sizeof *a->hits);
	for (size_t i = 0; i < f->n; i++)
		a->hits[a->n_hits++] = (struct search_hit){.chunk = f->id[i],
							   .approx = score[i],
							   .score = score[i],
							   .cosine = score[i],
							   .by_word = true};
}

int rare_words(struct asker *s, const struct plan *p, struct lexical *q,
	       const struct wire_text *question, const float *vec, struct answer *a,
	       struct err *e)
{
	const struct postings *x = &s->g->ix.postings;
	int r = 0;
	if (!x->n_words || !q->n)
		return 0;
	struct found *w = mem_array(q->n, sizeof *w);
	for (size_t k = 0; k < q->n && !r; k++) {
		r = postings_find(x, q->word[k].hash, w[k].group, &w[k].n, e);
		if (!r && w[k].n)
			lexical_set_rare(q, k, w[k].n <= FEW_GROUPS ? question->p : NULL);
	}
	if (r)
		r = err_prefix(e, "%s: damaged index", s->g->ix.b.path);
	struct fresh f = {.p = p, .a = a, .n_chunks = s->g->ix.n_chunks};
	qsort(a->hits, a->n_hits, sizeof *a->hits, by_chunk);
	for (size_t n = 1; n <= x->most && !r; n++)
		for (size_t k = 0; k < q->n; k++)
			if (w[k].n == n)
				add_groups(&f, &w[k], x->shift);
	if (f.n && !r)
		add_hits(s, &f, vec, a);
	mem_free(w);
	return r;
}
