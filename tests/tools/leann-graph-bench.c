/*
 * leann-graph-bench VECTORS QUERIES [MAX_QUERIES]: ways to find the three nearest chunks, by the
 * embeddings they recompute and the bytes that their graph takes: a scan of all codes with one
 * batch, and the paper's two-level search over graphs pruned evenly or with their hubs kept.
 * VECTORS and QUERIES are vector streams. Codes are those that leann-pq makes by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "algo/search.h"
#include "algo/two_level.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "fmt/csr.h"
#include "fmt/record.h"

#include <fcntl.h>
#include <unistd.h>

enum { K = 3 };

struct matrix {
	float *x;
	size_t n, dim;
};

struct bench {
	struct matrix v, q;
	struct pq pq;
	uint8_t *packed;
	const struct vec_kernels *k;
	struct par *par;
	uint32_t (*best)[K];		/* (q.n) by exact search */
	/* the query being asked */
	const float *now;
	float *lut, *qrot;
};

static void or_die(int r, const struct err *e)
{
	if (r)
		err_die(e);
}

static void read_vectors(const char *path, size_t most, struct matrix *m)
{
	struct stream_in in;
	struct rec_check c;
	struct stream_rec r;
	struct err e;
	size_t cap = 0;
	int k, fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		or_die(err_sys(&e, "%s", path), &e);
	or_die(stream_in_open(&in, fd, path, "vectors", &e), &e);
	or_die(rec_check_init(&c, &in, &e), &e);
	m->dim = c.dim;
	while ((k = stream_in_next(&in, &r, &e)) > 0 && m->n < most) {
		if (r.tag != TAG_VEC) {
			or_die(rec_any(&c, &r, &e), &e);
			continue;
		}
		if (m->n == cap) {
			cap = cap ? 2 * cap : 4096;
			m->x = mem_realloc(m->x, cap * m->dim * sizeof *m->x);
		}
		or_die(rec_vec(&c, &r, m->x + m->n++ * m->dim, &e), &e);
	}
	or_die(k < 0, &e);
	stream_in_release(&in);
	close(fd);
}

static void score_codes(void *ctx, const uint32_t *ids, size_t n, float *out)
{
	const struct bench *b = ctx;
	pq_score(&b->pq, NULL, b->packed, NULL, b->lut, b->qrot, ids, n, out);
}

static int score_exact(void *ctx, const uint32_t *ids, size_t n, float *out, struct err *e)
{
	const struct bench *b = ctx;
	(void)e;
	for (size_t i = 0; i < n; i++)
		out[i] = b->k->dot_f32(b->v.x + ids[i] * b->v.dim, b->now, b->v.dim);
	return 0;
}

static void find_exact(void *ctx, size_t i, size_t i_worker)
{
	struct bench *b = ctx;
	float s[K] = {-2, -2, -2};
	(void)i_worker;
	for (size_t v = 0; v < b->v.n; v++) {
		float d = b->k->dot_f32(b->v.x + v * b->v.dim, b->q.x + i * b->q.dim, b->v.dim);
		for (int k = 0; k < K; k++)
			if (d > s[k]) {
				memmove(s + k + 1, s + k, (size_t)(K - 1 - k) * sizeof *s);
				memmove(b->best[i] + k + 1, b->best[i] + k,
					(size_t)(K - 1 - k) * sizeof **b->best);
				s[k] = d;
				b->best[i][k] = (uint32_t)v;
				break;
			}
	}
}

static size_t found(const struct bench *b, size_t i, const struct graph_hit *h, size_t n)
{
	size_t got = 0;
	for (size_t k = 0; k < K; k++)
		for (size_t j = 0; j < n && j < K; j++)
			got += h[j].id == b->best[i][k];
	return got;
}

static void ask(struct bench *b, size_t i)
{
	b->now = b->q.x + i * b->q.dim;
	pq_lut(&b->pq, b->now, b->lut, b->qrot);
}

static void scan(struct bench *b, size_t r)
{
	struct search_codes c = {.pq = &b->pq, .packed = b->packed, .n = b->v.n};
	struct search_params p = {.n_best = r};
	struct search_hit *hits = mem_array(r, sizeof *hits);
	size_t got = 0;
	for (size_t i = 0; i < b->q.n; i++) {
		ask(b, i);
		size_t n = search_scan(&c, b->now, &p, b->par, hits);
		for (size_t h = 0; h < n; h++)
			search_exact(&hits[h], b->v.x + hits[h].chunk * b->v.dim, b->now, b->v.dim);
		search_rank(hits, n);
		struct graph_hit top[K] = {{0}};
		for (size_t h = 0; h < K && h < n; h++)
			top[h].id = hits[h].chunk;
		got += found(b, i, top, n);
	}
	printf("%-34s %6.2f %10zu %8.1f %10.4f\n", "scan, one batch", 0., r, 1.,
	       (double)got / (double)(K * b->q.n));
	mem_free(hits);
}

static void two_level(struct bench *b, const struct graph *g, const char *label, double bytes,
		      const struct two_level_params *p)
{
	struct two_level_scores s = {score_codes, b, score_exact, b};
	struct graph_scratch scratch = GRAPH_SCRATCH_INIT;
	struct graph_hit *hits = mem_array(p->ef, sizeof *hits);
	size_t got = 0, exact = 0, batches = 0;
	for (size_t i = 0; i < b->q.n; i++) {
		struct two_level_stats st;
		struct err e;
		ask(b, i);
		or_die(two_level_search(g, &s, p, &scratch, hits, &st, &e), &e);
		got += found(b, i, hits, st.n_hits);
		exact += st.n_exact;
		batches += st.n_batches;
	}
	printf("%-34s %6.2f %10.1f %8.1f %10.4f\n", label, bytes, (double)exact / (double)b->q.n,
	       (double)batches / (double)b->q.n, (double)got / (double)(K * b->q.n));
	fflush(stdout);
	graph_scratch_release(&scratch);
	mem_free(hits);
}

static void over_graph(struct bench *b, const char *name, size_t max, size_t min, double hubs)
{
	struct graph_params gp = graph_params_for(GRAPH_MEDIUM);
	struct graph g = GRAPH_INIT;
	struct buf out = BUF_INIT;
	struct err e;
	gp.max_degree = max;
	gp.min_degree = min;
	gp.hub_fraction = hubs;
	graph_build(b->v.x, b->v.n, b->v.dim, &gp, b->k, b->par, &g);
	struct csr c = {g.n, g.offs, g.edges, g.entry};
	or_die(csr_pack(&c, &out, &e), &e);
	static const struct two_level_params ways[] = {
		{16, .05, 1, NULL},  {32, .05, 1, NULL}, {64, .05, 1, NULL},
		{64, .05, 16, NULL}, {32, .02, 1, NULL}, {32, 1, 1, NULL}};
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		char label[80];
		snprintf(label, sizeof label, "%s, ef %zu, %g %%, batch %zu", name, ways[i].ef,
			 100 * ways[i].promote, ways[i].batch);
		two_level(b, &g, label, (double)out.len / (double)g.n, &ways[i]);
	}
	buf_release(&out);
	graph_release(&g);
}

static void train(struct bench *b)
{
	struct rows_array a = {b->v.x, b->v.dim};
	struct rows rows = rows_from_array(&a, b->v.n);
	struct pq_params p = PQ_PARAMS_DEFAULT;
	struct err e;
	p.seed = 42;
	or_die(pq_train(&rows, NULL, NULL, &p, b->par, &b->pq, &e), &e);
	uint8_t *codes = mem_array(b->v.n, b->pq.m);
	or_die(pq_encode(&b->pq, &rows, NULL, NULL, b->par, codes, &e), &e);
	b->packed = mem_aligned(64, pq_packed_bytes(b->v.n, b->pq.m));
	pq_pack(codes, b->v.n, b->pq.m, b->packed);
	mem_free(codes);
	b->lut = mem_array(b->pq.m * PQ_KSUB_MAX, sizeof *b->lut);
	b->qrot = mem_array(b->pq.drot, sizeof *b->qrot);
}

int main(int argc, char **argv)
{
	struct bench b = {.pq = PQ_INIT};
	struct err e;
	prog_start(argv[0]);
	if (argc < 3)
		err_usage_die("want VECTORS QUERIES [MAX_QUERIES]");
	read_vectors(argv[1], SIZE_MAX, &b.v);
	read_vectors(argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 500, &b.q);
	or_die(vec_kernels_pick(&b.k, &e), &e);
	b.par = par_new(0);
	b.best = mem_array(b.q.n, sizeof *b.best);
	par_for(b.par, b.q.n, find_exact, &b);
	train(&b);
	printf("%zu chunks, %zu queries, codes of %zu bytes\n", b.v.n, b.q.n, b.pq.m);
	printf("%-34s %6s %10s %8s %10s\n", "", "bytes", "recomputed", "batches", "recall@3");
	static const size_t r[] = {5, 10, 16, 24, 32, 64};
	for (size_t i = 0; i < sizeof r / sizeof *r; i++)
		scan(&b, r[i]);
	over_graph(&b, "degree 32", 32, 32, 1);
	over_graph(&b, "degree 9", 9, 9, 1);
	over_graph(&b, "8, hubs 2 % 32", 32, 8, .02);
	over_graph(&b, "degree 17", 17, 17, 1);
	over_graph(&b, "16, hubs 2 % 32", 32, 16, .02);
	close_stdout_die();
	return 0;
}
