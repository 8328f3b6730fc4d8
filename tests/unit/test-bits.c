/* Bit-packed numbers and columns come back, and columns that cannot be are refused. */
#include "unit.h"

#include <string.h>

#include "base/le.h"
#include "base/rng.h"
#include "fmt/bits.h"

static void test_widths(void)
{
	struct rng r = {1};
	for (unsigned width = 0; width <= 64; width++) {
		uint64_t v[97];
		struct buf b = BUF_INIT;
		size_t n_bad = 0;
		uint64_t mask = width == 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
		for (size_t i = 0; i < 97; i++)
			v[i] = rng_u64(&r) & mask;
		buf_addc(&b, 0xaa);
		bits_pack(&b, v, 97, width);
		for (size_t i = 0; i < 97; i++)
			n_bad += bits_get(b.p + 1, i, width) != v[i];
		ok(!n_bad && b.len == 1 + (97 * width + 7) / 8 && b.p[0] == 0xaa,
		   "97 numbers of %u bits come back", width);
		buf_release(&b);
	}
}

static void test_layout(void)
{
	struct buf b = BUF_INIT;
	uint64_t v[] = {5, 0, 7, 2}, c[] = {1000, 1005, 1000};
	bits_pack(&b, v, 4, 3);
	ok(b.len == 2 && b.p[0] == 0xc5 && b.p[1] == 0x05, "3-bit numbers lie lowest bit first");
	buf_clear(&b);
	column_pack(&b, c, 3);
	ok(b.len == 24 && get_le64(b.p) == 1000 && get_le32(b.p + 8) == 3 &&
		   !get_le32(b.p + 12) && b.p[16] == 5 << 3,
	   "a column has its least value, its width, its numbers and zeros");
	buf_release(&b);
}

static bool column_comes_back(const uint64_t *v, size_t n)
{
	struct buf b = BUF_INIT;
	struct column c;
	struct err e;
	buf_adds(&b, "odd");
	size_t start = b.len;
	column_pack(&b, v, n);
	column_pack(&b, v, n);
	const uint8_t *p = b.p + start;
	size_t left = b.len - start;
	bool good = column_open(&c, &p, &left, n, "c", &e) == 0 &&
		   column_open(&c, &p, &left, n, "c", &e) == 0 && !left;
	for (size_t i = 0; good && i < n; i++)
		good = column_get(&c, i) == v[i];
	buf_release(&b);
	return good;
}

static void test_columns(void)
{
	uint64_t same[9] = {7, 7, 7, 7, 7, 7, 7, 7, 7}, wide[] = {0, UINT64_MAX, 1},
		 before_1970[] = {(uint64_t)-5, (uint64_t)-1, 3};
	ok(column_comes_back(NULL, 0), "an empty column comes back");
	ok(column_comes_back(same, 9), "a column of one value comes back");
	ok(column_comes_back(wide, 3), "a column of 64 bits comes back");
	ok(column_comes_back(before_1970, 3), "negative numbers come back modulo 2^64");
}

static bool column_refused(uint64_t width, size_t n, size_t n_bytes)
{
	uint8_t head[64] = {0};
	const uint8_t *p = head;
	struct column c;
	struct err e;
	put_le64(head + 8, width);
	return column_open(&c, &p, &n_bytes, n, "c", &e) && e.code == ERR_DATA && p == head;
}

static void test_refusals(void)
{
	ok(column_refused(0, 1, 15), "a column's head cut short is refused");
	ok(column_refused(65, 0, 16), "a width of 65 is refused");
	ok(column_refused((uint64_t)1 << 32, 0, 16), "a filled reserved field is refused");
	ok(column_refused(8, 9, 16 + 8), "numbers beyond the bytes are refused");
	ok(!column_refused(8, 8, 16 + 8), "numbers that just fit are read");
	ok(column_refused(64, (size_t)-1 / 32, 64), "a size that overflows is refused");
}

static void test_zigzag(void)
{
	static const int64_t v[] = {0, -1, 1, -2, INT64_MAX, INT64_MIN};
	size_t n_bad = 0;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++)
		n_bad += unzigzag(zigzag(v[i])) != v[i];
	ok(!n_bad && zigzag(-1) == 1 && zigzag(1) == 2, "zigzag comes back and is small for small numbers");
	ok(bits_width(0) == 0 && bits_width(1) == 1 && bits_width(255) == 8 && bits_width(UINT64_MAX) == 64,
	   "widths are least");
}

int main(void)
{
	test_widths();
	test_layout();
	test_columns();
	test_refusals();
	test_zigzag();
	return done();
}
