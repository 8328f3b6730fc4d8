/* Anchors: what each strategy promises, storage, health, groups. */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "algo/enrich.h"
#include "base/le.h"
#include "synth.h"

enum { N = 4000, DIM = 48 };

static double cosine(const float *a, const float *b)
{
	double s = 0;
	for (size_t d = 0; d < DIM; d++)
		s += (double)a[d] * b[d];
	return s;
}

static struct anchors_health health(const struct rows *r, const struct anchors *a)
{
	struct anchors_health h;
	struct err e;
	uint32_t *assign = mem_array(N, sizeof *assign);
	float *c = mem_array(N, sizeof *c);
	if (anchors_assign(r, a, NULL, assign, c, &e))
		ok(false, "assignment: %s", e.msg);
	anchors_health(assign, c, r->n, a->n, &h);
	mem_free(assign);
	mem_free(c);
	return h;
}

static void test_strategies(const struct rows *r)
{
	double coverage[4];
	for (int s = 0; s < 4; s++) {
		struct anchors_params p = {
			.strategy = (enum anchors_strategy)s, .count = 40, .seed = 9};
		struct anchors a = ANCHORS_INIT, b = ANCHORS_INIT;
		struct par *par = par_new(3);
		struct err e;
		bool unit = true;
		ok(!anchors_train(r, NULL, &p, NULL, &a, &e) && a.n == 40,
		   "%s gives the anchors asked for", anchors_strategy_names[s]);
		for (size_t i = 0; i < a.n; i++)
			unit = unit && fabs(cosine(a.vec + i * DIM, a.vec + i * DIM) - 1) < 1e-5;
		ok(unit, "%s: anchors are unit vectors", anchors_strategy_names[s]);
		ok(!anchors_train(r, NULL, &p, par, &b, &e) && !memcmp(a.q, b.q, 40 * DIM) &&
			   !memcmp(a.scale, b.scale, 40 * sizeof *a.scale),
		   "%s: threads change nothing", anchors_strategy_names[s]);
		coverage[s] = health(r, &a).coverage;
		par_free(par);
		anchors_release(&a);
		anchors_release(&b);
	}
	ok(coverage[ANCHORS_KMEANS] > coverage[ANCHORS_RANDOM],
	   "k-means covers more than chance (%.3f, %.3f)", coverage[ANCHORS_KMEANS],
	   coverage[ANCHORS_RANDOM]);
	ok(coverage[ANCHORS_MAX_COVERAGE] >= coverage[ANCHORS_RANDOM],
	   "greedy coverage covers at least as much as chance (%.3f)",
	   coverage[ANCHORS_MAX_COVERAGE]);
}

static void test_assign(const struct rows *r, const float *x)
{
	struct anchors_params p = {.strategy = ANCHORS_KMEANS, .count = 30, .seed = 1};
	struct anchors a = ANCHORS_INIT, b = ANCHORS_INIT;
	struct err e;
	uint32_t *assign = mem_array(N, sizeof *assign);
	float *c = mem_array(N, sizeof *c);
	bool right = true;
	uint8_t scale[30 * 4];
	if (anchors_train(r, NULL, &p, NULL, &a, &e) || anchors_assign(r, &a, NULL, assign, c, &e))
		ok(false, "training: %s", e.msg);
	for (size_t i = 0; i < N; i++) {
		double best = -2;
		for (size_t k = 0; k < a.n; k++)
			best = fmax(best, cosine(x + i * DIM, a.vec + k * DIM));
		right = right && fabs(best - c[i]) < 1e-5 &&
			cosine(x + i * DIM, a.vec + assign[i] * DIM) > best - 1e-5;
	}
	ok(right, "every row has its nearest anchor and the cosine to it");
	put_lef32s(scale, a.scale, a.n);
	anchors_load(&b, a.n, DIM, a.q, scale);
	ok(!memcmp(a.vec, b.vec, a.n * DIM * sizeof *a.vec),
	   "the stored form gives the same vectors back");
	anchors_release(&a);
	anchors_release(&b);
	mem_free(assign);
	mem_free(c);
}

static void test_diversity(const struct rows *r)
{
	struct anchors_params p = {
		.strategy = ANCHORS_RANDOM, .count = 60, .seed = 2, .diversity_threshold = .3};
	struct anchors a = ANCHORS_INIT;
	struct err e;
	double near = -1;
	if (anchors_train(r, NULL, &p, NULL, &a, &e))
		ok(false, "training: %s", e.msg);
	for (size_t i = 0; i < a.n; i++)
		for (size_t j = 0; j < i; j++)
			near = fmax(near, cosine(a.vec + i * DIM, a.vec + j * DIM));
	ok(a.n > 5 && near <= .7 + .02,
	   "no two of %zu anchors are nearer than the threshold (cosine %.3f)", a.n, near);
	anchors_release(&a);
}

static void test_groups(const struct rows *r)
{
	size_t rows[3] = {1000, 100, 3}, share[3];
	uint16_t *group = mem_array(N, sizeof *group);
	struct anchors_params p = {
		.strategy = ANCHORS_STRATIFIED, .count = 40, .seed = 2, .min_per_group = 2};
	struct anchors a = ANCHORS_INIT;
	struct err e;
	anchors_allocate(rows, 3, 22, 1, false, share);
	ok(share[0] == 19 && share[1] == 2 && share[2] == 1,
	   "shares are proportional, small groups get one");
	anchors_allocate(rows, 3, 21, 1, true, share);
	ok(share[0] + share[1] + share[2] == 21 && share[2] == 3 && share[0] == 9 && share[1] == 9,
	   "equal shares; what a small group cannot take goes to the others");
	for (size_t i = 0; i < N; i++)
		group[i] = i < 10 ? 1 : i < 11 ? 2 : 0;
	ok(!anchors_train(r, group, &p, NULL, &a, &e) && a.n == 40,
	   "groups of 3989, 10 and 1 rows share 40 anchors");
	anchors_release(&a);
	mem_free(group);
}

static void test_small(float *x)
{
	struct rows_array ra = {x, DIM};
	struct enrich_params p = ENRICH_PARAMS_DEFAULT;
	struct err e;
	for (size_t n = 0; n < 4; n++) {
		struct rows r = rows_from_array(&ra, n);
		struct enrich y = ENRICH_INIT;
		ok(!enrich_anchors(&r, NULL, &p, NULL, &y, &e) && y.anchors.n == (n ? 1 : 0),
		   "%zu rows have %d anchor(s)", n, n ? 1 : 0);
		enrich_release(&y);
	}
	struct rows r = rows_from_array(&ra, 3);
	struct anchors a = ANCHORS_INIT;
	p.anchors.count = 10;
	ok(!anchors_train(&r, NULL, &p.anchors, NULL, &a, &e) && a.n == 3,
	   "no more anchors than rows");
	anchors_release(&a);
	memcpy(x + DIM, x, DIM * sizeof *x);
	memcpy(x + 2 * DIM, x, DIM * sizeof *x);
	ok(!anchors_train(&r, NULL, &p.anchors, NULL, &a, &e) && a.n == 1,
	   "equal rows give one anchor");
	anchors_release(&a);
	p.anchors.count = 40000;
	ok(anchors_train(&r, NULL, &p.anchors, NULL, &a, &e) == -1 && e.code == ERR_USAGE &&
		   strstr(e.msg, "32768"),
	   "too many anchors are refused with the number that can be had");
}

int main(void)
{
	float *x = synth_rows(N, DIM, 50, 4);
	struct rows_array ra = {x, DIM};
	struct rows r = rows_from_array(&ra, N);
	uint32_t assign[8] = {0, 0, 1, 1, 2, 2, 3, 3};
	float c[8] = {1, .5f, .49f, 0, 1, 1, 1, 1};
	struct anchors_health h;
	test_strategies(&r);
	test_assign(&r, x);
	test_diversity(&r);
	test_groups(&r);
	anchors_health(assign, c, 8, 4, &h);
	ok(h.coverage == .75 && fabs(h.balance - 1) < 1e-9 && !h.n_empty,
	   "equal lists have balance 1");
	anchors_health(assign, c, 2, 4, &h);
	ok(fabs(h.balance - .25) < 1e-9 && h.n_empty == 3, "one list of four has balance 1/4");
	test_small(x);
	mem_free(x);
	return done();
}
