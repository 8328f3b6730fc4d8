/* Anchors' lists: they come back as they were, damage is refused, neighbours lie side by side. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "algo/lists.h"
#include "base/le.h"
#include "base/mem.h"
#include "fmt/index_lists.h"
#include "synth.h"

/* An index that has nothing but lists. */
struct made {
	struct index ix;
	struct buf lists, size;
	uint32_t *assign;
};

static void bind(struct made *d)
{
	struct bundle_member *m = &d->ix.b.member[0];
	strcpy(m->name, "lists");
	m->p = d->lists.p;
	m->n = d->lists.len;
	d->ix.b.n_members = 1;
	d->ix.b.path = (char *)"x.leann";
	d->ix.anchor_size = d->size.p;
}

/* n chunks in n_lists lists; in runs, as files are; some lists stay empty. */
static void make(struct made *d, size_t n, size_t n_lists, uint64_t seed)
{
	struct rng r = {seed};
	*d = (struct made){.assign = mem_array(n, sizeof *d->assign)};
	buf_zero(&d->size, 4 * n_lists);
	for (size_t i = 0; i < n; i++) {
		d->assign[i] = i && rng_below(&r, 3) ? d->assign[i - 1]
						     : (uint32_t)(rng_below(&r, n_lists) / 2 * 2 % n_lists);
		uint8_t *s = d->size.p + 4 * d->assign[i];
		put_le32(s, get_le32(s) + 1);
	}
	index_put_lists(&d->lists, d->assign, n, n_lists);
	d->ix.n_chunks = n;
	d->ix.anchors.m = n_lists;
	bind(d);
}

static void release(struct made *d)
{
	mem_free(d->ix.list_start);
	mem_free(d->assign);
	buf_release(&d->lists);
	buf_release(&d->size);
}

/* As a reader that uses all of it: 0, or -1 with e. */
static int read_all(struct made *d, uint32_t **place, struct err *e)
{
	mem_free(d->ix.list_start);
	d->ix.list_start = NULL;
	d->ix.lists = NULL;
	bind(d);
	return index_open_lists(&d->ix, e) || index_places(&d->ix, place, e) ? -1 : 0;
}

static bool refused(struct made *d, const char *why)
{
	uint32_t *place;
	struct err e = {0};
	if (!read_all(d, &place, &e)) {
		mem_free(place);
		return false;
	}
	return e.code == ERR_DATA && strstr(e.msg, why);
}

static bool comes_back(struct made *d)
{
	size_t n = d->ix.n_chunks;
	uint32_t *place = NULL, *order = mem_array(n, sizeof *order), *ids = mem_array(n, sizeof *ids);
	struct err e = {0};
	bool good = !read_all(d, &place, &e);
	index_list_order(d->assign, n, d->ix.anchors.m, order);
	for (size_t i = 0; i < n && good; i++)
		good = order[place[i]] == i && place[i] >= d->ix.list_start[d->assign[i]] &&
		       place[i] < d->ix.list_start[d->assign[i] + 1];
	for (size_t a = 0; a < d->ix.anchors.m && good; a++) {
		size_t from = d->ix.list_start[a], k = d->ix.list_start[a + 1] - from;
		good = !index_list(&d->ix, a, ids, &e) &&
		       (!k || !memcmp(ids, order + from, k * sizeof *ids));
	}
	mem_free(place);
	mem_free(order);
	mem_free(ids);
	return good;
}

static void test_round_trip(void)
{
	static const size_t cases[][2] = {{1, 1},    {64, 1},	{3, 7},	      {65, 64},
					  {1000, 3}, {5000, 70}, {20000, 280}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct made d;
		make(&d, cases[i][0], cases[i][1], i + 1);
		ok(comes_back(&d), "%zu chunks in %zu lists come back (%.2f bits a chunk)", cases[i][0],
		   cases[i][1], 8.0 * (double)d.lists.len / (double)cases[i][0]);
		release(&d);
	}
}

static void test_cut(void)
{
	struct made d;
	size_t n_open = 0, n_read = 0, n, m = 71;
	make(&d, 2000, m, 9);
	n = d.lists.len;
	for (size_t cut = 1; cut <= n; cut++) {
		d.lists.len = n - cut;
		n_open += refused(&d, "member lists");
	}
	ok(n_open == n, "a member that is cut short is refused wherever it ends");
	d.lists.len = n;
	n = 0;
	uint8_t *last = d.lists.p + 8 * (m - 1);
	for (uint64_t end = get_le64(last); end-- > get_le64(last - 8);) {
		d.lists.len--;
		put_le64(last, end);
		n_read += refused(&d, "member lists: list 70 has");
		n++;
	}
	ok(n && n_read == n, "nor does it help to say that the list is that short");
	release(&d);
}

static void test_numbers(void)
{
	struct made d;
	make(&d, 2000, 70, 3);
	uint8_t *end = d.lists.p + 8 * 30;
	uint64_t was = get_le64(end);
	put_le64(end, get_le64(end - 16) - 1);
	ok(refused(&d, "list 30 at"), "an end before the list's start is refused");
	put_le64(end, UINT64_MAX);
	ok(refused(&d, "list 30 at"), "an end far behind the member is refused");
	put_le64(end, was);
	uint32_t size = get_le32(d.size.p + 4 * 30), next = get_le32(d.size.p + 4 * 32);
	put_le32(d.size.p + 4 * 30, 0);
	put_le32(d.size.p + 4 * 32, next + size);
	ok(refused(&d, "list 30 has"), "a list with more bytes than its chunks take is refused");
	put_le32(d.size.p + 4 * 30, size + next);
	put_le32(d.size.p + 4 * 32, 0);
	ok(refused(&d, "list 30 has"), "a list of more chunks than its bytes hold is refused");
	put_le32(d.size.p + 4 * 30, size);
	put_le32(d.size.p + 4 * 32, next);
	ok(comes_back(&d), "without these it is as it was");
	d.ix.anchors.m = 0;
	ok(refused(&d, "no anchors"), "lists without anchors are refused");
	release(&d);
}

/* Two lists of the same chunk: sizes and bits are right, chunks are missing. */
static void test_twice(void)
{
	static const uint32_t assign[2] = {0, 1};
	struct made d;
	make(&d, 2, 2, 1);
	put_le32(d.size.p, 1);
	put_le32(d.size.p + 4, 1);
	buf_clear(&d.lists);
	index_put_lists(&d.lists, assign, 2, 2);
	uint64_t first = get_le64(d.lists.p);
	ok(first * 2 == get_le64(d.lists.p + 8), "two lists of one chunk take the same bytes");
	memcpy(d.lists.p + 16 + first, d.lists.p + 16, first);
	ok(refused(&d, "chunk 0 is in list 1 and one before"), "a chunk in two lists is refused");
	release(&d);
}

static void test_padding(void)
{
	struct made d;
	size_t n_bits = 0, n_refused = 0;
	make(&d, 500, 10, 5);
	for (size_t i = 8 * 10; i < d.lists.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			d.lists.p[i] ^= (uint8_t)(1 << bit);
			n_refused += refused(&d, "member lists");
			n_bits++;
			d.lists.p[i] ^= (uint8_t)(1 << bit);
		}
	/* a wrong chunk of a list is another one's: only what is in no list could hide it */
	ok(n_refused == n_bits, "whichever of %zu bits is wrong, it is noticed", n_bits);
	release(&d);
}

/* Whatever the bytes are: chunks of the index, ascending. */
static void test_noise(void)
{
	struct made d;
	struct rng r = {11};
	uint32_t ids[3000];
	struct err e;
	bool good = true;
	make(&d, 3000, 20, 7);
	for (int trial = 0; trial < 300; trial++) {
		uint32_t *place = NULL;
		for (size_t i = 8 * 20; i < d.lists.len; i++)
			d.lists.p[i] = (uint8_t)rng_u64(&r);
		good &= read_all(&d, &place, &e) != 0;
		mem_free(place);
		for (size_t a = 0; a < 20; a++) {
			size_t k = d.ix.list_start[a + 1] - d.ix.list_start[a];
			int ended = index_list(&d.ix, a, ids, &e);	/* with its bytes, by chance */
			(void)ended;
			for (size_t i = 0; i < k; i++)
				good &= ids[i] < 3000 && (!i || ids[i] > ids[i - 1]);
		}
	}
	ok(good, "noise gives chunks of the index, in order, and an error");
	release(&d);
}

static double neighbours(const float *x, const uint32_t *order, size_t n, size_t dim)
{
	double sum = 0;
	for (size_t i = 1; i < n; i++)
		for (size_t d = 0; d < dim; d++)
			sum += (double)x[order[i] * dim + d] * (double)x[order[i - 1] * dim + d];
	return sum / (double)(n - 1);
}

static void test_order(void)
{
	enum { N = 600, DIM = 32 };
	float *x = synth_rows(N, DIM, 20, 5);
	uint32_t order[N], same[N], given[N];
	bool seen[N] = {0}, once = true;
	lists_order(x, N, DIM, order);
	lists_order(x, N, DIM, same);
	for (uint32_t i = 0; i < N; i++) {
		given[i] = i;
		once &= order[i] < N && !seen[order[i]];
		seen[order[i]] = true;
	}
	ok(once, "every anchor is in the order, once");
	ok(!memcmp(order, same, sizeof order), "the same anchors have the same order");
	double before = neighbours(x, given, N, DIM), after = neighbours(x, order, N, DIM);
	ok(after > before + .3, "anchors side by side are near: mean cosine %.2f, was %.2f", after, before);
	memset(x, 0, sizeof *x * N * DIM);
	lists_order(x, N, DIM, order);
	ok(order[0] == 0 && order[N - 1] == N - 1, "anchors that are all alike stay as they are");
	mem_free(x);
}

int main(void)
{
	test_round_trip();
	test_cut();
	test_numbers();
	test_twice();
	test_padding();
	test_noise();
	test_order();
	return done();
}
