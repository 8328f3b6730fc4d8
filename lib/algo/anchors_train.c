/* Choosing and training anchors; see anchors.h. */
#include <math.h>
#include <string.h>

#include "algo/anchors.h"
#include "algo/kmeans.h"
#include "base/mem.h"
#include "base/rng.h"
#include "vec/blas.h"

enum {
	SAMPLE_MIN = 8192,
	SAMPLE_MAX = 65536,
	SAMPLE_PER_ANCHOR = 64,
	COVER_MAX = 8192, /* rows of the cover's bit matrix: 8 MB */
	SEED_PER_ANCHOR = 16, /* rows that k-means++ looks at, an anchor */
	MAX_ITER = 12, /* later steps move coverage by less than .002 */
	SAMPLE_BYTES_MAX = 256 << 20,
};
#define TOL 1e-3
/* Anchors this near are one and the same after int8. */
#define SAME_COS 1e-6

/* The sample, kept whole while training. */
struct sample {
	float *x; /* (n, dim) */
	size_t n, dim;
	uint32_t *ids; /* (n) ascending rows */
};

static size_t at_most(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t sample_size(const struct anchors_params *p, size_t count, size_t n, size_t dim)
{
	size_t want = p->samples ? p->samples : count * SAMPLE_PER_ANCHOR;
	if (!p->samples)
		want = want < SAMPLE_MIN ? SAMPLE_MIN : at_most(want, SAMPLE_MAX);
	want = at_most(want, SAMPLE_BYTES_MAX / (dim * sizeof(float)));
	if (want < count)
		want = count;
	return at_most(want, n);
}

/* Unit rows from f32 rows: round(x * 127 / max|x|), scale 1 / |q|. */
static void quantise(struct anchors *a, const float *c)
{
	for (size_t i = 0; i < a->n; i++, c += a->dim) {
		int8_t *q = a->q + i * a->dim;
		float top = 0;
		double sum = 0;
		for (size_t d = 0; d < a->dim; d++)
			top = fmaxf(top, fabsf(c[d]));
		for (size_t d = 0; d < a->dim; d++) {
			q[d] = (int8_t)lrintf(top > 0 ? c[d] * 127 / top : 0);
			sum += (double)q[d] * q[d];
		}
		a->scale[i] = sum > 0 ? (float)(1 / sqrt(sum)) : 0;
		for (size_t d = 0; d < a->dim; d++)
			a->vec[i * a->dim + d] = (float)q[d] * a->scale[i];
	}
}

static float dot(const float *a, const float *b, size_t dim)
{
	double s = 0;
	for (size_t d = 0; d < dim; d++)
		s += (double)a[d] * b[d];
	return (float)s;
}

/* One more anchor c: near[i] is the cosine of sample row i to the nearest so far. */
static void see_anchor(const struct sample *s, const float *c, float *near)
{
	for (size_t i = 0; i < s->n; i++) {
		float cosine = dot(s->x + i * s->dim, c, s->dim);
		near[i] = cosine > near[i] ? cosine : near[i];
	}
}

/* Move the anchors that are at least min_dist from all kept before them to the front; how many. */
static size_t keep_apart(float *c, size_t k, size_t dim, double min_dist)
{
	float *s = mem_array(ROWS_TILE * k, sizeof *s);
	bool *kept = mem_calloc(k, sizeof *kept);
	size_t n = 0;
	for (size_t at = 0; at < k; at += ROWS_TILE) {
		size_t m = at_most(k - at, ROWS_TILE);
		blas_nt(m, at + m, dim, 1, c + at * dim, dim, c, dim, 0, s, k);
		for (size_t i = 0; i < m; i++) {
			bool good = true;
			for (size_t j = 0; j < at + i && good; j++)
				good = !kept[j] || 1 - s[i * k + j] >= min_dist;
			kept[at + i] = good;
		}
	}
	for (size_t i = 0; i < k; i++)
		if (kept[i] && n++ != i)
			memcpy(c + (n - 1) * dim, c + i * dim, dim * sizeof *c);
	mem_free(s);
	mem_free(kept);
	return n;
}

/* Keep anchors at least min_dist apart, in order; put far sample rows where some fell out. */
static size_t diversify(const struct sample *s, float *c, size_t k, double min_dist, bool replace,
			struct par *par)
{
	size_t n = keep_apart(c, k, s->dim, min_dist);
	if (n == k || !replace)
		return n;
	float *near = mem_array(s->n, sizeof *near);
	kmeans_assign(s->x, s->n, s->dim, c, n, par, NULL, near);
	for (size_t i = 0; i < s->n; i++)
		near[i] = 1 - near[i] / 2; /* of unit vectors: distance^2 = 2 - 2 cosine */
	while (n < k) {
		size_t far = 0;
		for (size_t i = 1; i < s->n; i++)
			if (near[i] < near[far])
				far = i;
		if (1 - near[far] < min_dist)
			break;
		memcpy(c + n * s->dim, s->x + far * s->dim, s->dim * sizeof *c);
		see_anchor(s, c + n++ * s->dim, near);
	}
	mem_free(near);
	return n;
}

static void pick_random(const struct sample *s, size_t k, uint64_t seed, float *c)
{
	/* The sample is ascending: choose among it again, so that a prefix is no bias. */
	uint32_t *at = mem_array(k, sizeof *at);
	rows_sample(s->n, k, seed + 1, at);
	for (size_t i = 0; i < k; i++)
		memcpy(c + i * s->dim, s->x + at[i] * s->dim, s->dim * sizeof *c);
	mem_free(at);
}

static void pick_kmeans(const struct sample *s, size_t k, uint64_t seed, struct par *par, float *c)
{
	struct kmeans_params kp = {.k = k,
				   .max_iter = MAX_ITER,
				   .tol = TOL,
				   .seed = seed,
				   .seed_rows = SEED_PER_ANCHOR * k,
				   .spherical = true};
	uint32_t *assign = mem_array(s->n, sizeof *assign);
	kmeans_train(s->x, s->n, s->dim, &kp, par, c, assign);
	mem_free(assign);
}

static void pick_cover(const struct sample *s, size_t k, uint64_t seed, struct par *par, float *c)
{
	size_t n = at_most(s->n, k > COVER_MAX ? k : COVER_MAX);
	uint32_t *sub = mem_array(n, sizeof *sub), *ids = mem_array(k, sizeof *ids);
	float *x = mem_array(n * s->dim, sizeof *x);
	rows_sample(s->n, n, seed + 1, sub);
	for (size_t i = 0; i < n; i++)
		memcpy(x + i * s->dim, s->x + sub[i] * s->dim, s->dim * sizeof *x);
	anchors_cover(x, n, s->dim, k, par, ids);
	for (size_t i = 0; i < k; i++)
		memcpy(c + i * s->dim, x + ids[i] * s->dim, s->dim * sizeof *c);
	mem_free(sub);
	mem_free(ids);
	mem_free(x);
}

/* The group farthest below its quota that could take one more; lowest number on a tie. */
static size_t neediest(const size_t *n_rows, size_t n_groups, const size_t *share, double each,
		       bool equal, double total_rows)
{
	size_t best = n_groups;
	double want = 0;
	for (size_t g = 0; g < n_groups; g++) {
		double quota = equal ? each
				     : each * (double)n_groups * (double)n_rows[g] / total_rows;
		double lack = quota - (double)share[g];
		if (share[g] < n_rows[g] && (best == n_groups || lack > want)) {
			best = g;
			want = lack;
		}
	}
	return best;
}

void anchors_allocate(const size_t *n_rows, size_t n_groups, size_t total, size_t min_each,
		      bool equal, size_t *share)
{
	double total_rows = 0, each = (double)total / (double)n_groups;
	size_t used = 0;
	for (size_t g = 0; g < n_groups; g++)
		total_rows += (double)n_rows[g];
	for (size_t g = 0; g < n_groups; g++) {
		double quota = equal ? each : (double)total * (double)n_rows[g] / total_rows;
		size_t s = (size_t)quota > min_each ? (size_t)quota : min_each;
		share[g] = at_most(s, n_rows[g]);
		used += share[g];
	}
	/* Minimums took too much: the largest share gives, down to the minimum. */
	for (; used > total; used--) {
		size_t g = 0;
		for (size_t i = 1; i < n_groups; i++)
			g = share[i] > share[g] ? i : g;
		if (share[g] <= min_each)
			break;
		share[g]--;
	}
	/* The rest goes one by one where most is missing. */
	for (; used < total; used++) {
		size_t g = neediest(n_rows, n_groups, share, each, equal, total_rows);
		if (g == n_groups)
			break;
		share[g]++;
	}
}

/* Sample rows of one group, in the order of the sample. */
static size_t take_group(const struct sample *s, const uint16_t *group, size_t g, float *out)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++)
		if (group[s->ids[i]] == g)
			memcpy(out + n++ * s->dim, s->x + i * s->dim, s->dim * sizeof *out);
	return n;
}

static size_t count_groups(const uint16_t *group, size_t n, size_t **n_rows)
{
	size_t n_groups = 0;
	for (size_t i = 0; i < n; i++)
		if (group[i] >= n_groups)
			n_groups = (size_t)group[i] + 1;
	*n_rows = mem_calloc(n_groups, sizeof **n_rows);
	for (size_t i = 0; i < n; i++)
		(*n_rows)[group[i]]++;
	return n_groups;
}

/* Shares of the sample for the groups, by share of anchors: rows of each group drawn alike. */
static size_t sample_groups(const uint16_t *group, size_t n, const size_t *n_rows, size_t n_groups,
			    const size_t *share, size_t size, uint64_t seed, uint32_t *ids)
{
	size_t *left = mem_array(n_groups, sizeof *left), *want = mem_array(n_groups, sizeof *want);
	size_t total = 0, taken = 0;
	struct rng r = {seed};
	for (size_t g = 0; g < n_groups; g++)
		total += share[g];
	for (size_t g = 0; g < n_groups; g++) {
		size_t s = (size_t)((double)size * (double)share[g] / (double)total);
		want[g] = at_most(s > share[g] ? s : share[g], n_rows[g]);
		left[g] = n_rows[g];
	}
	for (size_t i = 0; i < n; i++) {
		size_t g = group[i];
		if (want[g] && rng_below(&r, left[g]) < want[g]) {
			ids[taken++] = (uint32_t)i;
			want[g]--;
		}
		left[g]--;
	}
	mem_free(left);
	mem_free(want);
	return taken;
}

/* k-means in every group of the sample; returns how many centres came out. */
static size_t pick_groups(const struct sample *s, const uint16_t *group, const size_t *share,
			  size_t n_groups, uint64_t seed, struct par *par, float *c)
{
	struct sample part = {.dim = s->dim, .x = mem_array(s->n * s->dim, sizeof(float))};
	size_t n = 0;
	for (size_t g = 0; g < n_groups; g++) {
		if (!share[g])
			continue;
		part.n = take_group(s, group, g, part.x);
		pick_kmeans(&part, share[g], seed + g, par, c + n * s->dim);
		n += share[g];
	}
	mem_free(part.x);
	return n;
}

static int train_groups(const struct rows *rows, const uint16_t *group,
			const struct anchors_params *p, size_t *count, struct par *par,
			struct sample *s, float **c, struct err *e)
{
	size_t *n_rows, n_groups = count_groups(group, rows->n, &n_rows), total = 0;
	size_t *share = mem_array(n_groups, sizeof *share);
	int r = -1;
	anchors_allocate(n_rows, n_groups, *count, p->min_per_group, p->equal, share);
	for (size_t g = 0; g < n_groups; g++)
		total += share[g];
	if (total > anchors_max_count(rows->dim)) {
		err_set(e, ERR_USAGE,
			"%zu groups want %zu anchors, at most %zu can be had: lower "
			"--min-per-group",
			n_groups, total, anchors_max_count(rows->dim));
		goto out;
	}
	size_t size = sample_size(p, total, rows->n, rows->dim);
	s->ids = mem_array(at_most(size + total, rows->n), sizeof *s->ids);
	s->n = sample_groups(group, rows->n, n_rows, n_groups, share, size, p->seed, s->ids);
	s->x = mem_array(s->n * s->dim, sizeof *s->x);
	*c = mem_array(total * s->dim, sizeof **c);
	if (rows_gather(rows, s->ids, s->n, s->x, e))
		goto out;
	*count = pick_groups(s, group, share, n_groups, p->seed, par, *c);
	r = 0;
out:
	mem_free(n_rows);
	mem_free(share);
	return r;
}

static int train_whole(const struct rows *rows, const struct anchors_params *p, size_t count,
		       struct par *par, struct sample *s, float **c, struct err *e)
{
	s->n = sample_size(p, count, rows->n, rows->dim);
	s->ids = mem_array(s->n, sizeof *s->ids);
	s->x = mem_array(s->n * s->dim, sizeof *s->x);
	*c = mem_array(count * s->dim, sizeof **c);
	rows_sample(rows->n, s->n, p->seed, s->ids);
	if (rows_gather(rows, s->ids, s->n, s->x, e))
		return -1;
	switch (p->strategy) {
	case ANCHORS_RANDOM: pick_random(s, count, p->seed, *c); break;
	case ANCHORS_MAX_COVERAGE: pick_cover(s, count, p->seed, par, *c); break;
	case ANCHORS_STRATIFIED: /* one group */
	case ANCHORS_KMEANS: pick_kmeans(s, count, p->seed, par, *c);
	}
	return 0;
}

int anchors_train(const struct rows *rows, const uint16_t *group, const struct anchors_params *p,
		  struct par *par, struct anchors *a, struct err *e)
{
	struct sample s = {.dim = rows->dim};
	size_t count = p->count ? p->count : anchors_auto_count(rows->n, rows->dim);
	double apart = p->diversity_threshold > SAME_COS ? p->diversity_threshold : SAME_COS;
	float *c = NULL;
	int r = -1;
	if (count > anchors_max_count(rows->dim))
		return err_set(e, ERR_USAGE,
			       "%zu anchors of %zu dimensions: at most %zu can be had", count,
			       rows->dim, anchors_max_count(rows->dim));
	count = at_most(count, rows->n);
	*a = (struct anchors){.dim = rows->dim, .strategy = p->strategy, .seed = p->seed};
	if (!rows->n)
		return 0;
	if (p->strategy == ANCHORS_STRATIFIED && group)
		r = train_groups(rows, group, p, &count, par, &s, &c, e);
	else
		r = train_whole(rows, p, count, par, &s, &c, e);
	if (r)
		goto out;
	a->n = diversify(&s, c, count, apart, p->diversity_threshold > 0, par);
	a->q = mem_array(a->n * a->dim, 1);
	a->scale = mem_array(a->n, sizeof *a->scale);
	a->vec = mem_array(a->n * a->dim, sizeof *a->vec);
	quantise(a, c);
out:
	mem_free(s.x);
	mem_free(s.ids);
	mem_free(c);
	return r;
}
