/* Candidates from some lists or all codes; see probe.h. */
#include "search/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "base/map.h"
#include "base/mem.h"
#include "fmt/index_lists.h"

/*
 * Of chunks that a filter lets through, how many are seen before probing ends, in hits wanted: those
 * of 1 % of 1,000,000 are found as well as without a filter.
 */
enum { ENOUGH = 16 };

/* Of codes between two lists: reading them takes a disk less time than a second read. */
enum { GAP_BYTES = 32 << 10 };

/* Lists in the order in which they are looked into. */
struct choice {
	const struct index *ix;
	const float *q;
	struct graph_hit *by;		/* (anchors.m) nearest first, n of them */
	size_t n;
};

/* Cosines of anchors to the question, in eight sums so that they go side by side. */
static void score_anchors(void *ctx, const uint32_t *ids, size_t n, float *out)
{
	const struct choice *c = ctx;
	const struct rec_anchors *a = &c->ix->anchors;
	for (size_t i = 0; i < n; i++) {
		const int8_t *row = a->q + ids[i] * a->dim;
		float part[8] = {0}, sum = 0;
		size_t d = 0;
		for (; d + 8 <= a->dim; d += 8)
			for (size_t k = 0; k < 8; k++)
				part[k] += (float)row[d + k] * c->q[d + k];
		for (; d < a->dim; d++)
			sum += (float)row[d] * c->q[d];
		for (size_t k = 0; k < 8; k++)
			sum += part[k];
		out[i] = sum * get_lef32(a->scale + 4 * ids[i]);
	}
}

static int by_score(const void *a, const void *b)
{
	const struct graph_hit *x = a, *y = b;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* All lists, but the first n that are chosen stay where they are: those were looked into. */
static void choose_rest(struct choice *c, size_t n)
{
	size_t m = c->ix->anchors.m, k = n;
	bool *seen = mem_calloc(m, sizeof *seen);
	for (size_t i = 0; i < n; i++)
		seen[c->by[i].id] = true;
	for (uint32_t a = 0; a < m; a++) {
		float score;
		if (seen[a])
			continue;
		score_anchors(c, &a, 1, &score);
		c->by[k++] = (struct graph_hit){score, a, false};
	}
	qsort(c->by + n, m - n, sizeof *c->by, by_score);
	c->n = m;
	mem_free(seen);
}

/* At least n of them: by the graph where that is less work than to look at every anchor. */
static void choose(struct asker *s, struct choice *c, size_t n)
{
	const struct graph *g = &s->g->lists_graph;
	size_t ef = n > s->g->ef_lists ? n : s->g->ef_lists;
	if (g->n && ef < c->ix->anchors.m / 4)
		c->n = graph_search(g, score_anchors, c, &g->entry, 1, ef, &s->scratch, c->by);
	if (c->n < n)
		choose_rest(c, 0);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* The lists from..to, which lie end to end, will be read. */
static void tell_stretch(const struct engine *g, uint32_t from, uint32_t to)
{
	size_t first = g->ix.list_start[from] / PQ_BLOCK, n_bytes;
	size_t last = (g->ix.list_start[to + 1] + PQ_BLOCK - 1) / PQ_BLOCK;
	const uint8_t *at, *end;
	map_hint(g->codes.packed + first * PQ_BLOCK * g->pq.m,
		 (last - first) * PQ_BLOCK * g->pq.m, MAP_SOON);
	index_list_bytes(&g->ix, from, &at, &n_bytes);
	index_list_bytes(&g->ix, to, &end, &n_bytes);
	map_hint(at, (size_t)(end + n_bytes - at), MAP_SOON);
}

/* Tell what will be read: the n lists, ascending, and what little is between some of them. */
static void tell(const struct engine *g, const uint32_t *list, size_t n, struct probe_tally *t)
{
	const uint32_t *start = g->ix.list_start;
	for (size_t i = 0, k; i < n; i += k) {
		for (k = 1; i + k < n; k++)
			if ((size_t)(start[list[i + k]] - start[list[i + k - 1] + 1]) * g->pq.m >
			    GAP_BYTES)
				break;
		tell_stretch(g, list[i], list[i + k - 1]);
		t->n_stretches++;
	}
}

static void part_release(struct search_part *part)
{
	mem_free(part->block);
	mem_free(part->lanes);
	mem_free(part->ids);
}

/* The chunks of list a, which are in the places from on, into part; *seen: those allowed. */
static void add_list(struct search_part *part, const uint32_t *ids, size_t from, size_t n,
		     const uint64_t *allow, size_t *seen)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t block = (uint32_t)((from + i) / PQ_BLOCK);
		size_t lane = (from + i) % PQ_BLOCK;
		if (!part->n || part->block[part->n - 1] != block) {
			part->block[part->n] = block;
			part->lanes[part->n++] = 0;
		}
		bool may = !allow || (allow[ids[i] / 64] >> ids[i] % 64 & 1);
		part->ids[(part->n - 1) * PQ_BLOCK + lane] = ids[i];
		part->lanes[part->n - 1] |= (uint64_t)may << lane;
		*seen += may;
	}
}

/* The lists, ascending, as a part of the codes. Caller: part_release() whatever comes. */
static int make_part(const struct engine *g, const uint32_t *list, size_t n, const uint64_t *allow,
		     struct search_part *part, size_t *seen, struct err *e)
{
	const uint32_t *start = g->ix.list_start;
	size_t n_blocks = 0, longest = 0;
	for (size_t i = 0; i < n; i++) {
		size_t size = start[list[i] + 1] - start[list[i]];
		n_blocks += size / PQ_BLOCK + 2;
		longest = size > longest ? size : longest;
	}
	uint32_t *ids = mem_array(longest, sizeof *ids);
	part->block = mem_array(n_blocks, sizeof *part->block);
	part->lanes = mem_array(n_blocks, sizeof *part->lanes);
	part->ids = mem_array(n_blocks * PQ_BLOCK, sizeof *part->ids);
	int r = 0;
	for (size_t i = 0; i < n && !r; i++) {
		size_t from = start[list[i]], size = start[list[i] + 1] - from;
		r = index_list(&g->ix, list[i], ids, e);
		if (!r)
			add_list(part, ids, from, size, allow, seen);
	}
	mem_free(ids);
	return r;
}

/* The chosen lists from..to-1: their best join the *n hits of out. */
static int look_into(struct asker *s, const struct choice *c, size_t from, size_t to, const float *q,
		     const uint64_t *allow, size_t n_best, struct search_hit *out, size_t *n,
		     size_t *seen, struct err *e)
{
	struct search_part part = {0};
	struct search_params sp = {.n_best = n_best, .part = &part};
	uint32_t *list = mem_array(to - from, sizeof *list);
	for (size_t i = from; i < to; i++) {
		list[i - from] = c->by[i].id;
		s->tally.n_seen += s->g->ix.list_start[list[i - from] + 1] -
				   s->g->ix.list_start[list[i - from]];
	}
	qsort(list, to - from, sizeof *list, by_number);
	tell(s->g, list, to - from, &s->tally);
	s->tally.n_lists += to - from;
	int r = make_part(s->g, list, to - from, allow, &part, seen, e);
	if (!r && !*n) {
		*n = search_scan(&s->g->codes, q, &sp, s->par, out);
	} else if (!r) {
		struct search_hit *hits = mem_array(*n + n_best, sizeof *hits);
		size_t found = search_scan(&s->g->codes, q, &sp, s->par, hits + *n);
		memcpy(hits, out, *n * sizeof *hits);
		search_rank(hits, *n + found);
		*n = *n + found < n_best ? *n + found : n_best;
		memcpy(out, hits, *n * sizeof *hits);
		mem_free(hits);
	}
	part_release(&part);
	mem_free(list);
	return r;
}

/* How many lists have enough of what is allowed, if it is spread evenly; as many as are asked for. */
static size_t first_probe(const struct index *ix, size_t n_probe, const uint64_t *allow,
			  size_t enough)
{
	size_t m = ix->anchors.m, n_allowed = 0;
	for (size_t i = 0; allow && i <= (ix->n_chunks - 1) / 64; i++)
		n_allowed += (size_t)__builtin_popcountll(allow[i]);
	if (n_probe >= m || (allow && n_allowed <= enough))
		return m;
	size_t n = allow ? (size_t)((double)m * (double)enough / (double)n_allowed) : 0;
	return n > n_probe ? n : n_probe;
}

static int probe_lists(struct asker *s, const struct plan *p, const float *q, const uint64_t *allow,
		       size_t n_best, struct search_hit *out, size_t *n, struct err *e)
{
	const struct index *ix = &s->g->ix;
	struct choice c = {.ix = ix, .q = q, .by = mem_array(ix->anchors.m, sizeof *c.by)};
	size_t enough = allow ? n_best * ENOUGH : n_best, seen = 0, done = 0;
	int r = 0;
	size_t to = first_probe(ix, p->n_probe, allow, enough);
	*n = 0;
	choose(s, &c, to);
	while (!r && done < ix->anchors.m && (done < p->n_probe || seen < enough)) {
		if (to > c.n)
			choose_rest(&c, done);
		r = look_into(s, &c, done, to, q, allow, n_best, out, n, &seen, e);
		done = to;
		to = 2 * to < ix->anchors.m ? 2 * to : ix->anchors.m;
	}
	mem_free(c.by);
	return r;
}

/*
 * leann-search(1) has the table: of the scan's first 24 that many find .987 or more among 36,000 chunks
 * in 379 lists and .991 among 1,000,000 in 2,000. A share of the lists would read ever more; a
 * multiple of the root alone, too few where there are few.
 */
size_t probe_default(const struct index *ix)
{
	return ix->lists ? 60 + (size_t)(3 * sqrt((double)ix->anchors.m)) : 0;
}

/* Hits by code while they become hits by chunk. */
struct unfold {
	const struct search_hit *hit;	/* by the chunk that has the code */
	const uint64_t *allow;
	bool every, *taken;		/* every: all chunks of a code, else the first that is allowed */
	struct buf out;			/* struct search_hit each */
};

static void take_chunk(void *ctx, size_t i, uint32_t chunk)
{
	struct unfold *u = ctx;
	struct search_hit h = u->hit[i];
	if ((u->allow && !(u->allow[chunk / 64] >> chunk % 64 & 1)) || (u->taken[i] && !u->every))
		return;
	u->taken[i] = true;
	h.chunk = chunk;
	buf_add(&u->out, &h, sizeof h);
}

static int by_chunk(const void *a, const void *b)
{
	const struct search_hit *x = a, *y = b;
	return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

/* The n hits, whose chunk is the place of a code, to at most n_best hits. */
static size_t unfold(const struct copies *c, const uint64_t *allow, bool every, size_t n_best,
		     struct search_hit *hit, size_t n)
{
	struct unfold u = {hit, allow, every, mem_calloc(n + 1, sizeof *u.taken), BUF_INIT};
	uint32_t *of = mem_array(n + 1, sizeof *of);
	for (size_t i = 0; i < n; i++)
		hit[i].chunk = copies_chunk(c, hit[i].chunk);
	qsort(hit, n, sizeof *hit, by_chunk);
	for (size_t i = 0; i < n; i++) {
		of[i] = hit[i].chunk;
		take_chunk(&u, i, of[i]);
	}
	copies_each(c, of, n, take_chunk, &u);
	struct search_hit *all = (void *)u.out.p;
	n = u.out.len / sizeof *all;
	search_rank(all, n);
	n = n < n_best ? n : n_best;
	if (n)
		memcpy(hit, all, n * sizeof *all);
	buf_release(&u.out);
	mem_free(u.taken);
	mem_free(of);
	return n;
}

int probe(struct asker *s, const struct plan *p, const float *q, const uint64_t *allow,
	  size_t n_best, struct search_hit *out, size_t *n, struct err *e)
{
	struct search_params sp = {.n_best = n_best, .allow = allow};
	if (p->n_probe)
		return probe_lists(s, p, q, allow, n_best, out, n, e);
	const struct index *ix = &s->g->ix;
	uint64_t *codes = NULL;
	if (ix->copies.n_runs && allow) {
		codes = mem_array(ix->n_codes / 64 + 1, sizeof *codes);
		copies_fold(&ix->copies, allow, ix->n_chunks, codes);
		sp.allow = codes;
	}
	*n = search_scan(&s->g->codes, q, &sp, s->par, out);
	if (ix->copies.n_runs)
		*n = unfold(&ix->copies, allow, p->all_copies, n_best, out, *n);
	mem_free(codes);
	return 0;
}
