/* Metadata: sets, records, and member "meta": what goes in comes out, damage is refused. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "fmt/meta_build.h"

static void test_sets(void)
{
	struct meta a = META_INIT, b = META_INIT;
	struct meta_value v;
	char longs[1500], key[40];
	memset(longs, 'x', sizeof longs);
	memcpy(longs + 1023, "\xc3\xa9", 2);
	ok(meta_set_str(&a, "symbol", "main", 4) && meta_set_int(&a, "page", -3) &&
		   meta_set_real(&a, "score", .5) && meta_set_bool(&a, "draft", true) && a.n == 4 &&
		   !strcmp(meta_key(&a, 0), "draft") && !strcmp(meta_key(&a, 3), "symbol"),
	   "keys are in order");
	meta_copy(&b, &a);
	ok(meta_equal(&a, &b), "a copy is equal");
	ok(meta_set_int(&b, "page", 4) && !meta_equal(&a, &b) && b.n == 4 && meta_get(&b, "page", &v) &&
		   v.i == 4,
	   "a key set again has the later value");
	meta_del(&b, "page");
	ok(b.n == 3 && !meta_get(&b, "page", &v) && meta_merge(&b, &a) && meta_equal(&a, &b),
	   "a key goes, and comes back from another set");
	ok(meta_set_str(&a, "long", longs, sizeof longs) && meta_get(&a, "long", &v) && v.n == 1023,
	   "a long value is cut between two characters");
	ok(meta_set_str(&a, "odd", "a\0b\xff", 4) && meta_get(&a, "odd", &v) &&
		   !strcmp(v.s, "a b\xef\xbf\xbd"),
	   "what is no text is mended");
	ok(!meta_set_int(&a, "", 1) && !meta_set_int(&a, "A", 1) && !meta_set_int(&a, "1a", 1) &&
		   !meta_set_int(&a, "a b", 1) && !meta_set_real(&a, "nan", (double)NAN) &&
		   meta_set_int(&a, "a.b-c_9", 1),
	   "names that are none are refused");
	meta_clear(&a);
	bool all = true;
	for (int i = 0; i < META_KEYS_MAX; i++) {
		snprintf(key, sizeof key, "k%d", i);
		all &= meta_set_int(&a, key, i);
	}
	ok(all && !meta_set_int(&a, "one.more", 1) && a.n == META_KEYS_MAX &&
		   meta_set_int(&a, "k7", 70),
	   "64 keys fit, no more");
	meta_release(&a);
	meta_release(&b);
}

static void test_places(void)
{
	struct meta_places s = {0};
	struct meta m = META_INIT;
	meta_set_int(&m, "page", 1);
	meta_places_add(&s, 10, 0, &m);
	meta_set_int(&m, "page", 2);
	meta_places_add(&s, 20, 5, &m);
	ok(!meta_places_find(&s, 0, 2, 9, 0) && meta_places_find(&s, 0, 2, 10, 0) == &s.p[0].m &&
		   meta_places_find(&s, 0, 2, 20, 4) == &s.p[0].m &&
		   meta_places_find(&s, 0, 2, 20, 5) == &s.p[1].m &&
		   meta_places_find(&s, 0, 2, UINT64_MAX, 0) == &s.p[1].m &&
		   !meta_places_find(&s, 1, 2, 15, 0) && !meta_places_find(&s, 1, 1, 99, 0),
	   "a place has what was said last at or before it");
	meta_places_release(&s);
}

/* A record of a stream whose latest file has 100 bytes. */
static int read_record(const struct buf *b, struct rec_check *c, struct meta *m, uint64_t *off)
{
	static struct stream_in in = {.name = "test"};
	struct mp_doc *doc = mp_new();
	const struct mp *v;
	struct err e;
	uint64_t sub;
	c->in = &in;
	int r = mp_parse(doc, b->p, b->len, &v, &e);
	struct stream_rec rec = {TAG_META, 1, v, b->p, b->len};
	if (!r)
		r = rec_meta(c, &rec, off, &sub, m, &e);
	mp_free(doc);
	return r;
}

static int read_value(void (*put)(struct buf *b), const char *key)
{
	struct rec_check c = {.n_files = 1, .last_size = 100};
	struct buf b = BUF_INIT;
	struct meta m = META_INIT;
	uint64_t off;
	mp_put_arr(&b, 5);
	mp_put_u64(&b, TAG_META);
	mp_put_u64(&b, 0);
	mp_put_u64(&b, 0);
	mp_put_u64(&b, 0);
	mp_put_map(&b, 1);
	mp_put_str(&b, key);
	put(&b);
	int r = read_record(&b, &c, &m, &off);
	buf_release(&b);
	meta_release(&m);
	return r;
}

static void put_big(struct buf *b) { mp_put_u64(b, (uint64_t)INT64_MAX + 1); }
static void put_one(struct buf *b) { mp_put_u64(b, 1); }
static void put_nothing(struct buf *b) { mp_put_nil(b); }
static void put_inf(struct buf *b) { mp_put_f64(b, (double)INFINITY); }
static void put_nul(struct buf *b) { mp_put_strn(b, "a\0b", 3); }
static void put_latin(struct buf *b) { mp_put_strn(b, "\xe9", 1); }
static void put_long(struct buf *b)
{
	static char s[META_STR_MAX + 1];
	memset(s, 'x', sizeof s);
	mp_put_strn(b, s, sizeof s);
}

static void test_records(void)
{
	struct rec_check c = {.n_files = 1, .last_size = 100};
	struct meta m = META_INIT, back = META_INIT;
	struct buf b = BUF_INIT;
	uint64_t off;
	meta_set_str(&m, "symbol", "f", 1);
	meta_set_int(&m, "date", INT64_MIN);
	meta_set_real(&m, "x", -0.0);
	meta_set_bool(&m, "y", false);
	meta_set_str(&m, "empty", "", 0);
	put_meta(&b, 0, 100, 0, &m);
	ok(read_record(&b, &c, &back, &off) == 0 && off == 100 && meta_equal(&m, &back),
	   "a record comes back");
	ok(read_record(&b, &c, &back, &off) != 0, "a second record at one place is refused");
	put_meta(&b, 0, 101, 0, &m);
	c.n_metas = 0;
	ok(read_record(&b, &c, &back, &off) != 0, "a place beyond the file is refused");
	put_meta(&b, 0, 5, 1, &m);
	ok(read_record(&b, &c, &back, &off) != 0, "a place in a record is refused where there are none");
	put_meta(&b, 1, 5, 0, &m);
	ok(read_record(&b, &c, &back, &off) != 0, "another than the latest file is refused");
	ok(!read_value(put_one, "a") && read_value(put_one, "size") && read_value(put_one, "A") &&
		   read_value(put_one, ""),
	   "names are checked");
	ok(read_value(put_big, "a") && read_value(put_nothing, "a") && read_value(put_inf, "a") &&
		   read_value(put_nul, "a") && read_value(put_latin, "a") && read_value(put_long, "a"),
	   "values are checked");
	buf_release(&b);
	meta_release(&m);
	meta_release(&back);
}

enum { N = 30000 };

/* What chunk i has: symbols of their own, a page for 30 of them, a title for 1000, odd types, none. */
static void made(size_t i, struct meta *m)
{
	char s[100];
	struct rng r = {i / 3};
	meta_clear(m);
	if (i % 10000 > 9000)
		return;
	snprintf(s, sizeof s, "Class%zu.method_%llu", i / 40, (unsigned long long)rng_below(&r, 5000));
	meta_set_str(m, "symbol", s, strlen(s));
	meta_set_int(m, "page", (int64_t)(i / 30) % 100 - 50);
	snprintf(s, sizeof s, "A title, number %zu", i / 1000);
	meta_set_str(m, "title", s, strlen(s));
	if (i / 500 % 3 == 0)
		meta_set_real(m, "year", 1990 + (double)(i % 7) / 2);
	if (i / 500 % 3 == 1)
		meta_set_int(m, "year", INT64_MAX - (int64_t)i % 5);
	if (i % 1000 < 10)
		meta_set_bool(m, "draft", i % 2);
}

static void make_member(size_t n, struct buf *out, const struct meta_cols *base, size_t n_base)
{
	struct meta_build *b = meta_build_new();
	struct meta m = META_INIT;
	struct err e;
	if (base && meta_build_copy(b, base, n_base, &e))
		err_die(&e);
	for (size_t i = n_base; i < n; i++) {
		made(i, &m);
		if (meta_build_set(b, &m, &e))
			err_die(&e);
		meta_build_next(b);
	}
	meta_set_int(&m, "behind.all", 1);
	if (meta_build_set(b, &m, &e) || meta_build_pack(b, out, &e))
		err_die(&e);
	meta_build_free(b);
	meta_release(&m);
}

static size_t differing(struct meta_cols *c, size_t n, size_t step)
{
	struct meta_reader *r = meta_reader_new(c);
	struct meta m = META_INIT, want = META_INIT;
	struct err e;
	size_t bad = 0;
	for (size_t k = 0, i = 0; k < n; k += step, i = (i + 7919 * step) % n) {
		made(i, &want);
		bad += meta_reader_get(r, (uint32_t)i, &m, &e) || !meta_equal(&m, &want);
	}
	meta_reader_free(r);
	meta_release(&m);
	meta_release(&want);
	return bad;
}

static void test_member(void)
{
	struct buf a = BUF_INIT, part = BUF_INIT, b = BUF_INIT, none = BUF_INIT;
	struct meta_cols *c, *c2;
	struct meta_build *mb = meta_build_new();
	struct err e;
	make_member(N, &a, NULL, 0);
	if (meta_cols_open(&c, a.p, a.len, N, &e) || meta_cols_verify(c, &e)) {
		ok(false, "a member is opened: %s", e.msg);
		return;
	}
	ok(c->n_fields == 6 && !strcmp(c->field[0].name, "draft") && !strcmp(c->field[4].name, "year") &&
		   c->field[4].type == META_INT && c->field[5].type == META_REAL,
	   "a member has its fields, in order, and none that no chunk has");
	ok(!differing(c, N, 37), "every chunk has what it had");
	make_member(N / 2, &part, NULL, 0);
	if (meta_cols_open(&c2, part.p, part.len, N / 2, &e))
		err_die(&e);
	make_member(N, &b, c2, N / 2);
	meta_cols_free(c2);
	ok(a.len == b.len && !memcmp(a.p, b.p, a.len), "what is added to a copy is as if made at once");
	ok(meta_cols_open(&c2, part.p, part.len, N / 2 + 1, &e) && !c2, "another number of chunks is refused");
	struct meta m = META_INIT;
	int r = meta_build_set(mb, &m, &e);
	meta_build_next(mb);
	ok(!r && !meta_build_pack(mb, &none, &e) && !none.len, "without metadata there is no member");
	meta_build_free(mb);
	meta_cols_free(c);
	buf_release(&a);
	buf_release(&part);
	buf_release(&b);
}

/* Changed bytes, lengths and counts: refused or read, and nothing else. */
static void test_damage(void)
{
	struct buf a = BUF_INIT;
	struct rng r = {5};
	size_t n_bad = 0, n = 400;
	make_member(n, &a, NULL, 0);
	for (size_t i = 0; i < 20000; i++) {
		struct meta_cols *c;
		struct err e;
		uint8_t *p = mem_alloc(a.len);
		size_t len = rng_below(&r, 10) ? a.len : (size_t)rng_below(&r, a.len);
		memcpy(p, a.p, a.len);
		for (size_t k = rng_below(&r, 4); k; k--)
			p[rng_below(&r, rng_below(&r, 2) ? a.len : META_HEAD)] = (uint8_t)rng_u64(&r);
		if (meta_cols_open(&c, p, len, n, &e)) {
			n_bad++;
		} else {
			struct meta_reader *rd = meta_reader_new(c);
			struct meta m = META_INIT;
			n_bad += meta_cols_verify(c, &e) != 0;
			n_bad += meta_reader_get(rd, (uint32_t)rng_below(&r, n), &m, &e) != 0;
			meta_reader_free(rd);
			meta_release(&m);
			meta_cols_free(c);
		}
		mem_free(p);
	}
	ok(n_bad > 5000, "damage is refused (%zu times of 20000)", n_bad);
	buf_release(&a);
}

int main(void)
{
	test_sets();
	test_places();
	test_records();
	test_member();
	test_damage();
	return done();
}
