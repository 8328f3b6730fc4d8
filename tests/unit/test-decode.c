/* decode: encodings found, text of each, places there and back. */
#include <string.h>

#include "base/decode.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "unit.h"

static enum encoding found(const char *s, size_t n)
{
	return decode_find((const uint8_t *)s, n);
}
#define FOUND(s) found(s, sizeof(s) - 1)

static bool gives(const char *raw, size_t n_raw, const char *text, size_t n, size_t n_bad)
{
	struct decoded d = DECODED_INIT;
	decode_file(&d, (const uint8_t *)raw, n_raw);
	bool good = d.n == n && !memcmp(d.text, text, n) && d.n_bad == n_bad;
	decode_release(&d);
	return good;
}
#define GIVES(raw, text, n_bad) gives(raw, sizeof(raw) - 1, text, sizeof(text) - 1, n_bad)

static void encodings(void)
{
	ok(FOUND("") == ENC_UTF8 && FOUND("plain") == ENC_UTF8 && FOUND("caf\xc3\xa9") == ENC_UTF8,
	   "ASCII and UTF-8 are UTF-8");
	ok(FOUND("\xff\xfeh\0i\0") == ENC_UTF16LE && FOUND("\xfe\xff\0h\0i") == ENC_UTF16BE,
	   "a byte order mark tells UTF-16");
	ok(FOUND("h\0e\0l\0l\0o\0\x19\x20") == ENC_UTF16LE && FOUND("\0h\0e\0l\0l\0o") == ENC_UTF16BE,
	   "NULs on one side alone tell it, too");
	ok(FOUND("\xff\xfe\0\0h\0\0\0") == ENC_UTF8 && FOUND("a\0\0b\0\0") == ENC_UTF8,
	   "UTF-32 and bytes with NULs on both sides are not UTF-16");
	ok(FOUND("un caf\xe9 cr\xe8me \xe0 Gen\xe8ve") == ENC_CP1252 &&
		   FOUND("it\x92s \x93quoted\x94 \x96 80 \xb0") == ENC_CP1252,
	   "letters in words, and signs, that are not UTF-8 are Windows-1252");
	ok(FOUND("caf\xc3\xa9 na\xc3\xafve \xff d\xc3\xa9j\xc3\xa0") == ENC_UTF8,
	   "UTF-8 with a broken byte stays UTF-8");
	ok(FOUND("a\x81 b\x9d c") == ENC_UTF8, "bytes that Windows-1252 does not have rule it out");
	ok(FOUND("bread \xff\xfe and \xff\xfe tea") == ENC_UTF8, "odd bytes outside words are broken bytes");
}

static void texts(void)
{
	ok(GIVES("\xef\xbb\xbfmark", "mark", 0), "UTF-8: the mark is no text");
	ok(GIVES("a\xff\xfe\xff" "b", "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" "b", 3),
	   "UTF-8: broken bytes are U+FFFD and counted");
	ok(GIVES("\xff\xfeh\0\xe9\0\x3d\xd8\x00\xde", "h\xc3\xa9\xf0\x9f\x98\x80", 0),
	   "UTF-16LE, a pair of surrogates too");
	ok(GIVES("\xfe\xff\0h\xd8\x3d\0i\0", "h\xef\xbf\xbdi\xef\xbf\xbd", 2),
	   "UTF-16BE: half a pair and half a unit are broken");
	ok(GIVES("na\xefve \x80 5", "na\xc3\xafve \xe2\x82\xac 5", 0), "Windows-1252 has the euro");
}

/* Every boundary of the text leads to a byte of the file and back. */
static bool there_and_back(const struct decoded *d)
{
	struct decode_place to = {0, 0}, from = {0, 0};
	bool good = true;
	for (size_t i = 0; i < d->n && good;) {
		uint32_t cp;
		decode_to_raw(d, &to, i);
		decode_to_text(d, &from, to.raw);
		good = to.text == i && from.text == i && to.raw >= d->n_mark && to.raw < d->n_raw;
		i += utf8_get(d->text + i, d->n - i, &cp);
	}
	decode_to_raw(d, &to, d->n);
	return good && to.raw == d->n_raw;
}

static void places(void)
{
	struct rng g = {7};
	struct decoded d = DECODED_INIT;
	struct buf part = BUF_INIT;
	size_t n_wrong = 0, n_invalid = 0, n_part = 0;
	for (int round = 0; round < 4000; round++) {
		uint8_t raw[40];
		size_t n = rng_below(&g, sizeof raw);
		for (size_t i = 0; i < n; i++)
			raw[i] = round % 3 ? (uint8_t)rng_u64(&g) : "a\xc3\xa9\0\xd8\xff\xfe"[rng_below(&g, 7)];
		decode_as(&d, (enum encoding)(round % 4), raw, n);
		n_invalid += !utf8_valid(d.text, d.n);
		n_wrong += !there_and_back(&d);
		buf_clear(&part);
		decode_span(&part, d.enc, raw + d.n_mark, n - d.n_mark);
		n_part += part.len != d.n || (d.n && memcmp(part.p, d.text, d.n));
		decode_file(&d, raw, n);
		n_invalid += !utf8_valid(d.text, d.n);
		n_wrong += !there_and_back(&d);
	}
	ok(!n_invalid, "whatever the bytes, the text is UTF-8");
	ok(!n_wrong, "every place of the text has one in the file, and back");
	ok(!n_part, "a part is decoded as the whole is");
	decode_release(&d);
	buf_release(&part);
}

int main(void)
{
	encodings();
	texts();
	places();
	return done();
}
