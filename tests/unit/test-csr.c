/* Packed graphs: they come back as they were, and damage is refused. */
#include "unit.h"

#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "fmt/csr.h"

/* Node i gets each other node with chance p (of 1000), at most cap. */
static struct csr random_graph(size_t n, unsigned p, size_t cap, uint64_t seed)
{
	struct rng r = {seed};
	struct csr c = {.n = n, .entry = n ? (uint32_t)(n / 2) : 0};
	c.offs = mem_calloc(n + 1, sizeof *c.offs);
	c.edges = mem_array(n * cap, sizeof *c.edges);
	for (size_t i = 0; i < n; i++) {
		uint64_t at = c.offs[i];
		for (size_t j = 0; j < n && at - c.offs[i] < cap; j++)
			if (j != i && rng_below(&r, 1000) < p)
				c.edges[at++] = (uint32_t)j;
		c.offs[i + 1] = at;
	}
	return c;
}

static bool equal(const struct csr *a, const struct csr *b)
{
	return a->n == b->n && a->entry == b->entry &&
	       !memcmp(a->offs, b->offs, (a->n + 1) * sizeof *a->offs) &&
	       !memcmp(a->edges, b->edges, a->offs[a->n] * sizeof *a->edges);
}

static void test_round_trip(void)
{
	static const struct {
		size_t n, cap;
		unsigned p;
	} cases[] = {{0, 1, 0},	     {1, 1, 0},		 {2, 1, 1000},	 {3, 2, 1000},
		     {63, 62, 500},  {64, 10, 300},	 {65, 64, 1000}, {200, 199, 1000},
		     {1000, 16, 20}, {1025, 1024, 1000}, {3000, 1, 1},	 {3000, 40, 0}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct csr c = random_graph(cases[i].n, cases[i].p, cases[i].cap, i + 1),
			   d = CSR_INIT;
		struct buf b = BUF_INIT;
		struct err e = {0};
		bool r = !csr_pack(&c, &b, &e) && !csr_unpack(b.p, b.len, &d, &e) && equal(&c, &d);
		uint64_t n_edges = c.offs[c.n];
		ok(r, "%zu nodes, %llu links come back (%.2f bits a link)%s", c.n,
		   (unsigned long long)n_edges, n_edges ? 8.0 * (double)b.len / (double)n_edges : 0,
		   e.msg);
		csr_release(&c);
		csr_release(&d);
		buf_release(&b);
	}
}

/* Whatever comes back from damaged bytes is a valid graph; most damage is seen. */
static bool sane(const struct csr *c)
{
	for (size_t i = 0; i < c->n; i++)
		for (uint64_t j = c->offs[i]; j < c->offs[i + 1]; j++)
			if (c->edges[j] >= c->n || c->edges[j] == i ||
			    (j > c->offs[i] && c->edges[j] <= c->edges[j - 1]))
				return false;
	return c->entry < c->n;
}

static void test_damage(void)
{
	struct csr c = random_graph(300, 40, 16, 3), d = CSR_INIT;
	struct buf b = BUF_INIT;
	struct err e;
	size_t n_cut = 0, n_seen = 0, n_insane = 0;
	if (csr_pack(&c, &b, &e))
		ok(false, "packing: %s", e.msg);
	for (size_t n = 0; n < b.len; n++) {
		uint8_t *p = mem_array(n, 1); /* its own block, so that a sanitizer sees overruns */
		memcpy(p, b.p, n);
		n_cut += csr_unpack(p, n, &d, &e) == -1 && e.code == ERR_DATA && !d.offs;
		mem_free(p);
	}
	ok(n_cut == b.len, "a packed graph cut at any byte is refused");
	for (size_t bit = 0; bit < 8 * b.len; bit++) {
		b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (csr_unpack(b.p, b.len, &d, &e))
			n_seen++;
		else
			n_insane += !sane(&d);
		csr_release(&d);
		b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ok(!n_insane, "no flipped bit gives an invalid graph (%zu of %zu are refused)", n_seen,
	   8 * b.len);
	buf_addc(&b, 0);
	ok(csr_unpack(b.p, b.len, &d, &e) == -1, "a byte too many is refused: %s", e.msg);
	buf_release(&b);
	csr_release(&c);
}

static void test_refused(void)
{
	static const uint32_t bad[][2] = {{1, 1}, {2, 1}, {0, 1}, {1, 9}};
	uint64_t offs[] = {0, 2, 2, 2};
	struct buf b = BUF_INIT;
	struct err e;
	bool all = true;
	for (size_t i = 0; i < 4; i++) {
		uint32_t edges[2] = {bad[i][0], bad[i][1]};
		struct csr c = {3, offs, edges, 0};
		all = all && csr_pack(&c, &b, &e) == -1 && e.code == ERR_DATA;
	}
	ok(all, "doubled, falling, own and too large links are refused when packing: %s", e.msg);
	struct csr c = {3, offs, (uint32_t[]){1, 2}, 3};
	ok(csr_pack(&c, &b, &e) == -1, "an entry beyond the nodes is refused: %s", e.msg);
	uint8_t bomb[24] = {'L', 'G', 'R', '1', 255, 255, 255, 127, 0,	 0,
			    0,	 0,   0,   4,	0,   0,	  255, 255, 255, 255};
	struct csr d = CSR_INIT;
	ok(csr_unpack(bomb, sizeof bomb, &d, &e) == -1,
	   "a header that promises billions is refused: %s", e.msg);
	buf_release(&b);
}

int main(void)
{
	test_round_trip();
	test_damage();
	test_refused();
	return done();
}
