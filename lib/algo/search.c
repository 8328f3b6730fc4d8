/* Scan and rank; see search.h. */
#include "algo/search.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

enum {
	RANGE = 1024,	/* blocks that one work item scans */
	STRIP = 64,	/* blocks at a time: their codes stay in a cache, 16 KB of scores on the stack */
	SAMPLE_LANES = 16, /* vectors that a block gives to the sample */
	FILTER_MIN = 4096, /* vectors: fewer are scored in the time that a filter takes to make */
};

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
	struct search_hit hit = {.chunk = chunk, .approx = score, .score = score};
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
	struct pq_pairs pairs;
	float least;			/* lower scores are of no use */
	const struct pq_filter *filter;	/* of least; NULL: every vector is scored */
	const struct scan_kernel *kernel;
	struct heap *heap;		/* one a worker */
};

/* Blocks to scan, and which one the b-th of them is. */
static size_t n_blocks(const struct scan *s)
{
	return s->p->part ? s->p->part->n : (s->c->n + PQ_BLOCK - 1) / PQ_BLOCK;
}

static size_t block_of(const struct scan *s, size_t b)
{
	return s->p->part ? s->p->part->block[b] : b;
}

static const uint8_t *codes_of(const struct scan *s, size_t b)
{
	return s->c->packed + block_of(s, b) * PQ_BLOCK * s->c->pq->m;
}

/* Bits of the vectors of a block that may be hits. */
static uint64_t lanes_of(const struct scan *s, size_t block)
{
	if (s->p->part)
		return s->p->part->lanes[block];
	size_t rest = s->c->n - block * PQ_BLOCK;
	uint64_t lanes = rest < PQ_BLOCK ? ((uint64_t)1 << rest) - 1 : UINT64_MAX;
	return s->p->allow ? lanes & s->p->allow[block] : lanes;
}

static void offer_lanes(const struct scan *s, struct heap *q, size_t block, uint64_t lanes,
			const float *score)
{
	for (; lanes; lanes &= lanes - 1) {
		size_t i = (size_t)__builtin_ctzll(lanes);
		if (score[i] >= s->least && (q->n < q->cap || score[i] >= q->h[0].score))
			offer(q, s->p->part ? s->p->part->ids[block * PQ_BLOCK + i]
					    : (uint32_t)(block * PQ_BLOCK + i), score[i]);
	}
}

static void score_block(const struct scan *s, struct heap *q, size_t block, uint64_t lanes)
{
	float score[PQ_BLOCK];
	if (!lanes)
		return;
	pq_score_lanes(&s->pairs, codes_of(s, block), lanes, score);
	offer_lanes(s, q, block, lanes, score);
}

/* Blocks from..from+n-1, n <= STRIP, which lie end to end. */
static void scan_strip(const struct scan *s, struct heap *q, size_t from, size_t n)
{
	uint64_t lanes[STRIP];
	for (size_t b = 0; b < n; b++) {
		lanes[b] = lanes_of(s, from + b);
		bool sparse = s->p->allow || s->p->part;
		if (s->filter && (!sparse ||
				  (unsigned)__builtin_popcountll(lanes[b]) > s->kernel->few))
			continue;
		score_block(s, q, from + b, lanes[b]);
		lanes[b] = 0;
	}
	if (!s->filter)
		return;
	s->kernel->reach(&s->filter->table, codes_of(s, from), n, lanes);
	for (size_t b = 0; b < n; b++)
		score_block(s, q, from + b, lanes[b]);
}

static void scan_strip_residual(const struct scan *s, struct heap *q, size_t from, size_t n)
{
	const struct search_codes *c = s->c;
	float score[STRIP * PQ_BLOCK];
	size_t at = block_of(s, from) * PQ_BLOCK, rest = c->n - at;
	pq_scan_residual(c->pq, c->residual, c->packed, at,
			 rest < n * PQ_BLOCK ? rest : n * PQ_BLOCK, c->assign + at, s->lut,
			 s->qrot, score);
	for (size_t b = 0; b < n; b++)
		offer_lanes(s, q, from + b, lanes_of(s, from + b), score + b * PQ_BLOCK);
}

/* Blocks from b on, up to to, that lie end to end, STRIP at most. */
static size_t strip_of(const struct scan *s, size_t b, size_t to)
{
	size_t n = to - b < STRIP ? to - b : STRIP, k = 1;
	while (k < n && block_of(s, b + k) == block_of(s, b) + k)
		k++;
	return k;
}

static void scan_range(void *ctx, size_t i_range, size_t i_worker)
{
	const struct scan *s = ctx;
	size_t from = i_range * RANGE, n;
	size_t to = from + RANGE < n_blocks(s) ? from + RANGE : n_blocks(s);
	for (size_t b = from; b < to; b += n) {
		n = strip_of(s, b, to);
		(s->c->residual ? scan_strip_residual : scan_strip)(s, &s->heap[i_worker], b, n);
	}
}

/* The best of all ranges into out; how many there are. */
static size_t scan_all(struct scan *s, struct par *par, struct search_hit *out)
{
	size_t n_workers = par_n_threads(par);
	struct heap all = {out, 0, s->p->n_best};
	for (size_t i = 0; i < n_workers; i++)
		s->heap[i].n = 0;
	par_for(par, (n_blocks(s) + RANGE - 1) / RANGE, scan_range, s);
	for (size_t i = 0; i < n_workers; i++)
		for (size_t k = 0; k < s->heap[i].n; k++)
			offer(&all, s->heap[i].h[k].chunk, s->heap[i].h[k].score);
	return all.n;
}

/* Whole blocks to scan; of a part they may have few vectors. */
static size_t n_whole(const struct scan *s)
{
	return s->p->part ? s->p->part->n : s->c->n / PQ_BLOCK;
}

/* One block in how many gives SAMPLE_LANES to the sample, 8,192 vectors of a large collection. */
static size_t sample_stride(const struct scan *s)
{
	size_t stride = n_whole(s) / (8192 / SAMPLE_LANES);
	return stride < 8 ? 8 : stride;
}

/*
 * The score of that rank in the sample; -INFINITY where a filter would not pay: unless the sample
 * has four times as many.
 */
static float sample_score(struct scan *s, size_t rank)
{
	size_t stride = sample_stride(s), n = 0, m = s->c->pq->m, turn = 0;
	struct heap best = {mem_array(rank, sizeof *best.h), 0, rank};
	s->least = -INFINITY;
	for (size_t b = 0; b < n_whole(s); b += stride, turn += SAMPLE_LANES) {
		uint64_t some = (((uint64_t)1 << SAMPLE_LANES) - 1) << turn % PQ_BLOCK;
		uint64_t lanes = lanes_of(s, b) & some;
		if (b + stride < n_whole(s)) /* far apart: no processor guesses where */
			for (size_t j = 0; j < m; j++)
				__builtin_prefetch(codes_of(s, b + stride) + j * PQ_BLOCK);
		n += (size_t)__builtin_popcountll(lanes);
		score_block(s, &best, b, lanes);
	}
	float score = n / 4 >= rank ? best.h[0].score : -INFINITY;
	mem_free(best.h);
	return score;
}

/*
 * The score that is last of the n_best is guessed from the sample, a little low; vectors are
 * filtered by it, and what is let through is scored. When n_best are found that score as much, they
 * are the best of all; else, one time in hundreds, again from a lower guess.
 */
static size_t scan_filtered(struct scan *s, struct par *par, struct search_hit *out)
{
	double expect = (double)s->p->n_best * SAMPLE_LANES / (double)(PQ_BLOCK * sample_stride(s));
	size_t rank = (size_t)(expect + 3 * sqrt(expect) + 3), n_vecs = n_whole(s) * PQ_BLOCK;
	for (; n_vecs >= FILTER_MIN && rank <= n_vecs / 64; rank *= 4) {
		struct pq_filter filter;
		float least = sample_score(s, rank);
		if (!pq_filter_init(&filter, s->c->pq, s->lut, least))
			break;
		s->filter = &filter;
		s->least = least;
		size_t n = scan_all(s, par, out);
		s->filter = NULL;
		pq_filter_release(&filter);
		if (n == s->p->n_best)
			return n;
	}
	s->least = -INFINITY;
	return scan_all(s, par, out);
}

size_t search_scan(const struct search_codes *c, const float *q, const struct search_params *p,
		   struct par *par, struct search_hit *out)
{
	size_t n_workers = par_n_threads(par), n;
	if (!c->n || !p->n_best)
		return 0;
	float *lut = mem_array(c->pq->m * PQ_KSUB_MAX, sizeof *lut);
	float *qrot = mem_array(c->pq->drot, sizeof *qrot);
	size_t cap = p->n_best < c->n ? p->n_best : c->n;
	struct heap *heap = mem_array(n_workers, sizeof *heap);
	for (size_t i = 0; i < n_workers; i++)
		heap[i] = (struct heap){mem_array(cap, sizeof *heap[i].h), 0, cap};
	struct scan s = {c, p, lut, qrot, .least = -INFINITY, .heap = heap};
	pq_lut(c->pq, q, lut, qrot);
	pq_pairs_init(&s.pairs, c->pq, lut);
	s.kernel = p->kernel ? p->kernel : scan_best();
	n = c->residual ? scan_all(&s, par, out) : scan_filtered(&s, par, out);
	search_rank(out, n);
	for (size_t i = 0; i < n_workers; i++)
		mem_free(heap[i].h);
	pq_pairs_release(&s.pairs);
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
