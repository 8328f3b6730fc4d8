/*
 * leann-lists-bench: what looking into a few lists finds of what scanning every code does.
 *
 *	leann-lists-bench [-k HITS] [-n QUESTIONS] [-e VECTORS] [-f N] [-p PROBES] INDEX <QUESTIONS
 *
 * QUESTIONS is a stream of vectors. After a line on the index, a line a number of lists: NPROBE, share of the chunks seen,
 * stretches of codes a question, share of the scan's HITS (500) that are found, of its first 24, of
 * its first 3, recall@3 of the first 20 after exact cosines (-e VECTORS: the stream that the index
 * was made of; else -), milliseconds of CPU a question. The scan comes
 * first. -f: a filter that lets one file-like run of 10 chunks in N through.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/rng.h"
#include "fmt/record.h"
#include "search/probe.h"

enum { RERANKED = 20 };

struct bench {
	struct engine g;
	struct buf q, x;		/* questions, vectors: (n, dim) f32 */
	size_t dim, n_questions, n_hits;
	uint32_t *best, *scanned;	/* (n_questions, 3) exact, (n_questions, n_hits); UINT32_MAX: none */
	struct asker s;
	uint64_t *allow;		/* NULL: no filter */
};

static void check(int r, struct err *e)
{
	if (r)
		err_die(e);
}

static const float *row(const struct bench *b, const struct buf *v, size_t i)
{
	return (const float *)(const void *)v->p + i * b->dim;
}

static void read_vectors(int fd, const char *name, size_t most, struct buf *out, size_t *dim)
{
	struct stream_in in = {.head = SHEAD_INIT};
	struct rec_check rc;
	struct stream_rec r;
	struct err e;
	float v[DIM_MAX];
	int k;
	check(stream_in_open(&in, fd, name, "vectors", &e) || rec_check_init(&rc, &in, &e), &e);
	*dim = rc.dim;
	while ((k = stream_in_next(&in, &r, &e)) > 0) {
		struct rec_file f;
		struct rec_chunk c;
		if (r.tag == TAG_VEC) {
			check(rec_vec(&rc, &r, v, &e), &e);
			if (most && out->len / sizeof *v / *dim < most)
				buf_add(out, v, *dim * sizeof *v);
		} else {
			check(r.tag == TAG_FILE	   ? rec_file(&rc, &r, &f, &e)
			      : r.tag == TAG_CHUNK ? rec_chunk(&rc, &r, &c, &e)
						   : rec_any(&rc, &r, &e), &e);
		}
	}
	check(k, &e);
	stream_in_release(&in);
}

static void keep_best(struct search_hit *hits, size_t *n, size_t cap, uint32_t id, float score)
{
	hits[*n] = (struct search_hit){.chunk = id, .score = score};
	search_rank(hits, ++*n);
	if (*n > cap)
		*n = cap;
}

/* The 3 best of the n chunks ids (NULL: all) by exact cosine. */
static void exact_best(const struct bench *b, const float *q, const uint32_t *ids, size_t n,
		       uint32_t best[3])
{
	struct search_hit hits[4];
	size_t n_hits = 0;
	for (size_t i = 0; i < n && (!ids || ids[i] != UINT32_MAX); i++) {
		uint32_t id = ids ? ids[i] : (uint32_t)i;
		float score = pq_dot(row(b, &b->x, id), q, b->dim);
		if (n_hits < 3 || score > hits[2].score)
			keep_best(hits, &n_hits, 3, id, score);
	}
	for (size_t i = 0; i < 3; i++)
		best[i] = i < n_hits ? hits[i].chunk : UINT32_MAX;
}

static size_t n_common(const uint32_t *a, const uint32_t *b, size_t n, size_t n_b)
{
	size_t same = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n_b; k++)
			same += a[i] != UINT32_MAX && a[i] == b[k];
	return same;
}

static void one(struct bench *b, size_t i, size_t n_probe, uint32_t *ids)
{
	struct search_hit *hits = mem_array(b->n_hits, sizeof *hits);
	struct plan p = {.n_probe = n_probe};
	struct err e;
	size_t n;
	check(probe(&b->s, &p, row(b, &b->q, i), b->allow, b->n_hits, hits, &n, &e), &e);
	for (size_t k = 0; k < b->n_hits; k++)
		ids[k] = k < n ? hits[k].chunk : UINT32_MAX;
	mem_free(hits);
}

static void line(struct bench *b, size_t n_probe)
{
	size_t nq = b->n_questions, n_scan = 0, all = 0, first = 0, three = 0, exact = 0;
	uint32_t *ids = mem_array(nq * b->n_hits, sizeof *ids), best[3];
	size_t k24 = b->n_hits < 24 ? b->n_hits : 24;
	b->s.tally = (struct probe_tally){0};
	clock_t t = clock();
	for (size_t i = 0; i < nq; i++)
		one(b, i, n_probe, ids + i * b->n_hits);
	double ms = (double)(clock() - t) * 1e3 / CLOCKS_PER_SEC / (double)nq;
	if (n_probe == SIZE_MAX)
		memcpy(b->scanned, ids, nq * b->n_hits * sizeof *ids);
	for (size_t i = 0; i < nq; i++) {
		const uint32_t *mine = ids + i * b->n_hits, *scan = b->scanned + i * b->n_hits;
		for (size_t k = 0; k < b->n_hits; k++)
			n_scan += scan[k] != UINT32_MAX;
		all += n_common(scan, mine, b->n_hits, b->n_hits);
		first += n_common(scan, mine, k24, b->n_hits);
		three += n_common(scan, mine, 3, b->n_hits);
		if (!b->x.len)
			continue;
		exact_best(b, row(b, &b->q, i), mine, RERANKED, best);
		exact += n_common(b->best + 3 * i, best, 3, 3);
	}
	printf("%zu\t%.4f\t%.1f\t%.4f\t%.4f\t%.4f\t", b->s.tally.n_lists / nq,
	       (double)b->s.tally.n_seen / (double)nq / (double)b->g.ix.n_chunks,
	       (double)b->s.tally.n_stretches / (double)nq,
	       (double)all / (double)n_scan, (double)first / (double)(nq * k24),
	       (double)three / (double)(nq * 3));
	if (b->x.len)
		printf("%.4f\t%.3f\n", (double)exact / (double)(nq * 3), ms);
	else
		printf("-\t%.3f\n", ms);
	fflush(stdout);
	mem_free(ids);
}

static void make_filter(struct bench *b, size_t one_in)
{
	struct rng r = {1};
	b->allow = mem_calloc(b->g.ix.n_chunks / 64 + 1, sizeof *b->allow);
	for (size_t i = 0; i < b->g.ix.n_chunks; i += 10) {
		if (rng_below(&r, one_in))
			continue;
		for (size_t k = i; k < i + 10 && k < b->g.ix.n_chunks; k++)
			b->allow[k / 64] |= (uint64_t)1 << k % 64;
	}
}

static void lines(struct bench *b, const char *probes)
{
	struct err e;
	size_t dim;
	read_vectors(0, "stdin", b->n_questions, &b->q, &dim);
	if (dim != b->dim)
		check(err_set(&e, ERR_DATA, "questions of %zu dimensions, index of %zu", dim, b->dim),
		      &e);
	b->n_questions = b->q.len / sizeof(float) / dim;
	b->scanned = mem_array(b->n_questions * b->n_hits, sizeof *b->scanned);
	b->best = mem_array(b->n_questions * 3, sizeof *b->best);
	for (size_t i = 0; b->x.len && i < b->n_questions; i++)
		exact_best(b, row(b, &b->q, i), NULL, b->g.ix.n_chunks, b->best + 3 * i);
	line(b, SIZE_MAX);
	for (char *end; *probes; probes = *end ? end + 1 : end)
		line(b, strtoul(probes, &end, 10));
}

/* KiB of the codes that are in this program's memory: of the map that begins with them. */
static size_t resident(const void *p)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char text[400];
	size_t kib = 0, in = 0, got;
	uintptr_t from, to;
	while (f && fgets(text, sizeof text, f)) {
		if (sscanf(text, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
			in = from <= (uintptr_t)p && (uintptr_t)p < to;
		else if (in && sscanf(text, "Rss: %zu kB", &got) == 1)
			kib = got;
	}
	if (f)
		fclose(f);
	return kib;
}

int main(int argc, char **argv)
{
	static const struct opt table[] = {{'k', "hits", "N", "how many the scan finds (500)"},
		{'n', "questions", "N", "of the stream at most (200)"},
		{'e', "exact", "VECTORS", "what the index was made of"},
		{'f', "filter", "N", "one chunk in N is let through"},
		{'p', "probes", "N,...", "numbers of lists (1,2,4, ... 1024)"}, {0}};
	struct opts o = {.table = table, .usage = "INDEX <QUESTIONS",
			 .summary = "what lists find of what a scan does"};
	struct bench b = {.n_questions = 200, .n_hits = 500};
	size_t one_in = 1;
	const char *vectors = NULL, *probes = "1,2,4,8,16,32,64,128,256,512,1024";
	struct err e;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));) {
		if (c == 'k')
			b.n_hits = (size_t)opts_num(&o, 1, 10000);
		else if (c == 'n')
			b.n_questions = (size_t)opts_num(&o, 1, 100000);
		else if (c == 'e')
			vectors = o.val;
		else if (c == 'f')
			one_in = (size_t)opts_num(&o, 1, 1000000);
		else
			probes = o.val;
	}
	if (o.n_args != 1)
		err_usage_die("which index?");
	check(engine_open(&b.g, o.args[0], false, &e), &e);
	if (!b.g.ix.lists)
		err_usage_die("%s has no lists", o.args[0]);
	b.dim = b.g.ix.dim;
	b.s.g = &b.g;
	if (one_in > 1)
		make_filter(&b, one_in);
	if (vectors) {
		size_t dim;
		int fd = open(vectors, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			check(err_sys(&e, "%s", vectors), &e);
		read_vectors(fd, vectors, SIZE_MAX, &b.x, &dim);
	}
	/* their middle: the page that they begin on is another map's */
	size_t n_codes = pq_packed_bytes(b.g.ix.n_chunks, b.g.pq.m);
	printf("%zu lists, %zu chunks, codes %zu KiB, read by opening %zu KiB\n", b.g.ix.anchors.m,
	       b.g.ix.n_chunks, n_codes / 1024, resident(b.g.codes.packed + n_codes / 2));
	lines(&b, probes);
	graph_scratch_release(&b.s.scratch);
	engine_close(&b.g);
	buf_release(&b.q);
	buf_release(&b.x);
	mem_free(b.scanned);
	mem_free(b.best);
	mem_free(b.allow);
	mem_free(o.args);
	close_stdout_die();
	return 0;
}
