/* Approximate queue, exact queue; see two_level.h. */
#include "algo/two_level.h"

#include <math.h>

#include "algo/graph_links.h"
#include "base/mem.h"

/* Nodes met and not promoted yet: a heap, best on top, ties by id. */
struct queue {
	struct graph_hit *h;
	size_t n, cap;
};

struct search {
	const struct graph *g;
	const struct two_level_scores *s;
	const struct two_level_params *p;
	struct graph_scratch *scratch;
	struct queue met;
	struct graph_hit *hits;
	struct queue through;	/* promoted, but no hits: to be expanded by their approximate scores */
	uint32_t *wait;		/* promoted, to be scored; n_wait */
	size_t n_wait, cap_wait;
	float *exact;
	struct two_level_stats *stats;
};

static bool better(const struct graph_hit *a, const struct graph_hit *b)
{
	return a->score > b->score || (a->score == b->score && a->id < b->id);
}

static void swap(struct graph_hit *a, struct graph_hit *b)
{
	struct graph_hit t = *a;
	*a = *b;
	*b = t;
}

static void push(struct queue *q, uint32_t id, float score)
{
	if (q->n == q->cap) {
		q->cap = q->cap ? 2 * q->cap : 1024;
		q->h = mem_realloc(q->h, q->cap * sizeof *q->h);
	}
	size_t i = q->n++;
	q->h[i] = (struct graph_hit){score, id, false};
	for (; i && better(&q->h[i], &q->h[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&q->h[i], &q->h[(i - 1) / 2]);
}

static struct graph_hit pop(struct queue *q)
{
	struct graph_hit top = q->h[0];
	q->h[0] = q->h[--q->n];
	for (size_t i = 0;;) {
		size_t best = i, l = 2 * i + 1, r = l + 1;
		if (l < q->n && better(&q->h[l], &q->h[best]))
			best = l;
		if (r < q->n && better(&q->h[r], &q->h[best]))
			best = r;
		if (best == i)
			return top;
		swap(&q->h[i], &q->h[best]);
		i = best;
	}
}

/* Score what was not met before by its code, and queue it. */
static void meet(struct search *t, const uint32_t *ids, size_t n)
{
	struct graph_scratch *s = t->scratch;
	size_t n_new = graph_unseen(s, ids, n);
	if (!n_new)
		return;
	t->s->approx(t->s->approx_ctx, s->ids, n_new, s->scores);
	for (size_t i = 0; i < n_new; i++)
		push(&t->met, s->ids[i], s->scores[i]);
	t->stats->n_approx += n_new;
}

static bool allowed(const struct search *t, uint32_t id)
{
	return !t->p->allow || (t->p->allow[id / 64] >> id % 64 & 1);
}

static void promote(struct search *t, size_t n)
{
	for (; n && t->met.n; n--) {
		struct graph_hit top = pop(&t->met);
		if (!allowed(t, top.id)) {
			push(&t->through, top.id, top.score);
			continue;
		}
		if (t->n_wait == t->cap_wait) {
			t->cap_wait = t->cap_wait ? 2 * t->cap_wait : 64;
			t->wait = mem_realloc(t->wait, t->cap_wait * sizeof *t->wait);
			t->exact = mem_realloc(t->exact, t->cap_wait * sizeof *t->exact);
		}
		t->wait[t->n_wait++] = top.id;
	}
}

static int score_waiting(struct search *t, struct err *e)
{
	struct two_level_stats *st = t->stats;
	if (t->s->exact(t->s->exact_ctx, t->wait, t->n_wait, t->exact, e))
		return -1;
	for (size_t i = 0; i < t->n_wait; i++)
		pool_insert(t->hits, &st->n_hits, t->p->ef, t->wait[i], t->exact[i]);
	st->n_exact += t->n_wait;
	st->n_batches++;
	t->n_wait = 0;
	return 0;
}

/*
 * The best node that was not expanded into *id, false: none; of those that are no hits, only one
 * that is better than the last hit where there is room for no more.
 */
static bool next(struct search *t, uint32_t *id)
{
	size_t n = t->stats->n_hits, ef = t->p->ef, i = 0;
	while (i < n && t->hits[i].expanded)
		i++;
	const struct graph_hit *other = t->through.n ? t->through.h : NULL;
	if (other && n == ef && !better(other, &t->hits[ef - 1]))
		other = NULL;
	if (other && (i == n || better(other, &t->hits[i]))) {
		*id = pop(&t->through).id;
		return true;
	}
	if (i == n)
		return false;
	t->hits[i].expanded = true;
	*id = t->hits[i].id;
	return true;
}

/* The share of the queue that an expansion promotes. */
static size_t share(const struct search *t)
{
	return (size_t)ceil(t->p->promote * (double)t->met.n);
}

static int run(struct search *t, struct err *e)
{
	meet(t, &t->g->entry, 1);
	promote(t, 1);
	for (;;) {
		uint32_t id;
		bool more = next(t, &id);
		if (!more && !t->n_wait) {
			if (!t->p->allow || t->stats->n_hits == t->p->ef || !t->met.n)
				return 0;
			promote(t, share(t));
		}
		if (more) {
			uint64_t from = t->g->offs[id];
			meet(t, t->g->edges + from, (size_t)(t->g->offs[id + 1] - from));
			promote(t, share(t));
		}
		if (t->n_wait && (!more || t->n_wait >= t->p->batch) && score_waiting(t, e))
			return -1;
	}
}

int two_level_search(const struct graph *g, const struct two_level_scores *s,
		     const struct two_level_params *p, struct graph_scratch *scratch,
		     struct graph_hit *hits, struct two_level_stats *stats, struct err *e)
{
	struct search t = {.g = g, .s = s, .p = p, .scratch = scratch, .hits = hits,
			   .stats = stats};
	*stats = (struct two_level_stats){0};
	graph_scratch_begin(scratch, g->n, GRAPH_DEGREE_MAX);
	int r = run(&t, e);
	mem_free(t.met.h);
	mem_free(t.through.h);
	mem_free(t.wait);
	mem_free(t.exact);
	return r;
}
