/* Recall among sampled rows; see recall.h. */
#include "algo/recall.h"

#include "base/mem.h"

enum { K_MAX = 10 };
#define SAME_COS 1e-6f	/* rows whose cosines differ by less are as good as each other */

static float cosine(const float *a, const float *b, size_t dim)
{
	struct search_hit h = {0};
	search_exact(&h, a, b, dim);
	return h.score;
}

/* The K_MAX largest of v (n), v[skip] left out, in descending order; how many there are. */
static size_t best(const float *v, size_t n, size_t skip, float top[K_MAX])
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		if (i == skip || (k == K_MAX && v[i] <= top[k - 1]))
			continue;
		size_t at = k < K_MAX ? k++ : K_MAX - 1;
		for (; at && top[at - 1] < v[i]; at--)
			top[at] = top[at - 1];
		top[at] = v[i];
	}
	return k;
}

/* The share of the first k of hits that are as good as the k-th of top. */
static double share(const struct search_hit *hits, size_t n_hits, const float *exact,
		    const float *top, size_t n_top, size_t k)
{
	size_t n = 0;
	if (k > n_top)
		k = n_top;
	for (size_t i = 0; i < k && i < n_hits; i++)
		n += exact[hits[i].chunk] >= top[k - 1] - SAME_COS;
	return k ? (double)n / (double)k : 1;
}

static size_t drop(struct search_hit *hits, size_t n, size_t id)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		if (hits[i].chunk != id)
			hits[k++] = hits[i];
	return k;
}

void recall_measure(const float *vec, const struct search_codes *codes,
		    const struct recall_params *p, struct par *par, struct recall *out)
{
	size_t n = codes->n, n_best = (p->n_recompute > K_MAX ? p->n_recompute : K_MAX) + 1;
	float *exact = mem_array(n, sizeof *exact), top[K_MAX];
	struct search_hit *hits = mem_array(n_best, sizeof *hits);
	struct search_params s = {.n_best = n_best};
	*out = (struct recall){.n_queries = p->n_queries < n ? p->n_queries : n};
	if (n < 2)
		out->n_queries = 0;
	double w = 1. / (double)(out->n_queries ? out->n_queries : 1);
	for (size_t i = 0; i < out->n_queries; i++) {
		size_t id = i * n / out->n_queries;
		const float *q = vec + id * p->dim;
		for (size_t j = 0; j < n; j++)
			exact[j] = cosine(vec + j * p->dim, q, p->dim);
		size_t n_top = best(exact, n, id, top);
		size_t n_hits = drop(hits, search_scan(codes, q, &s, par, hits), id);
		out->codes_at_3 += w * share(hits, n_hits, exact, top, n_top, 3);
		out->codes_at_10 += w * share(hits, n_hits, exact, top, n_top, K_MAX);
		for (size_t h = 0; h < n_hits && h < p->n_recompute; h++) {
			hits[h].score = exact[hits[h].chunk];
			hits[h].exact = true;
		}
		if (p->n_recompute)
			search_rank(hits, n_hits < p->n_recompute ? n_hits : p->n_recompute);
		out->at_3 += w * share(hits, n_hits, exact, top, n_top, 3);
		out->at_10 += w * share(hits, n_hits, exact, top, n_top, K_MAX);
	}
	mem_free(exact);
	mem_free(hits);
}
