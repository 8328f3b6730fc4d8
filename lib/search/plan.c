/* What a question's answer needs: defaults, and limits of what may be asked for. See query.h. */
#include "leann.h"
#include "search/probe.h"
#include "search/query.h"

enum { TOP_DEFAULT = 10, SHORTLIST_DEFAULT = 500, RECOMPUTE_WORDS = 16 };
enum { TOP_MAX = 10000, EF_MAX = 1000000, CONFIDENCE_MAX = 10 };
enum { EF_EXACT_DEFAULT = 64, BATCH_DEFAULT = 16 };
enum { RERANK_DEFAULT = 50, RERANK_MAX = 1000 };

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

/*
 * Recomputes a question for a recall of .90, .95 and .99 of the first 3 and of the first 10, by
 * bytes a chunk, of a mixed set of 106,000 chunks in an experiment before this program was
 * written; exercism, scifact and squad-sents need fewer at 24 bytes. A size between two rows takes the smaller's.
 */
static const struct recall_row {
	size_t bytes, of_3[3], of_10[3];
} recall_rows[] = {
	{48, {6, 8, 16}, {16, 21, 37}},
	{32, {9, 14, 37}, {25, 38, 87}},
	{24, {15, 26, 85}, {38, 62, 165}},
	{0, {41, 75, 204}, {88, 155, 428}},
};

/* Which of the three targets, or -1. */
static int recall_column(double target)
{
	static const double known[] = {.90, .95, .99};
	for (int i = 0; i < 3; i++)
		if (target > known[i] - 1e-6 && target < known[i] + 1e-6)
			return i;
	return -1;
}

/*
 * More than 10 hits want as many times more; a codec that fits less well as much more as it does
 * by default.
 */
static size_t recall_recompute(const struct index *ix, int column, size_t top_k)
{
	const struct rec_codebook *k = &ix->pq;
	const struct recall_row *row = recall_rows;
	while (row->bytes > k->m)
		row++;
	size_t n = top_k <= 3 ? row->of_3[column] : row->of_10[column];
	if (top_k > 10)
		n = n * top_k / 10;
	if (is_coarse(ix))
		return n * 2;
	return index_key(ix, "build.quantization.codebook") || k->m * k->dsub < k->dim / 2
		       ? n + n / 5
		       : n;
}

/* A walk that recomputes by itself; ef_search of 0 is a default then. */
static int check_promote(const struct engine *g, const struct leann_params *w, struct err *e)
{
	if (!(w->promote >= 0 && w->promote <= 1) || w->recompute_batch > TOP_MAX ||
	    (w->promote > 0 && w->ef_search > TOP_MAX))
		return err_set(e, ERR_USAGE,
			       "promote %g, recompute_batch %zu, ef_search %zu: want 0 to 1, and at "
			       "most %d", w->promote, w->recompute_batch, w->ef_search, TOP_MAX);
	if (!(w->promote > 0))
		return 0;
	if (w->recompute || w->recall_target > 0 || w->confidence > 0 || w->codes_only)
		return err_set(e, ERR_USAGE,
			       "two-level search recomputes what its walk comes to: a number, a recall "
			       "target, early end or codes alone do not go with it");
	if (g->ix.n_chunks && !g->graph.n)
		return err_set(e, ERR_USAGE,
			       "%s: for two-level search, open it with LEANN_OPEN_GRAPH",
			       g->ix.b.path);
	return 0;
}

static int check_rerank(const struct leann_params *w, struct err *e)
{
	if (w->rerank_depth > RERANK_MAX || (w->rerank && w->top_k > RERANK_MAX))
		return err_set(e, ERR_USAGE, "rerank_depth %zu, top_k %zu: reranking takes at most %d",
			       w->rerank_depth, w->top_k, RERANK_MAX);
	if (w->rerank && w->confidence > 0)
		return err_set(e, ERR_USAGE, "early end does not go with reranking, which computes no "
			       "embeddings before it has its hits");
	return 0;
}

static int check(const struct engine *g, const struct leann_params *w, struct err *e)
{
	if (w->top_k > TOP_MAX || w->recompute > TOP_MAX || w->shortlist > TOP_MAX)
		return err_set(e, ERR_USAGE,
			       "top_k %zu, recompute %zu, shortlist %zu: each at most %d",
			       w->top_k, w->recompute, w->shortlist, TOP_MAX);
	if (!(w->word_weight >= 0 && w->word_weight <= 4))
		return err_set(e, ERR_USAGE, "word_weight %g: want 0 to 4", w->word_weight);
	if (w->recall_target < 0 || (w->recall_target > 0 && recall_column(w->recall_target) < 0))
		return err_set(e, ERR_USAGE, "recall target %g: want .90, .95 or .99",
			       w->recall_target);
	if (!(w->confidence >= 0 && w->confidence <= CONFIDENCE_MAX))
		return err_set(e, ERR_USAGE, "confidence %g: want 0 to %d", w->confidence,
			       CONFIDENCE_MAX);
	if (w->ef_search > EF_MAX)
		return err_set(e, ERR_USAGE, "ef_search %zu: at most %d", w->ef_search, EF_MAX);
	if (w->ef_search && g->ix.n_chunks && !g->graph.n)
		return err_set(e, ERR_USAGE,
			       "%s: to walk over the graph, open it with LEANN_OPEN_GRAPH",
			       g->ix.b.path);
	return check_rerank(w, e) || check_promote(g, w, e) ? -1 : 0;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* How many, and in one batch or two: the first has half, but as many as hits are wanted. */
static void plan_recompute(const struct engine *g, const struct leann_params *w, struct plan *p)
{
	/* What is recomputed changes the order of the hits, not which they are: that is for the reranker. */
	if (p->n_rerank && !w->recompute && !(w->recall_target > 0))
		return;
	if (w->recompute)
		p->n_recompute = w->recompute;
	else if (w->recall_target > 0)
		p->n_recompute = recall_recompute(&g->ix, recall_column(w->recall_target),
						  p->n_rerank ? p->n_best : p->top_k);
	else
		p->n_recompute = default_recompute(&g->ix, p->words);
	p->n_recompute = larger(p->n_recompute, p->top_k);
	if (!(w->confidence > 0))
		return;
	p->margin = w->confidence;
	p->n_first = larger(p->n_recompute / 2, p->top_k);
}

int plan_make(const struct engine *g, const struct leann_params *w, struct plan *p, struct err *e)
{
	if (check(g, w, e))
		return -1;
	*p = (struct plan){.top_k = w->top_k ? w->top_k : TOP_DEFAULT, .ef_search = w->ef_search,
			   .words = !w->dense && g->ix.terms.n_buckets,
			   .per_file = w->per_file, .all_copies = w->all_copies};
	if (w->rerank) {
		p->n_best = p->top_k;
		p->n_rerank = larger(p->top_k, w->rerank_depth ? w->rerank_depth : RERANK_DEFAULT);
		p->top_k = p->n_rerank;
		p->exact_last = !w->codes_only;
	}
	if (g->ix.lists)
		p->n_probe = w->n_probe ? w->n_probe : probe_default(&g->ix);
	if (w->promote > 0) {
		p->promote = w->promote;
		p->batch = w->recompute_batch ? w->recompute_batch : BATCH_DEFAULT;
		p->n_recompute = larger(p->ef_search ? p->ef_search : EF_EXACT_DEFAULT, p->top_k);
	} else if (!w->codes_only) {
		plan_recompute(g, w, p);
	}
	p->n_candidates = larger(p->n_recompute, p->top_k);
	if (!p->words && !p->all_copies && !(p->promote > 0))	/* others take the places of copies */
		p->n_candidates = 2 * p->n_candidates + 64;
	if (!p->words)
		return 0;
	p->weight_first = WEIGHT_FIRST * w->word_weight;
	p->weight_last = WEIGHT_LAST * w->word_weight;
	if (!(p->promote > 0))
		p->n_candidates = larger(p->n_candidates, w->shortlist ? w->shortlist : SHORTLIST_DEFAULT);
	return 0;
}

void plan_describe(const struct plan *p, struct buf *out)
{
	buf_printf(out, "top_k %zu candidates %zu recompute %zu ef %zu words %d %a %a like %d",
		   p->top_k, p->n_candidates, p->n_recompute, p->ef_search, p->words,
		   p->weight_first, p->weight_last, p->like);
	buf_printf(out, " probe %zu promote %a batch %zu", p->n_probe, p->promote, p->batch);
	buf_printf(out, " per_file %zu copies %d first %zu margin %a", p->per_file, p->all_copies,
		   p->n_first, p->margin);
	if (p->n_rerank)
		buf_printf(out, " rerank %zu best %zu exact %d by %s", p->n_rerank, p->n_best,
			   p->exact_last, p->reranker);
}
