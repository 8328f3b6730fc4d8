/* Filters over metadata: what is joined in any order is what its parts say, chunk by chunk. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/bitset.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fmt/meta_build.h"
#include "search/filter.h"

enum { N = 40000, WORDS = N / 64 + 1, TREES = 150, EXPR_MAX = 4000 };

/* Chunk i: a name of its own, one of 1,000 buckets here and there, pages that run, a year in some. */
static void made(size_t i, struct meta *m)
{
	char s[40];
	meta_clear(m);
	snprintf(s, sizeof s, "name_%zu", i * 7919 % N);
	meta_set_str(m, "symbol", s, strlen(s));
	meta_set_int(m, "bucket", (int64_t)(i * 617 % 1000));
	meta_set_int(m, "page", (int64_t)(i / 50));
	if (i / 100 % 2)
		meta_set_real(m, "year", 1990 + (double)(i % 7) / 2);
	if (i / 300 % 3 == 1)
		meta_set_str(m, "lang", i % 2 ? "c" : "sql", i % 2 ? 1 : 3);
}

static bool is_12(size_t i) { return i * 7919 % N == 12; }
static bool in_12(size_t i)
{
	size_t v = i * 7919 % N;
	return v == 12 || v / 10 == 12 || v / 100 == 12 || v / 1000 == 12;
}
static bool of_bucket(size_t i) { return i * 617 % 1000 == 3; }
static bool of_some(size_t i) { return i * 617 % 1000 < 500; }
static bool of_page(size_t i) { return i / 50 == 700; }
static bool of_first(size_t i) { return i / 50 < 100; }
static bool of_year(size_t i) { return i / 100 % 2 && i % 7 == 3; }
static bool is_c(size_t i) { return i / 300 % 3 == 1 && i % 2; }
static bool none(size_t i) { (void)i; return false; }

static const struct leaf {
	const char *expr;
	bool (*holds)(size_t i);
} leaves[] = {
	{"symbol = name_12", is_12}, {"symbol starts with NAME_12", in_12}, {"bucket = 3", of_bucket},
	{"bucket < 500", of_some}, {"page = 700", of_page}, {"page < 100", of_first},
	{"year = 1991.5", of_year}, {"symbol = ame_12", none}, {"page < 0", none}, {"lang = c", is_c},
};
enum { N_LEAVES = sizeof leaves / sizeof *leaves };

static void eval(const struct engine *g, const char *expr, uint64_t *bits)
{
	struct filter *f;
	struct err e;
	if (filter_parse(expr, &f, &e) || filter_eval(f, g, 0, bits, &e))
		err_die(&e);
	filter_free(f);
}

/* A random expression, and what holds for it by its parts. */
static void tree(struct rng *r, unsigned depth, char *out, uint64_t bits[WORDS], uint64_t part[][WORDS])
{
	static const char *const with[] = {"and", "or"};
	size_t kind = depth ? rng_below(r, 4) : 0, k = rng_below(r, N_LEAVES);
	char s[EXPR_MAX];
	uint64_t *other;
	switch (kind) {
	case 0:
		snprintf(out, EXPR_MAX, "%s", leaves[k].expr);
		memcpy(bits, part[k], sizeof part[k]);
		return;
	case 1:
		tree(r, depth - 1, s, bits, part);
		snprintf(out, EXPR_MAX, "not (%.3000s)", s);
		for (size_t i = 0; i < WORDS; i++)
			bits[i] = ~bits[i];
		return;
	default:
		other = mem_array(WORDS, sizeof *other);
		tree(r, depth - 1, s, bits, part);
		size_t n = (size_t)snprintf(out, EXPR_MAX, "(%.1500s) %s ", s, with[kind - 2]);
		tree(r, depth - 1, s, other, part);
		snprintf(out + n, EXPR_MAX - n, "(%.1500s)", s);
		for (size_t i = 0; i < WORDS; i++)
			bits[i] = kind == 2 ? bits[i] & other[i] : bits[i] | other[i];
		mem_free(other);
	}
}

static size_t differing(const uint64_t *a, const uint64_t *b)
{
	size_t n = 0;
	for (size_t i = 0; i < N; i++)
		n += (a[i / 64] >> i % 64 & 1) != (b[i / 64] >> i % 64 & 1);
	return n;
}

static void test_leaves(const struct engine *g, uint64_t part[][WORDS])
{
	uint64_t *bits = mem_array(WORDS, sizeof *bits);
	for (size_t k = 0; k < N_LEAVES; k++) {
		memset(part[k], 0, sizeof part[k]);
		for (size_t i = 0; i < N; i++)
			if (leaves[k].holds(i))
				bitset_add(part[k], i, 1);
		memset(bits, 0xa5, WORDS * sizeof *bits);
		eval(g, leaves[k].expr, bits);
		size_t n = differing(bits, part[k]);
		ok(!n, "%s holds for the chunks that it says (%zu wrong)", leaves[k].expr, n);
	}
	mem_free(bits);
}

static void test_trees(struct engine *g, uint64_t part[][WORDS])
{
	static char expr[EXPR_MAX];
	uint64_t *want = mem_array(WORDS, sizeof *want), *bits = mem_array(WORDS, sizeof *bits);
	uint64_t *live = mem_calloc(WORDS, sizeof *live);
	struct rng r = {7};
	size_t n_bad = 0;
	bitset_add(live, 100, N / 2);
	for (size_t t = 0; t < TREES; t++) {
		g->live = t % 3 ? NULL : live;
		tree(&r, 4, expr, want, part);
		for (size_t i = 0; g->live && i < WORDS; i++)
			want[i] &= live[i];
		memset(bits, 0xa5, WORDS * sizeof *bits);
		eval(g, expr, bits);
		n_bad += differing(bits, want) != 0;
		if (n_bad == 1 && differing(bits, want))
			printf("# %s\n", expr);
	}
	ok(!n_bad, "%d expressions hold where their parts say (%zu do not)", TREES, n_bad);
	g->live = NULL;
	mem_free(live);
	mem_free(bits);
	mem_free(want);
}

/* As long as an expression may be: neither deep nor slow. */
static void test_row(const struct engine *g)
{
	uint64_t *bits = mem_array(WORDS, sizeof *bits);
	struct buf b = BUF_INIT;
	buf_adds(&b, "page=700");
	while (b.len + 12 < FILTER_BYTES_MAX)
		buf_adds(&b, " and page>1");
	eval(g, (const char *)b.p, bits);
	ok(bitset_any(bits, 35000, 50) && !bitset_any(bits, 0, 35000) && !bitset_any(bits, 35050, N - 35050),
	   "a row of 5,900 ands holds where its first part does");
	buf_release(&b);
	mem_free(bits);
}

int main(void)
{
	static uint64_t part[N_LEAVES][WORDS];
	struct meta_build *b = meta_build_new();
	struct meta m = META_INIT;
	struct buf member = BUF_INIT;
	struct engine g = {0};
	struct err e;
	for (size_t i = 0; i < N; i++) {
		made(i, &m);
		if (meta_build_set(b, &m, &e))
			err_die(&e);
		meta_build_next(b);
	}
	if (meta_build_pack(b, &member, &e) || meta_cols_open(&g.ix.meta, member.p, member.len, N, &e))
		err_die(&e);
	g.ix.n_chunks = N;
	test_leaves(&g, part);
	test_trees(&g, part);
	test_row(&g);
	meta_cols_free(g.ix.meta);
	meta_build_free(b);
	meta_release(&m);
	buf_release(&member);
	return done();
}
