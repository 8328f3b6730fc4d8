/* Scan and rank; see search.h. */
#include "algo/search.h"

#include <stdlib.h>

#include "base/mem.h"

enum { RANGE = 1 << 16 };	/* chunks that one work item scans */
enum { STRIP = 8192 };		/* scores made at a time: 32 KB of stack */

/* Is a before b? By score, then by number. */
static bool before(const struct search_hit *a, const struct search_hit *b)
{
	return a->score > b->score || (a->score == b->score && a->chunk < b->chunk);
}

static int by_rank(const void *a, const void *b)
{
	const struct search_hit *x = a, *y = b;
	return before(x, y) ? -1 : before(y, x) ? 1 : 0;
}

void search_rank(struct search_hit *hits, size_t n)
{
	if (n > 1)
		qsort(hits, n, sizeof *hits, by_rank);
}

/* A heap of the best so far whose root is the worst of them. */
struct heap {
	struct search_hit *h;
	size_t n, cap;
};

static void sift_down(struct heap *q, size_t i)
{
	for (;;) {
		size_t worst = i, l = 2 * i + 1, r = l + 1;
		if (l < q->n && before(&q->h[worst], &q->h[l]))
			worst = l;
		if (r < q->n && before(&q->h[worst], &q->h[r]))
			worst = r;
		if (worst == i)
			return;
		struct search_hit t = q->h[i];
		q->h[i] = q->h[worst];
		q->h[worst] = t;
		i = worst;
	}
}

static void offer(struct heap *q, uint32_t chunk, float score)
{
	struct search_hit hit = {chunk, score, score, false};
	if (q->n == q->cap) {
		if (!q->cap || !before(&hit, &q->h[0]))
			return;
		q->h[0] = hit;
		sift_down(q, 0);
		return;
	}
	size_t i = q->n++;
	q->h[i] = hit;
	while (i && before(&q->h[(i - 1) / 2], &q->h[i])) {
		struct search_hit t = q->h[i];
		q->h[i] = q->h[(i - 1) / 2];
		q->h[(i - 1) / 2] = t;
		i = (i - 1) / 2;
	}
}

struct scan {
	const struct search_codes *c;
	const struct search_params *p;
	const float *lut, *qrot;
	struct heap *heap;		/* one a range */
};

static void scan_range(void *ctx, size_t i_range, size_t i_worker)
{
	const struct scan *s = ctx;
	const struct search_codes *c = s->c;
	struct heap *q = &s->heap[i_range];
	size_t from = i_range * RANGE, to = from + RANGE < c->n ? from + RANGE : c->n;
	float score[STRIP];
	(void)i_worker;
	for (size_t at = from; at < to; at += STRIP) {
		size_t n = to - at < STRIP ? to - at : STRIP;
		if (c->residual)
			pq_scan_residual(c->pq, c->residual, c->packed, at, n, c->assign + at,
					 s->lut, s->qrot, score);
		else
			pq_scan(c->pq, c->packed, at, n, s->lut, score);
		for (size_t i = 0; i < n; i++) {
			size_t chunk = at + i;
			if (q->n == q->cap && score[i] < q->h[0].score)
				continue;
			if (s->p->allow && !(s->p->allow[chunk / 64] >> chunk % 64 & 1))
				continue;
			offer(q, (uint32_t)chunk, score[i]);
		}
	}
}

size_t search_scan(const struct search_codes *c, const float *q, const struct search_params *p,
		   struct par *par, struct search_hit *out)
{
	size_t n_ranges = (c->n + RANGE - 1) / RANGE, n = 0;
	if (!c->n || !p->n_best)
		return 0;
	float *lut = mem_array(c->pq->m * PQ_KSUB_MAX, sizeof *lut);
	float *qrot = mem_array(c->pq->drot, sizeof *qrot);
	struct heap *heap = mem_calloc(n_ranges, sizeof *heap);
	for (size_t i = 0; i < n_ranges; i++) {
		size_t most = c->n - i * RANGE < RANGE ? c->n - i * RANGE : RANGE;
		heap[i].cap = p->n_best < most ? p->n_best : most;
		heap[i].h = mem_array(heap[i].cap, sizeof *heap[i].h);
	}
	struct scan s = {c, p, lut, qrot, heap};
	pq_lut(c->pq, q, lut, qrot);
	par_for(par, n_ranges, scan_range, &s);
	struct heap all = {out, 0, p->n_best};
	for (size_t i = 0; i < n_ranges; i++) {
		for (size_t k = 0; k < heap[i].n; k++)
			offer(&all, heap[i].h[k].chunk, heap[i].h[k].score);
		mem_free(heap[i].h);
	}
	n = all.n;
	search_rank(out, n);
	mem_free(heap);
	mem_free(lut);
	mem_free(qrot);
	return n;
}

void search_exact(struct search_hit *hit, const float *vec, const float *q, size_t dim)
{
	double dot = 0;
	for (size_t i = 0; i < dim; i++)
		dot += (double)vec[i] * q[i];
	hit->score = (float)dot;
	hit->exact = true;
}
