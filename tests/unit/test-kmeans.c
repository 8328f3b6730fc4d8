/* k-means: it only gets better, it does not depend on threads, and hard inputs end well. */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "algo/kmeans.h"
#include "algo/rows.h"
#include "synth.h"

enum { N = 3000, DIM = 24, K = 60, STEPS = 20 };

static void test_objective(const float *x, bool spherical)
{
	double trace[STEPS + 1];
	float *cent = mem_array(K * DIM, sizeof *cent);
	uint32_t *assign = mem_array(N, sizeof *assign);
	struct kmeans_params p = {
		.k = K, .max_iter = STEPS, .seed = 7, .spherical = spherical, .trace = trace};
	double err = kmeans_train(x, N, DIM, &p, NULL, cent, assign), sum = 0;
	bool falls = true, nearest = true;
	size_t used[K] = {0}, n_used = 0;
	for (size_t i = 1; i < p.n_trace; i++)
		falls = falls && trace[i] <= trace[i - 1] * (1 + 1e-5);
	ok(p.n_trace > 2 && falls, "the objective never rises (%zu steps, %g to %g, %s)", p.n_trace,
	   trace[0], trace[p.n_trace - 1], spherical ? "spherical" : "plain");
	for (size_t i = 0; i < N; i++) {
		double best = INFINITY, own = 0;
		for (size_t k = 0; k < K; k++) {
			double d = 0;
			for (size_t t = 0; t < DIM; t++)
				d += pow((double)x[i * DIM + t] - cent[k * DIM + t], 2);
			best = d < best ? d : best;
			own = k == assign[i] ? d : own;
		}
		nearest = nearest && own <= best + 1e-5;
		sum += own;
		n_used += !used[assign[i]]++;
	}
	ok(nearest, "every row is assigned to its nearest centroid");
	ok(fabs(sum - err) < 1e-3 * sum, "the objective returned is the sum of squared distances");
	ok(n_used == K, "no cluster is empty");
	mem_free(cent);
	mem_free(assign);
}

static void test_threads(const float *x)
{
	float a[K * DIM], b[K * DIM];
	uint32_t *as = mem_array(N, sizeof *as), *bs = mem_array(N, sizeof *bs);
	struct par *par = par_new(4);
	struct kmeans_params p = {.k = K, .max_iter = 6, .seed = 3}, q = p;
	kmeans_train(x, N, DIM, &p, NULL, a, as);
	kmeans_train(x, N, DIM, &q, par, b, bs);
	ok(!memcmp(a, b, sizeof a) && !memcmp(as, bs, N * sizeof *as),
	   "1 and 4 threads give the same bytes");
	q.seed = 4;
	kmeans_train(x, N, DIM, &q, par, b, bs);
	ok(memcmp(a, b, sizeof a) != 0, "another seed gives another result");
	par_free(par);
	mem_free(as);
	mem_free(bs);
}

static void test_hard(void)
{
	float same[10 * 2], cent[10 * 2], line[6] = {0, 0, 0, 0, 5, 9};
	uint32_t assign[10];
	for (size_t i = 0; i < 20; i++)
		same[i] = 1;
	struct kmeans_params p = {.k = 10, .max_iter = 5, .seed = 1};
	ok(kmeans_train(same, 10, 2, &p, NULL, cent, assign) < 1e-6 && isfinite(cent[19]),
	   "ten equal rows and ten clusters end with no error");
	p.k = 3;
	ok(kmeans_train(line, 6, 1, &p, NULL, cent, assign) < 1e-6,
	   "as many clusters as distinct rows leave no error, repeated rows or not");
	p.k = 1;
	kmeans_train(line, 6, 1, &p, NULL, cent, assign);
	ok(fabsf(cent[0] - 14.f / 6) < 1e-6f, "one cluster is the mean");
}

static void test_sample(void)
{
	uint32_t ids[100], again[100];
	bool ascending = true;
	rows_sample(1000, 100, 5, ids);
	rows_sample(1000, 100, 5, again);
	for (size_t i = 1; i < 100; i++)
		ascending = ascending && ids[i] > ids[i - 1] && ids[i] < 1000;
	ok(ascending && !memcmp(ids, again, sizeof ids),
	   "a sample ascends and is the same for a seed");
	rows_sample(100, 100, 5, ids);
	ok(ids[0] == 0 && ids[99] == 99, "a sample of all is all");
}

int main(void)
{
	float *x = synth_rows(N, DIM, 20, 1);
	test_objective(x, false);
	test_objective(x, true);
	test_threads(x);
	test_hard();
	test_sample();
	mem_free(x);
	return done();
}
