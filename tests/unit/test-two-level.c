/* Two-level search: what it finds, what it recomputes, errors on the way. */
#include <math.h>
#include <string.h>

#include "algo/graph_links.h"
#include "algo/two_level.h"
#include "base/mem.h"
#include "base/rng.h"
#include "unit.h"

enum { N = 600, DIM = 16, TOP = 5 };

struct world {
	float x[N * DIM], q[DIM];
	const struct vec_kernels *k;
	struct graph g;
	size_t n_exact, n_calls, fail_at;	/* fail_at 0: never */
	uint8_t asked[N];
	bool twice;
};

static struct rng rng = {7};

static void unit_vector(float *v)
{
	float sum = 0;
	for (size_t d = 0; d < DIM; d++) {
		v[d] = (float)(rng_unit(&rng) + rng_unit(&rng) + rng_unit(&rng) - 1.5);
		sum += v[d] * v[d];
	}
	for (size_t d = 0; d < DIM; d++)
		v[d] /= sqrtf(sum);
}

static float dot(const struct world *w, uint32_t id)
{
	float s = 0;
	for (size_t d = 0; d < DIM; d++)
		s += w->x[id * DIM + d] * w->q[d];
	return s;
}

/* A code that is off by up to .1, the same each time. */
static void approx(void *ctx, const uint32_t *ids, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = dot(ctx, ids[i]) + .1f * (float)(ids[i] * 2654435761u % 1000) / 1000 - .05f;
}

static int exact(void *ctx, const uint32_t *ids, size_t n, float *out, struct err *e)
{
	struct world *w = ctx;
	if (++w->n_calls == w->fail_at)
		return err_set(e, ERR_TEMP, "gone");
	for (size_t i = 0; i < n; i++) {
		w->twice |= w->asked[ids[i]]++ > 0;
		out[i] = dot(w, ids[i]);
	}
	w->n_exact += n;
	return 0;
}

static int search(struct world *w, const struct two_level_params *p, struct graph_hit *hits,
		  struct two_level_stats *st, struct err *e)
{
	struct two_level_scores s = {approx, w, exact, w};
	struct graph_scratch scratch = GRAPH_SCRATCH_INIT;
	w->n_exact = w->n_calls = 0;
	w->twice = false;
	memset(w->asked, 0, sizeof w->asked);
	int r = two_level_search(&w->g, &s, p, &scratch, hits, st, e);
	graph_scratch_release(&scratch);
	return r;
}

/* How many of the TOP nearest are the first hits. */
static size_t found(const struct world *w, const struct graph_hit *hits)
{
	size_t got = 0;
	for (size_t h = 0; h < TOP; h++) {
		size_t nearer = 0;
		for (uint32_t i = 0; i < N; i++)
			nearer += dot(w, i) > hits[h].score;
		got += nearer < TOP;
	}
	return got;
}

static void exhaustive(struct world *w)
{
	struct two_level_stats st;
	struct graph_hit *hits = mem_array(N, sizeof *hits);
	struct err e;
	int r = search(w, &(struct two_level_params){N, 1, 1, NULL}, hits, &st, &e);
	ok(!r && st.n_hits == N && st.n_exact == N && !w->twice,
	   "with all promoted and room for all, every node is scored once");
	bool sorted = true;
	for (size_t i = 1; i < st.n_hits; i++)
		sorted &= hits[i - 1].score >= hits[i].score;
	ok(sorted && found(w, hits) == TOP, "and they come in order");
	mem_free(hits);
}

static void sparing(struct world *w)
{
	struct two_level_stats all, few, batched;
	struct graph_hit hits[64];
	size_t got = 0, n_all = 0, n_few = 0, n_calls = 0, n_batched = 0, got_batched = 0;
	bool bad = false;
	struct err e;
	for (int q = 0; q < 50; q++) {
		unit_vector(w->q);
		bad |= search(w, &(struct two_level_params){64, 1, 1, NULL}, hits, &all, &e) < 0;
		n_all += all.n_exact;
		bad |= search(w, &(struct two_level_params){64, .05, 1, NULL}, hits, &few, &e) < 0;
		bad |= w->twice || w->n_exact != few.n_exact || w->n_calls != few.n_batches;
		n_few += few.n_exact;
		n_calls += few.n_batches;
		got += found(w, hits);
		bad |= search(w, &(struct two_level_params){64, .05, 32, NULL}, hits, &batched, &e) < 0;
		n_batched += batched.n_batches;
		got_batched += found(w, hits);
	}
	ok(!bad && n_few < n_all, "promoting 5 %% recomputes less (%zu) than promoting all (%zu)",
	   n_few, n_all);
	ok(got >= 50 * TOP * 9 / 10, "and finds %zu of %d", got, 50 * TOP);
	ok(n_batched * 2 < n_calls && got_batched >= 50 * TOP * 9 / 10,
	   "waiting for 32 makes %zu calls of %zu and finds %zu", n_batched, n_calls, got_batched);
}

/* 1 node in n_th may be a hit. */
static void filtered(struct world *w, uint32_t n_th)
{
	struct two_level_stats st;
	struct graph_hit hits[16];
	uint64_t allow[N / 64 + 1] = {0};
	size_t n_bad = 0, n_missed = 0, n_allowed = (N + n_th - 1) / n_th, n_exact = 0;
	bool others = false;
	struct err e;
	for (uint32_t i = 0; i < N; i += n_th)
		allow[i / 64] |= (uint64_t)1 << i % 64;
	for (int q = 0; q < 50; q++) {
		unit_vector(w->q);
		n_bad += search(w, &(struct two_level_params){16, .05, 4, allow}, hits, &st, &e) < 0;
		n_bad += st.n_hits != (n_allowed < 16 ? n_allowed : 16);
		n_exact += st.n_exact;
		for (uint32_t i = 0; i < N; i++)
			others |= i % n_th && w->asked[i];
		for (uint32_t i = 0, best = 0; i < N; i += n_th) {
			best = dot(w, i) > dot(w, best) ? i : best;
			if (i + n_th >= N)
				n_missed += hits[0].id != best;
		}
	}
	ok(!n_bad && !others, "of %zu that may be hits 16 or all come, and nothing is computed for others",
	   n_allowed);
	ok(n_missed <= 5, "the best of them is missed %zu times of 50, with %zu computed each time",
	   n_missed, n_exact / 50);
}

int main(void)
{
	struct world *w = mem_calloc(1, sizeof *w);
	struct graph_params p = graph_params_for(GRAPH_MEDIUM);
	struct two_level_stats st;
	struct graph_hit hits[8];
	struct err e;
	for (size_t i = 0; i < N; i++)
		unit_vector(w->x + i * DIM);
	unit_vector(w->q);
	ok(!vec_kernels_pick(&w->k, &e), "kernels");
	graph_build(w->x, N, DIM, &p, w->k, NULL, &w->g);
	exhaustive(w);
	sparing(w);
	filtered(w, 2);
	filtered(w, 10);
	filtered(w, 100);
	w->fail_at = 3;
	ok(search(w, &(struct two_level_params){8, .05, 1, NULL}, hits, &st, &e) < 0 &&
		   e.code == ERR_TEMP,
	   "an error while recomputing ends the search with it");
	graph_release(&w->g);
	mem_free(w);
	return done();
}
