/* Search in a proximity graph; see graph.h. */
#include "algo/graph.h"

#include <string.h>

#include "algo/graph_links.h"
#include "base/mem.h"

const char *const graph_complexity_names[] = {"low", "medium", "high", NULL};

struct graph_params graph_params_for(enum graph_complexity c)
{
	static const size_t degree[] = {12, 16, 32}, ef[] = {100, 200, 400};
	return (struct graph_params){.max_degree = degree[c],
				     .ef_construction = ef[c],
				     .hub_fraction = .02,
				     .alpha = 1.2f,
				     .alpha_final = 1};
}

void graph_release(struct graph *g)
{
	mem_free(g->offs);
	mem_free(g->edges);
	*g = (struct graph)GRAPH_INIT;
}

void graph_scratch_release(struct graph_scratch *s)
{
	mem_free(s->seen);
	mem_free(s->ids);
	mem_free(s->scores);
	*s = (struct graph_scratch)GRAPH_SCRATCH_INIT;
}

void graph_scratch_begin(struct graph_scratch *s, size_t n, size_t n_ids)
{
	if (s->n < n || !++s->epoch) {
		mem_free(s->seen);
		s->seen = mem_calloc(n, sizeof *s->seen);
		s->n = n;
		s->epoch = 1;
	}
	if (s->n_ids < n_ids) {
		s->ids = mem_realloc(s->ids, n_ids * sizeof *s->ids);
		s->scores = mem_realloc(s->scores, n_ids * sizeof *s->scores);
		s->n_ids = n_ids;
	}
}

void graph_target_score(void *ctx, const uint32_t *ids, size_t n, float *out)
{
	const struct graph_target *t = ctx;
	for (size_t i = 0; i < n; i++)
		out[i] = graph_dot(t->v, t->id, ids[i]);
}

bool pool_insert(struct graph_hit *pool, size_t *n, size_t cap, uint32_t id, float score)
{
	size_t lo = 0, hi = *n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (pool[mid].score > score || (pool[mid].score == score && pool[mid].id < id))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo >= cap)
		return false;
	size_t n_keep = *n < cap ? *n : cap - 1;
	memmove(pool + lo + 1, pool + lo, (n_keep - lo) * sizeof *pool);
	pool[lo] = (struct graph_hit){score, id, false};
	*n = n_keep + 1;
	return true;
}

size_t graph_unseen(struct graph_scratch *s, const uint32_t *ids, size_t n)
{
	size_t n_new = 0;
	for (size_t i = 0; i < n; i++)
		if (s->seen[ids[i]] != s->epoch) {
			s->seen[ids[i]] = s->epoch;
			s->ids[n_new++] = ids[i];
		}
	return n_new;
}

/* Score the ids in s->ids that were not seen before; returns the first pool place that changed. */
static size_t offer(struct graph_scratch *s, const uint32_t *ids, size_t n_ids, graph_score *score,
		    void *ctx, struct graph_hit *pool, size_t *n, size_t ef)
{
	size_t n_new = graph_unseen(s, ids, n_ids), first = ef;
	if (!n_new)
		return first;
	score(ctx, s->ids, n_new, s->scores);
	for (size_t i = 0; i < n_new; i++)
		if (pool_insert(pool, n, ef, s->ids[i], s->scores[i]))
			first = 0;
	return first;
}

size_t graph_view_search(const struct graph_view *v, graph_score *score, void *ctx,
			 const uint32_t *entries, size_t n_entries, size_t ef,
			 struct graph_scratch *s, struct graph_hit *hits)
{
	size_t n = 0, at = 0;
	size_t longest = v->offs ? GRAPH_DEGREE_MAX : v->links->stride;
	graph_scratch_begin(s, v->n, n_entries > longest ? n_entries : longest);
	offer(s, entries, n_entries, score, ctx, hits, &n, ef);
	while (at < n) {
		if (hits[at].expanded) {
			at++;
			continue;
		}
		uint32_t id = hits[at].id;
		hits[at].expanded = true;
		const uint32_t *nbr = v->offs ? v->edges + v->offs[id]
					      : v->links->nbr + id * v->links->stride;
		size_t deg = v->offs ? (size_t)(v->offs[id + 1] - v->offs[id]) : v->links->deg[id];
		if (!offer(s, nbr, deg, score, ctx, hits, &n, ef))
			at = 0;
	}
	return n;
}

size_t graph_search(const struct graph *g, graph_score *score, void *ctx, const uint32_t *entries,
		    size_t n_entries, size_t ef, struct graph_scratch *s, struct graph_hit *hits)
{
	struct graph_view v = {.n = g->n, .offs = g->offs, .edges = g->edges};
	if (!g->n || !ef)
		return 0;
	return graph_view_search(&v, score, ctx, entries, n_entries, ef, s, hits);
}
