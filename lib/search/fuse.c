/* Words beside cosines; see fuse.h. */
#include "search/fuse.h"

#include <stdlib.h>

#include "algo/lexical.h"
#include "base/mem.h"
#include "search/rare.h"
#include "sys/peek.h"

static int by_chunk(const void *a, const void *b)
{
	const struct search_hit *x = a, *y = b;
	return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

/* BM25 of every hit into its words; the best of them into *best. */
static int score_words(struct asker *s, struct lexical *q, struct answer *a, double *best,
		       struct err *e)
{
	const char *text;
	size_t n;
	*best = 0;
	for (size_t i = 0; i < a->n_hits; i++) {
		int r = peek_text(s->peek, a->hits[i].chunk, &text, &n, e);
		if (r < 0)
			return -1;
		a->partial |= !r || peek_unsure(s->peek);
		double bm25 = r ? lexical_score(q, text, n) : 0;
		a->hits[i].rare = r ? (float)lexical_rare(q) : 0;
		a->hits[i].words = (float)bm25;
		*best = bm25 > *best ? bm25 : *best;
	}
	return 0;
}

/* What a rare word that was asked for adds. */
static float lift(const struct answer *a, const struct search_hit *h)
{
	float below = a->top - a->span - h->cosine;
	return h->rare * (2 * a->span + (below > 0 ? below : 0));
}

float fuse_score(const struct answer *a, const struct search_hit *h, double weight)
{
	return h->cosine + (float)(weight * (double)a->span * (double)h->words) + lift(a, h);
}

static void set_scores(struct answer *a, size_t n, double weight)
{
	for (size_t i = 0; i < n; i++)
		a->hits[i].score = fuse_score(a, &a->hits[i], weight);
}

/*
 * Those that came by a word which is little of the question, or that they do not have: of the same
 * group, or of another word's hash.
 */
static void drop_others(struct answer *a)
{
	size_t n = 0;
	for (size_t i = 0; i < a->n_hits; i++)
		if (!a->hits[i].by_word || a->hits[i].rare > 0)
			a->hits[n++] = a->hits[i];
	a->n_hits = n;
}

int fuse_candidates(struct asker *s, const struct plan *p, const struct wire_text *question,
		    const float *vec, struct answer *a, struct err *e)
{
	const struct terms t = engine_terms(s->g);
	struct lexical *q = mem_alloc(sizeof *q);
	double best = 0;
	lexical_init(q, question->p, question->n, &t);
	int r = rare_words(s, p, q, question, vec, a, e);
	qsort(a->hits, a->n_hits, sizeof *a->hits, by_chunk);	/* as files are read best */
	if (!r)
		r = score_words(s, q, a, &best, e);
	drop_others(a);
	for (size_t i = 0; !r && i < a->n_hits; i++)
		a->hits[i].words = best > 0 ? (float)((double)a->hits[i].words / best) : 0;
	lexical_release(q);
	mem_free(q);
	set_scores(a, a->n_hits, p->weight_first);
	search_rank(a->hits, a->n_hits);
	return r;
}

void fuse_rank(const struct plan *p, struct answer *a, size_t n)
{
	set_scores(a, n, p->weight_last);
	search_rank(a->hits, n);
}
