/*
 * leann-scan-bench: what scanning codes costs a vector, at each level of this machine.
 *
 *	leann-scan-bench [-n VECTORS] [-m BYTES] [-r ROUNDS]
 *
 * Codes of normal data with 256 centroids a byte. Prints a line a case, KERNEL TAB HITS TAB
 * FILTER TAB nanoseconds a vector, by this thread's CPU time: the best of the rounds, each a query
 * of its own, then their middle. "exact" is every vector scored, "table" the kernel alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "algo/search.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/rng.h"

enum { DSUB = 8, KSUB = 256, ROUNDS_MAX = 1000 };

struct bench {
	struct pq pq;
	struct search_codes codes;
	uint8_t *packed;
	uint64_t *one_in_100;
	float *q;		/* (rounds, dim) */
	size_t rounds;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int8_t normal8(struct rng *r)
{
	double s = -6;
	for (int i = 0; i < 12; i++)
		s += rng_unit(r);
	return (int8_t)(s * 20);
}

static void make(struct bench *b, size_t n, size_t m, size_t rounds)
{
	struct rng r = {1};
	size_t dim = m * DSUB, n_words = pq_packed_bytes(n, 1) / 64;
	int8_t *rot = mem_calloc(dim * dim, 1), *cent = mem_array(m * KSUB * DSUB, 1);
	uint8_t *scale = mem_array(dim, 4);
	for (size_t i = 0; i < dim; i++) {
		rot[i * dim + i] = 1;
		memcpy(scale + 4 * i, "\0\0\x80\x3f", 4);	/* 1 */
	}
	for (size_t i = 0; i < m * KSUB * DSUB; i++)
		cent[i] = normal8(&r);
	b->pq = (struct pq){.dim = dim, .m = m, .ksub = KSUB, .dsub = DSUB};
	pq_load(&b->pq, rot, scale, cent, scale);
	b->packed = mem_array(pq_packed_bytes(n, m), 1);
	for (size_t i = 0; i < pq_packed_bytes(n, m); i++)
		b->packed[i] = (uint8_t)(rng_u64(&r) >> 40);
	b->one_in_100 = mem_calloc(n_words, 8);
	for (size_t i = 0; i < n / 100; i++) {
		size_t k = (size_t)rng_below(&r, n);
		b->one_in_100[k / 64] |= (uint64_t)1 << k % 64;
	}
	b->q = mem_array(rounds * dim, sizeof *b->q);
	for (size_t i = 0; i < rounds * dim; i++)
		b->q[i] = normal8(&r);
	b->codes = (struct search_codes){&b->pq, b->packed, n, NULL, NULL};
	b->rounds = rounds;
	mem_free(rot);
	mem_free(cent);
	mem_free(scale);
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* One round of a case; hits 0: the first stage alone. */
static void round_of(const struct bench *b, const struct scan_kernel *k, size_t n_hits,
		     const uint64_t *allow, const float *q, void *space)
{
	struct search_params p = {.n_best = n_hits, .allow = allow, .kernel = k};
	if (n_hits && k) {
		search_scan(&b->codes, q, &p, NULL, space);
		return;
	}
	float *lut = mem_array(b->pq.m * PQ_KSUB_MAX, sizeof *lut);
	float *qrot = mem_array(b->pq.drot, sizeof *qrot);
	struct pq_filter f;
	pq_lut(&b->pq, q, lut, qrot);
	if (!k) {
		pq_scan(&b->pq, b->packed, 0, b->codes.n, lut, space);
	} else if (pq_filter_init(&f, &b->pq, lut, 60)) {
		memset(space, 255, pq_packed_bytes(b->codes.n, 1) / 8);
		k->reach(&f.table, b->packed, b->codes.n / 64, space);
		pq_filter_release(&f);
	}
	mem_free(lut);
	mem_free(qrot);
}

static void report(const struct bench *b, const struct scan_kernel *k, size_t n_hits,
		   const uint64_t *allow)
{
	double t[ROUNDS_MAX], per = 1e9 / (double)b->codes.n;
	void *space = mem_array(b->codes.n + 64, sizeof(struct search_hit));
	memset(space, 0, (b->codes.n + 64) * sizeof(struct search_hit));
	for (size_t i = 0; i < b->rounds; i++) {
		double t0 = now();
		round_of(b, k, n_hits, allow, b->q + i * b->pq.dim, space);
		t[i] = now() - t0;
	}
	qsort(t, b->rounds, sizeof *t, by_time);
	printf("%s\t%s", k ? k->name : "scalar", k && n_hits ? "" : k ? "table" : "exact");
	if (k && n_hits)
		printf("%zu", n_hits);
	printf("\t%s\t%.2f\t%.2f\n", allow ? "1 %" : "-", t[0] * per, t[b->rounds / 2] * per);
	fflush(stdout);
	mem_free(space);
}

int main(int argc, char **argv)
{
	static const struct opt table[] = {{'n', "vectors", "N", "how many codes (1000000)"},
		{'m', "bytes", "N", "bytes of a code (24)"},
		{'r', "rounds", "N", "queries a case (15)"}, {0}};
	struct opts o = {.table = table, .usage = "", .summary = "what scanning codes costs"};
	size_t n = 1000000, m = 24, rounds = 15;
	struct bench b = {0};
	enum simd levels[SIMD_N];
	size_t n_levels = simd_list(levels);
	const struct scan_kernel *last = NULL;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));) {
		if (c == 'n')
			n = (size_t)opts_num(&o, 64, 1 << 28);
		else if (c == 'm')
			m = (size_t)opts_num(&o, 1, SCAN_M_MAX);
		else
			rounds = (size_t)opts_num(&o, 1, ROUNDS_MAX);
	}
	if (o.n_args)
		err_usage_die("no operands");
	make(&b, n, m, rounds);
	report(&b, NULL, 0, NULL);
	for (size_t i = 0; i < n_levels; i++) {
		const struct scan_kernel *k = scan_of(levels[i]);
		if (levels[i] == SIMD_BLAS || k == last)
			continue;
		last = k;
		report(&b, k, 0, NULL);
		report(&b, k, 24, NULL);
		report(&b, k, 500, NULL);
		report(&b, k, 24, b.one_in_100);
		report(&b, k, 500, b.one_in_100);
	}
	pq_release(&b.pq);
	mem_free(b.packed);
	mem_free(b.one_in_100);
	mem_free(b.q);
	close_stdout_die();
	return 0;
}
