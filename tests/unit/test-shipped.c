/* The codebooks in the programs: what they are, whom they fit and serve; how codes are judged. */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "algo/enrich.h"
#include "algo/health.h"
#include "algo/pq_shipped.h"
#include "base/le.h"
#include "base/shipped.h"
#include "synth.h"

#define MINILM "cd751cd6af3f99eb91e278d3c03a995d410a4bb105fb007ec9126d8d503326f4"

static void test_names(const struct shipped *s)
{
	char name[17];
	uint8_t *p = mem_alloc(s->n);
	shipped_name(s, name);
	memcpy(p, s->p, s->n);
	ok(strspn(name, "0123456789abcdef") == 16 && shipped_named(name) == s, "a name of 16 digits finds it");
	ok(!shipped_named("0123456789abcdef") && !shipped_named("") && !shipped_for(MINILM "0") &&
		   !shipped_for(""),
	   "another name or model finds nothing");
	ok(shipped_same(p, s->n) == s && !shipped_same(p, s->n - 1), "its bytes are known");
	p[s->n - 1] ^= 1;
	ok(!shipped_same(p, s->n), "but not with one bit changed");
	for (size_t i = 1; s->sha256[i]; i++)
		ok(shipped_for(s->sha256[i]) == s && strlen(s->sha256[i]) == 64,
		   "it serves the model in precision %zu too", i);
	mem_free(p);
}

/* Rows of the rotation are orthonormal up to int8. */
static void test_content(const struct shipped *s)
{
	struct pq pq = PQ_INIT;
	struct err e;
	double off = 0, diagonal = 0;
	if (!ok(!pq_shipped_load(&pq, s->p, s->n, &e), "the codebook is loaded"))
		return;
	ok(pq.dim == 384 && pq.m == 24 && pq.ksub == 256 && pq.dsub == 8 && !pq.residual,
	   "it is 24 x 8 of 384 dimensions, 256 values");
	for (size_t i = 0; i < pq.drot; i++)
		for (size_t k = 0; k <= i; k++) {
			double dot = 0;
			for (size_t d = 0; d < pq.dim; d++)
				dot += (double)pq.rotf[i * pq.dim + d] * pq.rotf[k * pq.dim + d];
			if (i == k)
				diagonal = fmax(diagonal, fabs(dot - 1));
			else
				off = fmax(off, fabs(dot));
		}
	ok(off < .02 && diagonal < .02, "its rotation is one: off by %.4f and %.4f", off, diagonal);
	pq_release(&pq);
	struct pq none = PQ_INIT;
	ok(pq_shipped_load(&none, s->p, s->n - 1, &e) && pq_shipped_load(&none, s->p, 31, &e),
	   "a cut codebook is refused");
}

static void test_fits(const struct shipped *s)
{
	struct pq_params auto_ = {0}, asked = {.m = 24, .ksub = 256, .dsub = 8}, more = {.m = 32},
			 few = {.ksub = 64}, residual = {.residual = true};
	ok(pq_shipped_fits(&auto_, 384, s->p, s->n) && pq_shipped_fits(&asked, 384, s->p, s->n),
	   "it fits where its shape is wanted or nothing is");
	ok(!pq_shipped_fits(&more, 384, s->p, s->n) && !pq_shipped_fits(&few, 384, s->p, s->n) &&
		   !pq_shipped_fits(&residual, 384, s->p, s->n) && !pq_shipped_fits(&auto_, 768, s->p, s->n),
	   "other shapes, residual codes and other dimensions it does not fit");
	ok(pq_shipped_serves(1) && pq_shipped_serves(1200) && !pq_shipped_serves(1201),
	   "it serves few rows");
}

/* enrich_pq() on n synthetic rows; returns whether the shipped codebook was taken. */
static int taken(const struct shipped *s, size_t n, enum enrich_book book)
{
	struct enrich_params p = ENRICH_PARAMS_DEFAULT;
	struct enrich x = ENRICH_INIT;
	struct err e;
	struct rows_array a = {synth_rows(n, 384, 20, 5), 384};
	struct rows rows = rows_from_array(&a, n);
	struct par *par = par_new(2);
	p.book = book;
	if (s) {
		p.shipped = s->p;
		p.n_shipped = s->n;
	}
	int r = enrich_pq(&rows, NULL, &p, par, &x, &e) ? -1 : x.shipped;
	if (r >= 0 && !(x.pq.m == 24 && x.codes))
		r = -2;
	enrich_release(&x);
	par_free(par);
	mem_free((void *)(uintptr_t)a.p);
	return r;
}

static void test_choice(const struct shipped *s)
{
	ok(taken(s, 1000, ENRICH_BOOK_AUTO) == 1, "a small collection takes it");
	ok(taken(s, 1300, ENRICH_BOOK_AUTO) == 0, "one that is not as small trains");
	ok(taken(s, 1000, ENRICH_BOOK_TRAIN) == 0 && taken(s, 1300, ENRICH_BOOK_SHIPPED) == 1,
	   "both can be told for");
	ok(taken(NULL, 1000, ENRICH_BOOK_AUTO) == 0 && taken(NULL, 1000, ENRICH_BOOK_SHIPPED) == -1,
	   "another model trains, and cannot be told to take it");
}

/* Few rows, each its own centroid: they come back whole. */
static void test_reconstruction(void)
{
	enum { N = 100, DIM = 32 };
	struct rows_array a = {synth_rows(N, DIM, 5, 9), DIM};
	struct rows rows = rows_from_array(&a, N);
	struct par *par = par_new(1);
	struct err e;
	for (int residual = 0; residual < 2; residual++) {
		struct enrich_params p = ENRICH_PARAMS_DEFAULT;
		struct enrich x = ENRICH_INIT;
		double good = 0, bad = 0;
		p.pq.residual = residual;
		p.pq.m = 4;
		p.pq.ksub = 256;
		int r = enrich_pq(&rows, NULL, &p, par, &x, &e) ||
			health_reconstruction(&rows, &x.pq, &x.anchors, x.assign, x.codes, 1, &good, &e);
		memset(x.codes, 0, N * x.pq.m);
		r = r || health_reconstruction(&rows, &x.pq, &x.anchors, x.assign, x.codes, 1, &bad, &e);
		ok(!r && good > .999 && good < 1.001 && bad < .95,
		   "%s codes that say all have a cosine of 1, others less: %.4f, %.4f",
		   residual ? "residual" : "plain", good, bad);
		enrich_release(&x);
	}
	par_free(par);
	mem_free((void *)(uintptr_t)a.p);
}

int main(void)
{
	const struct shipped *s = shipped_for(MINILM);
	if (!ok(s != NULL, "a codebook comes with the program for the default model"))
		return done();
	test_names(s);
	test_content(s);
	test_fits(s);
	test_choice(s);
	test_reconstruction();
	return done();
}
