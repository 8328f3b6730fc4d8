/* msgpack: what we write is standard, what we refuse never reaches the decoder. */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "fmt/mp.h"

static struct mp_doc *doc;

static bool refused(const char *bytes, size_t n, const char *want)
{
	const struct mp *v;
	struct err e;
	return mp_parse(doc, (const uint8_t *)bytes, n, &v, &e) && e.code == ERR_DATA && strstr(e.msg, want);
}
#define REFUSED(s, want) ok(refused(s, sizeof s - 1, want), "%s is refused", #s)

static void test_refusals(void)
{
	REFUSED("", "cut short at byte 0");
	REFUSED("\xdd\x0f\xff\xff\xff", "array32 is not allowed");
	REFUSED("\xdd\x00\x00\x00\x00", "array32 is not allowed");
	REFUSED("\xdf\x00\x00\x00\x01\x01\x01", "map32 is not allowed");
	REFUSED("\xc1", "0xc1 is not allowed");
	REFUSED("\xc7\x00\x01", "ext is not allowed");
	REFUSED("\xd4\x01\x01", "ext is not allowed");
	REFUSED("\xc9\x00\x00\x00\x00\x01", "ext is not allowed");
	REFUSED("\xdc\xff\xff", "65535 items announced, 0 bytes left");
	REFUSED("\xde\xff\xff\x01", "131070 items announced, 1 bytes left");
	REFUSED("\xdb\xff\xff\xff\xff", "4294967295 bytes announced, 0 bytes left");
	REFUSED("\xc6\x00\x00\x00\x02\x01", "2 bytes announced, 1 bytes left");
	REFUSED("\xcd\x01", "announced");
	REFUSED("\xcf\x01\x02\x03\x04\x05\x06\x07", "8 bytes announced, 7 bytes left");
	REFUSED("\xca\x00", "4 bytes announced");
	REFUSED("\xdc\x00", "cut short");
	REFUSED("\x92\x01", "2 items announced, 1 bytes left");
	REFUSED("\x81\x01", "2 items announced");
	REFUSED("\x01\x01", "1 bytes after the msgpack value");
	REFUSED("\x91\x91\x91\x91\x91\x91\x91\x01", "nested deeper than 6");
	REFUSED("\x81\x01\x81\x01\x81\x01\x81\x01\x81\x01\x81\x01\x81\x01\x01", "nested deeper than 6");
}

/* Every cut of a value that holds one of each kind. */
static void test_cuts(void)
{
	struct buf b = BUF_INIT;
	const struct mp *v;
	struct err e;
	size_t n_bad = 0;
	mp_put_arr(&b, 9);
	mp_put_u64(&b, UINT64_MAX);
	mp_put_i64(&b, INT64_MIN);
	mp_put_str(&b, "a longer text than fits a fixstr, which has 31 bytes at most");
	mp_put_bin(&b, "\0\1\2", 3);
	mp_put_f32(&b, 1.5f);
	mp_put_f64(&b, -.1);
	mp_put_map(&b, 1);
	mp_put_str(&b, "k");
	mp_put_nil(&b);
	mp_put_bool(&b, true);
	mp_put_bin(&b, "", 0);
	for (size_t n = 0; n < b.len; n++)
		n_bad += mp_parse(doc, b.p, n, &v, &e) == 0;
	ok(n_bad == 0, "every cut of a value is refused");
	ok(mp_parse(doc, b.p, b.len, &v, &e) == 0 && mp_len(v) == 9, "the whole value is read");
	ok(mp_u64(mp_at(v, 0)) == UINT64_MAX && mp_i64(mp_at(v, 0)) == 0, "2^64-1 is no int64");
	ok(mp_type(mp_at(v, 1)) == MP_INT && mp_i64(mp_at(v, 1)) == INT64_MIN, "-2^63 comes back");
	ok(mp_real(mp_at(v, 4)) == 1.5 && mp_real(mp_at(v, 5)) == -.1, "floats come back");
	ok(mp_type(mp_get(mp_at(v, 6), "k")) == MP_NIL && !mp_get(mp_at(v, 6), "kk"), "maps are looked up");
	ok(mp_type(mp_at(v, 9)) == MP_NONE && mp_len(mp_at(v, 9)) == 0, "past the end there is nothing");
	struct buf again = BUF_INIT;
	mp_put(&again, v);
	ok(again.len == b.len && !memcmp(again.p, b.p, b.len), "a copy has the same bytes");
	buf_release(&again);
	buf_release(&b);
}

static bool bytes_are(const struct buf *b, const char *want, size_t n)
{
	return b->len == n && !memcmp(b->p, want, n);
}
#define WRITES(call, want) do { buf_clear(&b); call; \
	ok(bytes_are(&b, want, sizeof want - 1), "%s is written as %s", #call, #want); } while (0)

static void test_shortest_forms(void)
{
	struct buf b = BUF_INIT;
	WRITES(mp_put_u64(&b, 127), "\x7f");
	WRITES(mp_put_u64(&b, 128), "\xcc\x80");
	WRITES(mp_put_u64(&b, 256), "\xcd\x01\x00");
	WRITES(mp_put_u64(&b, 65536), "\xce\x00\x01\x00\x00");
	WRITES(mp_put_u64(&b, (uint64_t)1 << 32), "\xcf\x00\x00\x00\x01\x00\x00\x00\x00");
	WRITES(mp_put_i64(&b, -32), "\xe0");
	WRITES(mp_put_i64(&b, -33), "\xd0\xdf");
	WRITES(mp_put_i64(&b, 5), "\x05");
	WRITES(mp_put_str(&b, ""), "\xa0");
	WRITES(mp_put_bin(&b, "", 0), "\xc4\x00");
	WRITES(mp_put_arr(&b, 15), "\x9f");
	WRITES(mp_put_arr(&b, 16), "\xdc\x00\x10");
	WRITES(mp_put_map(&b, 0), "\x80");
	buf_release(&b);
}

static void test_depth(void)
{
	const struct mp *v;
	struct err e;
	ok(mp_parse(doc, (const uint8_t *)"\x91\x91\x91\x91\x91\x91\x01", 7, &v, &e) == 0,
	   "six levels are read");
	ok(mp_parse(doc, (const uint8_t *)"\x90", 1, &v, &e) == 0 && mp_type(v) == MP_ARR && mp_len(v) == 0,
	   "an empty array is read");
}

int main(void)
{
	doc = mp_new();
	test_refusals();
	test_cuts();
	test_shortest_forms();
	test_depth();
	mp_free(doc);
	return done();
}
