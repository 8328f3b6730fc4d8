/* What a question's answer needs: defaults, and limits of what may be asked for. See query.h. */
#include "leann.h"
#include "search/query.h"

enum { TOP_DEFAULT = 10, SHORTLIST_DEFAULT = 500, RECOMPUTE_WORDS = 16 };
enum { TOP_MAX = 10000, EF_MAX = 1000000 };

/*
 * Weights of words in .67 cosine + .33 words, then .6 + .4, cosines scaled to the span. Chosen on
 * wordnet, pyfunc and squad-sents, where they gain .003 to .012 nDCG@10 over .75 + .25 and .7 +
 * .3; scifact, not looked at for it, gains .019.
 */
#define WEIGHT_FIRST (1 / 2.)
#define WEIGHT_LAST (2 / 3.)

/* Codes of a codebook that comes with the program, for texts that it serves less well. */
static bool is_coarse(const struct index *ix)
{
	return index_key(ix, "build.quantization.codebook") &&
	       js_num(index_key(ix, "quality.reconstruction")) < .80;
}

/*
 * Recomputes a question that give recall@3 >= .95 against exact search, by bytes a chunk
 * (measured on scifact, squad-sents, pyfunc and tldr: leann-search(1)); a fifth more for
 * the smaller codec that a small collection gets. With the codebook that comes with the program
 * 1,000 functions have .97 at 24, as many sentences and abstracts .98 at 48.
 */
static size_t default_recompute(const struct index *ix, bool words)
{
	const struct rec_codebook *k = &ix->pq;
	if (words && k->m >= 24)
		return is_coarse(ix) ? RECOMPUTE_WORDS * 3 / 2 : RECOMPUTE_WORDS;
	if (index_key(ix, "build.quantization.codebook"))
		return is_coarse(ix) ? 48 : 24;
	size_t r = k->m >= 48 ? 9 : k->m >= 32 ? 14 : k->m >= 24 ? 20 : 40;
	return k->m * k->dsub < k->dim / 2 ? r + r / 5 : r;
}

static int check(const struct engine *g, const struct leann_params *w, struct err *e)
{
	if (w->top_k > TOP_MAX || w->recompute > TOP_MAX || w->shortlist > TOP_MAX)
		return err_set(e, ERR_USAGE,
			       "top_k %zu, recompute %zu, shortlist %zu: each at most %d",
			       w->top_k, w->recompute, w->shortlist, TOP_MAX);
	if (!(w->word_weight >= 0 && w->word_weight <= 4))
		return err_set(e, ERR_USAGE, "word_weight %g: want 0 to 4", w->word_weight);
	if (w->ef_search > EF_MAX)
		return err_set(e, ERR_USAGE, "ef_search %zu: at most %d", w->ef_search, EF_MAX);
	if (w->ef_search && g->ix.n_chunks && !g->has_graph)
		return err_set(e, ERR_USAGE,
			       "%s: to walk over the graph, open it with LEANN_OPEN_GRAPH",
			       g->ix.b.path);
	return 0;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

int plan_make(const struct engine *g, const struct leann_params *w, struct plan *p, struct err *e)
{
	if (check(g, w, e))
		return -1;
	*p = (struct plan){.top_k = w->top_k ? w->top_k : TOP_DEFAULT, .ef_search = w->ef_search,
			   .words = !w->dense && g->ix.terms.n_buckets};
	if (!w->codes_only) {
		p->n_recompute = w->recompute ? w->recompute
					      : default_recompute(&g->ix, p->words);
		p->n_recompute = larger(p->n_recompute, p->top_k);
	}
	p->n_candidates = larger(p->n_recompute, p->top_k);
	if (!p->words)
		return 0;
	p->weight_first = WEIGHT_FIRST * w->word_weight;
	p->weight_last = WEIGHT_LAST * w->word_weight;
	p->n_candidates = larger(p->n_candidates, w->shortlist ? w->shortlist : SHORTLIST_DEFAULT);
	return 0;
}
