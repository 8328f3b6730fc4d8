/* Questions to hits; see query.h. */
#include "search/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "base/mem.h"
#include "base/progress.h"
#include "search/cache.h"
#include "search/fuse.h"
#include "search/places.h"
#include "search/probe.h"
#include "search/reorder.h"
#include "search/spread.h"
#include "search/walk_exact.h"
#include "sys/embed.h"
#include "sys/source.h"

void answer_release(struct answer *a)
{
	mem_free(a->hits);
	mem_free(a->copies);
	*a = (struct answer){0};
}

void code_scorer_init(struct code_scorer *s, const struct engine *g, const float *q)
{
	s->g = g;
	s->lut = mem_array(g->pq.m * PQ_KSUB_MAX, sizeof *s->lut);
	s->qrot = mem_array(g->pq.drot, sizeof *s->qrot);
	pq_lut(&g->pq, q, s->lut, s->qrot);
}

void code_scorer_release(struct code_scorer *s)
{
	mem_free(s->lut);
	mem_free(s->qrot);
}

void code_scores(const struct code_scorer *s, const uint32_t *ids, size_t n, float *out)
{
	const struct search_codes *c = &s->g->codes;
	uint32_t place[64];
	for (size_t k = 0, some; k < n; k += some) {
		some = n - k < 64 ? n - k : 64;
		for (size_t i = 0; i < some; i++)
			place[i] = s->g->place ? s->g->place[ids[k + i]]
					       : copies_place(&s->g->ix.copies, ids[k + i]);
		pq_score(c->pq, c->residual, c->packed, c->assign, s->lut, s->qrot, place, some,
			 out + k);
	}
}

/* For graph_search(). */
static void score_chunks(void *ctx, const uint32_t *ids, size_t n, float *out)
{
	code_scores(ctx, ids, n, out);
}

/*
 * Candidates by walking the chunk graph from the anchors' entry chunks; a filter acts on what
 * is met.
 */
static size_t walk_graph(struct asker *k, const struct plan *p, const float *q,
			 struct search_hit *out)
{
	const struct engine *g = k->g;
	size_t ef = p->ef_search > p->n_candidates ? p->ef_search : p->n_candidates, n = 0;
	struct graph_hit *hits = mem_array(ef, sizeof *hits);
	uint32_t entry = g->graph.entry;
	struct code_scorer s;
	code_scorer_init(&s, g, q);
	size_t found = graph_search(&g->graph, score_chunks, &s, &entry, 1, ef, &k->scratch,
				    hits);
	for (size_t i = 0; i < found && n < p->n_candidates; i++) {
		uint32_t id = hits[i].id;
		if (!p->allow || (p->allow[id / 64] >> id % 64 & 1))
			out[n++] = (struct search_hit){
				.chunk = id, .approx = hits[i].score, .score = hits[i].score};
	}
	code_scorer_release(&s);
	mem_free(hits);
	return n;
}

/* Chunks to recompute, shared by all questions of a batch. */
struct batch {
	uint32_t *ids;			/* n, ascending, each once */
	size_t n;
	int64_t *row;			/* row of vecs, -1: its source changed */
	struct buf text;		/* texts, end to end */
	struct wire_text *texts;	/* n_texts */
	size_t n_texts;
	float *vecs;			/* (n_texts, dim) */
	bool *kept;			/* n_texts: vecs has the row from the cache */
};

static void batch_release(struct batch *b)
{
	mem_free(b->ids);
	mem_free(b->row);
	mem_free(b->texts);
	mem_free(b->vecs);
	mem_free(b->kept);
	buf_release(&b->text);
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void batch_ids(const struct answer *a, size_t n, struct batch *b)
{
	size_t total = 0, k = 0;
	for (size_t i = 0; i < n; i++)
		total += a[i].hi - a[i].lo;
	b->ids = mem_array(total, sizeof *b->ids);
	for (size_t i = 0; i < n; i++)
		for (size_t h = a[i].lo; h < a[i].hi; h++)
			b->ids[k++] = a[i].hits[h].chunk;
	qsort(b->ids, k, sizeof *b->ids, by_id);
	for (size_t i = 0; i < k; i++)
		if (!i || b->ids[i] != b->ids[i - 1])
			b->ids[b->n++] = b->ids[i];
}

/* Read the passages of the batch; those whose source changed are left out. */
static int batch_texts(struct asker *s, struct batch *b, struct err *e)
{
	struct source_passage p = SOURCE_PASSAGE_INIT;
	size_t *end = mem_array(b->n, sizeof *end);
	int r = 0;
	b->row = mem_array(b->n, sizeof *b->row);
	b->texts = mem_array(b->n, sizeof *b->texts);
	for (size_t i = 0; i < b->n && !r; i++) {
		r = source_passage(s->src, b->ids[i], &p, e);
		if (r)
			break;
		b->row[i] = -1;
		if (p.status != SOURCE_FRESH)
			continue;
		r = source_embedded(s->src, b->ids[i], &p, &b->text, e);
		b->row[i] = (int64_t)b->n_texts;
		end[b->n_texts++] = b->text.len;
	}
	for (size_t i = 0; i < b->n_texts; i++) {
		size_t from = i ? end[i - 1] : 0;
		b->texts[i] = (struct wire_text){(const char *)b->text.p + from, end[i] - from};
	}
	mem_free(end);
	source_passage_release(&p);
	return r;
}

static int64_t batch_row(const struct batch *b, uint32_t id)
{
	const uint32_t *hit = bsearch(&id, b->ids, b->n, sizeof *b->ids, by_id);
	return hit ? b->row[hit - b->ids] : -1;
}

/*
 * Fill b->vecs: what the cache has, then the rest in one go. What comes from the cache is what the
 * server would say, to the bit, so that no answer depends on what was asked before.
 */
static int batch_embed(struct asker *s, struct batch *b, struct err *e)
{
	size_t dim = s->g->ix.dim, n = 0;
	const struct wire_info *info = embed_info(s->embed);
	struct slots_key *key = mem_array(b->n_texts, sizeof *key);
	struct wire_text *rest = mem_array(b->n_texts, sizeof *rest);
	float *fresh;
	b->vecs = mem_array(b->n_texts * dim, sizeof *b->vecs);
	b->kept = mem_calloc(b->n_texts, sizeof *b->kept);
	for (size_t i = 0; i < b->n_texts; i++) {
		if (s->cache) {
			cache_embedding_key(info, &b->texts[i], &key[i]);
			b->kept[i] = cache_get_embedding(s->cache, &key[i], b->vecs + i * dim, dim);
		}
		if (!b->kept[i])
			rest[n++] = b->texts[i];
	}
	fresh = mem_array(n * dim, sizeof *fresh);
	int r = n ? embed_texts(s->embed, rest, n, WIRE_DOCUMENT, fresh, e) : 0;
	n = 0;
	for (size_t i = 0; i < b->n_texts && !r; i++) {
		if (b->kept[i])
			continue;
		memcpy(b->vecs + i * dim, fresh + n++ * dim, dim * sizeof *fresh);
		cache_put_embedding(s->cache, &key[i], b->vecs + i * dim, dim);
	}
	mem_free(key);
	mem_free(rest);
	mem_free(fresh);
	return r;
}

int query_exact(struct asker *s, const uint32_t *ids, size_t n, const float *q, float *out,
		bool *fresh, struct answer *a, struct err *e)
{
	size_t dim = s->g->ix.dim, n_computed = 0;
	struct batch b = {.ids = mem_array(n, sizeof *b.ids), .n = n};
	memcpy(b.ids, ids, n * sizeof *b.ids);
	qsort(b.ids, n, sizeof *b.ids, by_id);	/* as files are read best */
	int r = batch_texts(s, &b, e);
	if (!r && b.n_texts)
		r = batch_embed(s, &b, e);
	for (size_t i = 0; i < n && !r; i++) {
		struct search_hit h = {0};
		int64_t row = batch_row(&b, ids[i]);
		fresh[i] = row >= 0;
		a->partial |= row < 0;
		if (row < 0)
			continue;
		search_exact(&h, b.vecs + (size_t)row * dim, q, dim);
		out[i] = h.score;
		n_computed += !b.kept[row];
	}
	a->n_recomputed += n_computed;
	a->n_round_trips += n_computed > 0;
	batch_release(&b);
	return r;
}

/* One recompute batch for all questions: hits lo to hi of each; exact cosines, order. */
static int recompute_batch(struct asker *s, const struct plan *p, const float *q, size_t n,
		     struct answer *a, struct err *e)
{
	struct batch b = {0};
	size_t dim = s->g->ix.dim;
	int r;
	batch_ids(a, n, &b);
	r = batch_texts(s, &b, e);
	if (!r && b.n_texts)
		r = batch_embed(s, &b, e);
	for (size_t i = 0; i < n && !r; i++) {
		size_t before = a[i].n_recomputed;
		for (size_t h = a[i].lo; h < a[i].hi; h++) {
			int64_t row = batch_row(&b, a[i].hits[h].chunk);
			a[i].partial |= row < 0;
			if (row < 0)
				continue;
			search_exact(&a[i].hits[h], b.vecs + (size_t)row * dim, q + i * dim, dim);
			a[i].hits[h].cosine = a[i].hits[h].score;
			a[i].n_recomputed += !b.kept[row];
		}
		a[i].n_round_trips += a[i].n_recomputed > before;
		if (a[i].lo < a[i].hi)
			fuse_rank(p, &a[i], a[i].hi);
	}
	batch_release(&b);
	return r;
}

/* Is the last of the hits wanted so far above what the second batch would bring? */
static bool is_sure(const struct plan *p, const struct answer *a, size_t more)
{
	double best = -1;
	if (a->hi < p->top_k)
		return false;
	for (size_t h = a->hi; h < more; h++) {
		double score = (double)fuse_score(a, &a->hits[h], p->weight_last);
		best = score > best ? score : best;
	}
	return (double)a->hits[p->top_k - 1].score - best >= p->margin * (double)a->span;
}

/* Stage 2: one recompute batch, or a second one for the questions that want it. */
static int recompute(struct asker *s, const struct plan *p, const float *q, size_t n,
		     struct answer *a, struct err *e)
{
	size_t first = p->n_first ? p->n_first : p->n_recompute, n_open = 0;
	for (size_t i = 0; i < n; i++)
		a[i].hi = a[i].n_hits < first ? a[i].n_hits : first;
	if (recompute_batch(s, p, q, n, a, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		size_t more = a[i].n_hits < p->n_recompute ? a[i].n_hits : p->n_recompute;
		a[i].lo = a[i].hi;
		if (a[i].hi < more && !is_sure(p, &a[i], more))
			a[i].hi = more;
		n_open += a[i].hi > a[i].lo;
	}
	return n_open ? recompute_batch(s, p, q, n, a, e) : 0;
}

/* The best by codes, best first; or by the recomputed, of a walk that recomputes. */
static int candidates(struct asker *s, const struct plan *p, const float *q, struct answer *a,
		      struct err *e)
{
	*a = (struct answer){.hits = mem_array(p->n_candidates, sizeof *a->hits)};
	if (p->promote > 0) {
		if (walk_exact(s, p, q, a, e))
			return -1;
		if (a->n_hits)
			a->span = a->hits[0].cosine - a->hits[a->n_hits - 1].cosine;
		return 0;
	}
	if (p->ef_search)
		a->n_hits = walk_graph(s, p, q, a->hits);
	else if (probe(s, p, q, p->allow, p->n_candidates, a->hits, &a->n_hits, e))
		return -1;
	if (spread_deepen(s, p, q, a, e))
		return -1;
	if (a->n_hits) {
		a->top = a->hits[0].approx;
		a->span = a->top - a->hits[a->n_hits - 1].approx;
	}
	for (size_t i = 0; i < a->n_hits; i++) {
		a->hits[i].cosine = a->hits[i].approx;
		a->hits[i].words = 0;
	}
	return 0;
}

int ask(struct asker *s, const struct plan *p, const struct wire_text *questions, size_t n,
	struct answer *out, struct latency *t, struct err *e)
{
	size_t dim = s->g->ix.dim;
	float *q = mem_array(n * dim, sizeof *q);
	double t0 = now_s(), t1;
	int r = embed_texts(s->embed, questions, n, p->like ? WIRE_DOCUMENT : WIRE_QUERY, q, e);
	t1 = now_s();
	t->embed_ms = (t1 - t0) * 1e3;
	for (size_t i = 0; i < n && !r; i++)
		r = candidates(s, p, q + i * dim, &out[i], e);
	t0 = now_s();
	t->search_ms = (t0 - t1) * 1e3;
	for (size_t i = 0; i < n && !r && !(p->promote > 0); i++)
		r = places_choose(s, p, &out[i], e);
	for (size_t i = 0; i < n && !r && p->words; i++)
		r = fuse_candidates(s, p, &questions[i], q + i * dim, &out[i], e);
	for (size_t i = 0; i < n && !r; i++)
		r = spread_front(s, p, &out[i], e);
	t1 = now_s();
	t->words_ms = (t1 - t0) * 1e3;
	t0 = t1;
	if (!r && p->n_recompute && !(p->promote > 0))
		r = recompute(s, p, q, n, out, e);
	else if (!r)
		for (size_t i = 0; i < n; i++)
			fuse_rank(p, &out[i], out[i].n_hits);
	t->recompute_ms = (now_s() - t0) * 1e3;
	for (size_t i = 0; i < n && !r; i++)
		r = spread_cut(s, p, &out[i], e);
	t0 = now_s();
	for (size_t i = 0; i < n && !r && p->n_rerank; i++)
		r = reorder(s, p, &questions[i], q + i * dim, &out[i], e);
	t->rerank_ms = p->n_rerank ? (now_s() - t0) * 1e3 : 0;
	mem_free(q);
	return r;
}
