/*
 * The scan: every kernel finds the vectors whose sums reach, no filter loses a vector, and the best
 * are the same, bit for bit, as those of scoring and sorting everything.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "algo/search.h"
#include "base/mem.h"
#include "base/rng.h"

enum { DSUB = 2, KERNELS_MAX = SIMD_N };

static const struct scan_kernel *kernels[KERNELS_MAX];
static size_t n_kernels;
static struct rng rng = {5};

static void find_kernels(void)
{
	enum simd have[SIMD_N];
	size_t n = simd_list(have);
	for (size_t i = 0; i < n; i++) {
		const struct scan_kernel *k = scan_of(have[i]);
		bool known = false;
		for (size_t j = 0; j < n_kernels; j++)
			known = known || kernels[j] == k;
		if (!known)
			kernels[n_kernels++] = k;
	}
}

static void fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(rng_u64(&rng) >> 33);
}

/* Blocks of random codes and tables, the bound a sum that one of the vectors has. */
static bool reach_right(const struct scan_kernel *k, size_t m, size_t n_blocks, int bound)
{
	uint8_t *entry = mem_aligned(64, m * SCAN_ENTRIES);
	uint8_t *codes = mem_array(n_blocks * SCAN_BLOCK, m);
	unsigned *sum = mem_calloc(n_blocks * SCAN_BLOCK, sizeof *sum);
	uint64_t *mask = mem_array(n_blocks, sizeof *mask), *want = mem_calloc(n_blocks, 8);
	fill(entry, m * SCAN_ENTRIES);
	fill(codes, n_blocks * SCAN_BLOCK * m);
	if (bound == 2)
		memset(entry, 255, m * SCAN_ENTRIES);
	for (size_t i = 0; i < n_blocks * SCAN_BLOCK; i++)
		for (size_t j = 0; j < m; j++)
			sum[i] += entry[j * SCAN_ENTRIES +
					codes[i / 64 * 64 * m + j * SCAN_BLOCK + i % 64]];
	unsigned least = bound == 0 ? 0 : bound == 2 ? 255 * (unsigned)m : sum[7];
	for (size_t b = 0; b < n_blocks; b++) {
		mask[b] = b % 3 == 2 ? 0 : b % 3 ? rng_u64(&rng) : UINT64_MAX;
		for (size_t i = 0; i < SCAN_BLOCK; i++)
			want[b] |= (uint64_t)(sum[b * SCAN_BLOCK + i] >= least) << i;
		want[b] &= mask[b];
	}
	struct scan_table t = {entry, m, (uint16_t)least};
	k->reach(&t, codes, n_blocks, mask);
	bool same = !memcmp(mask, want, n_blocks * sizeof *mask);
	mem_free(entry);
	mem_free(codes);
	mem_free(sum);
	mem_free(mask);
	mem_free(want);
	return same;
}

static void test_kernels(void)
{
	static const size_t ms[] = {1, 2, 3, 12, 16, 24, 48, 96, 256, SCAN_M_MAX};
	for (size_t i = 0; i < n_kernels; i++) {
		bool good = true;
		for (size_t j = 0; j < sizeof ms / sizeof *ms; j++)
			for (int bound = 0; bound < 3; bound++)
				good = good && reach_right(kernels[i], ms[j], 5, bound) &&
				       reach_right(kernels[i], ms[j], 1, bound);
		ok(good, "%s finds the vectors whose sums reach, of those asked", kernels[i]->name);
	}
}

enum look { RANDOM, RUNS, TIES, ZEROS, SKEW, TWINS, BAIT, NEGATIVE, N_LOOKS };
static const char *const looks[N_LOOKS] = {
	"random codes", "runs of like codes", "few different codes", "zero vectors among them",
	"columns of all sizes", "columns that round alike", "the best where samples are taken",
	"scores below 0",
};

/* A codec and codes by hand: the rotation turns nothing. */
struct made {
	struct pq pq;
	struct search_codes c;
	uint8_t *packed;
	float *q, *lut;
	struct search_hit *all;		/* every vector, best first */
};

static int by_rank(const void *a, const void *b)
{
	const struct search_hit *x = a, *y = b;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

static void make_pq(struct made *k, size_t m, size_t ksub, enum look look)
{
	static const float sizes[4] = {1, .02f, 7, .3f};
	size_t dim = m * DSUB;
	int8_t *rot = mem_calloc(dim * dim, 1), *cent = mem_array(m * ksub * DSUB, 1);
	float *scale = mem_array(dim, sizeof *scale);
	uint8_t *one = mem_array(dim, 4), *le = mem_array(m, 4);
	k->q = mem_array(dim, sizeof *k->q);
	for (size_t i = 0; i < dim; i++) {
		rot[i * dim + i] = 1;
		memcpy(one + 4 * i, "\0\0\x80\x3f", 4);
		k->q[i] = (float)rng_unit(&rng) - (look == NEGATIVE ? 1.01f : .5f);
	}
	fill((uint8_t *)cent, m * ksub * DSUB);
	for (size_t j = 1; j < m && look == TWINS; j++) {
		memcpy(cent + j * ksub * DSUB, cent, ksub * DSUB);
		memcpy(k->q + j * DSUB, k->q, DSUB * sizeof *k->q);
	}
	for (size_t i = 0; i < m * ksub * DSUB; i++)
		if ((look == ZEROS && i / DSUB % ksub == 0) || (look == NEGATIVE && cent[i] < 0))
			cent[i] = 0;
	for (size_t j = 0; j < m; j++) {
		uint32_t bits;
		memcpy(&bits, &sizes[look == SKEW ? j % 4 : 0], 4);
		for (int i = 0; i < 4; i++)
			le[4 * j + (size_t)i] = (uint8_t)(bits >> 8 * i);
	}
	k->pq = (struct pq){.dim = dim, .m = m, .ksub = ksub, .dsub = DSUB};
	pq_load(&k->pq, rot, one, cent, le);
	mem_free(rot);
	mem_free(cent);
	mem_free(scale);
	mem_free(one);
	mem_free(le);
}

static float dot_of(const struct pq *pq, const float *q, size_t j, size_t code)
{
	const float *c = pq->centf + (j * pq->ksub + code) * DSUB;
	return q[j * DSUB] * c[0] + q[j * DSUB + 1] * c[1];
}

static void make(struct made *k, size_t n, size_t m, size_t ksub, enum look look)
{
	uint8_t *codes = mem_array(n, m);
	make_pq(k, m, ksub, look);
	for (size_t i = 0; i < n; i++) {
		uint8_t *c = codes + i * m;
		for (size_t j = 0; j < m; j++) {
			size_t a = (size_t)rng_below(&rng, ksub), b = (size_t)rng_below(&rng, ksub);
			bool best = look == BAIT && i / PQ_BLOCK % 8 == 0;
			best = best && dot_of(&k->pq, k->q, j, b) > dot_of(&k->pq, k->q, j, a);
			c[j] = (uint8_t)(best ? b : a);
		}
		if (look == TWINS)
			memset(c, c[0], m);
		if (look == RUNS && i % 96)
			memcpy(c, c - m, m - 1);
		if (look == TIES && i > 40)
			memcpy(c, codes + rng_below(&rng, 40) * m, m);
		if (look == ZEROS && i % 3 == 0)
			memset(c, 0, m);
	}
	k->packed = mem_array(pq_packed_bytes(n, m), 1);
	pq_pack(codes, n, m, k->packed);
	k->c = (struct search_codes){&k->pq, k->packed, n, NULL, NULL};
	k->lut = mem_array(m * PQ_KSUB_MAX, sizeof *k->lut);
	k->all = mem_array(n, sizeof *k->all);
	float *score = mem_array(n, sizeof *score), *qrot = mem_array(k->pq.drot, sizeof *qrot);
	pq_lut(&k->pq, k->q, k->lut, qrot);
	pq_scan(&k->pq, k->packed, 0, n, k->lut, score);
	for (size_t i = 0; i < n; i++)
		k->all[i] = (struct search_hit){.chunk = (uint32_t)i, .score = score[i]};
	qsort(k->all, n, sizeof *k->all, by_rank);
	mem_free(codes);
	mem_free(score);
	mem_free(qrot);
}

static void unmake(struct made *k)
{
	pq_release(&k->pq);
	mem_free(k->packed);
	mem_free(k->q);
	mem_free(k->lut);
	mem_free(k->all);
}

/* Does a search find what scoring and sorting everything does? */
static bool search_right(const struct made *k, size_t n_best, const uint64_t *allow,
			 const struct scan_kernel *kernel, struct par *par)
{
	struct search_params p = {.n_best = n_best, .allow = allow, .kernel = kernel};
	struct search_hit *hits = mem_array(n_best, sizeof *hits);
	size_t n = search_scan(&k->c, k->q, &p, par, hits), at = 0;
	bool same = true;
	for (size_t i = 0; i < k->c.n && at < n_best; i++) {
		const struct search_hit *want = &k->all[i];
		if (allow && !(allow[want->chunk / 64] >> want->chunk % 64 & 1))
			continue;
		same = same && at < n && hits[at].chunk == want->chunk && !hits[at].exact &&
		       !memcmp(&hits[at].score, &want->score, sizeof want->score) &&
		       !memcmp(&hits[at].approx, &want->score, sizeof want->score);
		at++;
	}
	mem_free(hits);
	return same && at == n;
}

/* Bits that are set at random, one in so many; 0: none. Bits past n are set: nobody may look. */
static uint64_t *make_allow(size_t n, unsigned one_in)
{
	uint64_t *allow = mem_calloc(n / 64 + 1, sizeof *allow);
	for (size_t i = 0; i < (n / 64 + 1) * 64; i++)
		if (i >= n || (one_in && !rng_below(&rng, one_in)))
			allow[i / 64] |= (uint64_t)1 << i % 64;
	return allow;
}

/* All filters, kernels and threads for one set of codes. */
static bool all_right(struct made *k, struct par *par)
{
	static const size_t n_best[] = {1, 24, 500};
	static const unsigned one_in[] = {1, 2, 100, 1000, 0};
	bool good = true;
	for (size_t f = 0; f < 6; f++) {
		uint64_t *allow = f ? make_allow(k->c.n, one_in[f - 1]) : NULL;
		for (size_t i = 0; i < n_kernels; i++)
			for (size_t b = 0; b < 3; b++) {
				struct par *p = (i + b + f) % 2 ? par : NULL;
				if (search_right(k, n_best[b], allow, kernels[i], p))
					continue;
				ok(false, "%zu vectors, m %zu, ksub %zu, best %zu, filter %zu: %s",
				   k->c.n, k->pq.m, k->pq.ksub, n_best[b], f, kernels[i]->name);
				good = false;
			}
		mem_free(allow);
	}
	return good;
}

static void test_shapes(struct par *par)
{
	static const size_t ms[] = {1, 3, 12, 16, 24, 32, 48, 96}, ksubs[] = {1, 16, 100, 256};
	static const size_t ns[] = {0, 1, 63, 64, 65, 4095, 10000};
	for (size_t m = 0; m < 8; m++) {
		bool good = true;
		for (size_t i = 0; i < 4; i++)
			for (size_t n = 0; n < (ms[m] > 24 || i < 2 ? 5 : 7); n++) {
				struct made k;
				make(&k, ns[n], ms[m], ksubs[i], RANDOM);
				good = all_right(&k, par) && good;
				unmake(&k);
			}
		ok(good, "m %zu: the best are those of scoring everything, at every size", ms[m]);
	}
}

static void test_looks(size_t n, struct par *par)
{
	for (size_t look = 0; look < N_LOOKS; look++) {
		struct made k;
		make(&k, n, look == RANDOM ? 96 : 24, 256, (enum look)look);
		bool good = all_right(&k, par) && search_right(&k, n, NULL, NULL, par) &&
			    search_right(&k, n + 1, NULL, NULL, NULL);
		ok(good, "%zu vectors, %s: the best are those of scoring everything", n, looks[look]);
		unmake(&k);
	}
}

/* Bounds that are scores: all vectors of that score and more are let through, few others. */
static void test_filter(size_t n)
{
	static const size_t ranks[] = {1, 10, 100, 2000};
	for (size_t look = 0; look < NEGATIVE; look++) {
		struct made k;
		struct pq_filter f;
		bool all = true;
		size_t most = 0;
		make(&k, n, 24, 256, (enum look)look);
		uint64_t *mask = mem_array(n / 64 + 1, sizeof *mask);
		for (size_t r = 0; r < 4; r++) {
			size_t through = 0;
			all = all && pq_filter_init(&f, &k.pq, k.lut, k.all[ranks[r] - 1].score);
			memset(mask, 255, (n / 64 + 1) * sizeof *mask);
			scan_scalar.reach(&f.table, k.packed, (n + 63) / 64, mask);
			for (size_t i = 0; i < n; i++) {
				uint32_t id = k.all[i].chunk;
				bool in = mask[id / 64] >> id % 64 & 1;
				through += in;
				all = all && (in || k.all[i].score < k.all[ranks[r] - 1].score);
			}
			most = look == RANDOM && through > most ? through : most;
			pq_filter_release(&f);
		}
		ok(all, "%s: a filter lets through all that score as much", looks[look]);
		if (look == RANDOM)
			ok(most < n / 5, "and few others: %zu for the best 2000 of %zu", most, n);
		mem_free(mask);
		unmake(&k);
	}
	struct made k;
	struct pq_filter f;
	make(&k, 64, 3, 16, RANDOM);
	ok(!pq_filter_init(&f, &k.pq, k.lut, 0) && !pq_filter_init(&f, &k.pq, k.lut, -1) &&
		   !pq_filter_init(&f, &k.pq, k.lut, NAN) &&
		   !pq_filter_init(&f, &k.pq, k.lut, INFINITY) &&
		   !pq_filter_init(&f, &k.pq, k.lut, 1e-40f),
	   "a bound that is no score above 0 has no filter");
	k.lut[5] = NAN;
	ok(!pq_filter_init(&f, &k.pq, k.lut, .5f), "nor have tables that are not numbers");
	unmake(&k);
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? 20000 : 200000;	/* an emulator has not all day */
	struct par *par = par_new(3);
	(void)argv;
	find_kernels();
	test_kernels();
	test_filter(20000);
	test_shapes(par);
	test_looks(n, par);
	par_free(par);
	return done();
}
