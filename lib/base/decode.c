/* Encodings to UTF-8; see decode.h. */
#include "base/decode.h"

#include <string.h>

#include "base/utf8.h"

enum { HEAD_BYTES = 8192 };	/* of a file without a byte order mark, looked at for UTF-16 */

/* Bytes 0x80 to 0x9f of Windows-1252; 0: none (the WHATWG table, without its C1 controls). */
static const uint16_t high[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013,
	0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
};

static size_t mark_bytes(enum encoding enc, const uint8_t *p, size_t n)
{
	switch (enc) {
	case ENC_UTF8: return n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3) ? 3 : 0;
	case ENC_UTF16LE: return n >= 2 && !memcmp(p, "\xff\xfe", 2) ? 2 : 0;
	case ENC_UTF16BE: return n >= 2 && !memcmp(p, "\xfe\xff", 2) ? 2 : 0;
	default: return 0;
	}
}

/* With a mark, or half of the units have a NUL, always on the same side, no unit two. */
bool decode_utf16(const uint8_t *p, size_t n, enum encoding *enc)
{
	size_t zero[2] = {0, 0};
	bool le = n >= 2 && p[0] == 0xff && p[1] == 0xfe;
	bool be = n >= 2 && p[0] == 0xfe && p[1] == 0xff;
	if (le && n >= 4 && !p[2] && !p[3])
		return false;	/* UTF-32 */
	if (!le && !be) {
		if (n > HEAD_BYTES)
			n = HEAD_BYTES;
		if (!n || !memchr(p, 0, n))
			return false;
		for (size_t i = 0; i < n; i++)
			zero[i % 2] += !p[i];
		le = !zero[0] && zero[1] * 4 >= n && n >= 8;
		be = !zero[1] && zero[0] * 4 >= n && n >= 8;
	}
	*enc = le ? ENC_UTF16LE : ENC_UTF16BE;
	return le || be;
}

static bool ascii_letter(uint8_t c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* Is byte i, as Windows-1252, where a writer would put it? *none: it is no character there. */
static bool fits_1252(const uint8_t *p, size_t n, size_t i, bool *none)
{
	uint8_t c = p[i], before = i ? p[i - 1] : ' ', after = i + 1 < n ? p[i + 1] : ' ';
	*none = c < 0xa0 && !high[c - 0x80];
	if (c < 0xc0 && !memchr("\x8a\x8c\x8e\x9a\x9c\x9e\x9f", c, 7))
		return true;	/* a sign: a dash, a quotation mark, a degree */
	/* in a word, or one by itself */
	return ascii_letter(before) || ascii_letter(after) || (before < 0x80 && after < 0x80);
}

/* Of what is not UTF-8: more odd bytes than characters, and three in four where they would be. */
static bool looks_1252(const uint8_t *p, size_t n)
{
	size_t n_multi = 0, n_odd = 0, n_fit = 0;
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		bool none;
		if (p[i] < 0x80) {
			i++;
			continue;
		}
		size_t k = utf8_get(p + i, n - i, &cp);
		if (!k) {
			n_odd++;
			n_fit += fits_1252(p, n, i, &none);
			if (none)
				return false;
		}
		n_multi += k > 0;
		i += k ? k : 1;
	}
	return n_odd > n_multi && n_fit * 4 >= n_odd * 3;
}

enum encoding decode_find(const uint8_t *p, size_t n)
{
	enum encoding enc;
	if (decode_utf16(p, n, &enc))
		return enc;
	if (utf8_valid(p, n))
		return ENC_UTF8;
	return looks_1252(p, n) ? ENC_CP1252 : ENC_UTF8;
}

static unsigned unit(enum encoding enc, const uint8_t *p)
{
	return enc == ENC_UTF16LE ? (unsigned)p[0] | (unsigned)p[1] << 8
				  : (unsigned)p[1] | (unsigned)p[0] << 8;
}

static size_t get_utf16(enum encoding enc, const uint8_t *p, size_t n, uint32_t *cp)
{
	*cp = 0xfffd;
	if (n < 2)
		return n;
	unsigned u = unit(enc, p);
	if (u >= 0xd800 && u < 0xdc00 && n >= 4) {
		unsigned low = unit(enc, p + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			*cp = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
			return 4;
		}
	}
	if (u && (u < 0xd800 || u >= 0xe000))
		*cp = u;
	return 2;
}

size_t decode_get(enum encoding enc, const uint8_t *p, size_t n, uint32_t *cp)
{
	if (enc == ENC_UTF16LE || enc == ENC_UTF16BE)
		return get_utf16(enc, p, n, cp);
	if (enc == ENC_CP1252) {
		uint8_t c = p[0];
		*cp = c < 0x80 || c >= 0xa0 ? c : high[c - 0x80] ? high[c - 0x80] : 0xfffd;
		return 1;
	}
	size_t k = utf8_get(p, n, cp);
	return k ? k : 1;
}

/* Was U+FFFD, k bytes long, written as such? */
static bool is_bad(enum encoding enc, const uint8_t *p, size_t k, uint32_t cp)
{
	if (cp != 0xfffd)
		return false;
	return enc == ENC_UTF8 ? k == 1 : enc == ENC_CP1252 || k != 2 || unit(enc, p) != 0xfffd;
}

size_t decode_span(struct buf *out, enum encoding enc, const uint8_t *p, size_t n)
{
	size_t bad = 0;
	if (enc == ENC_UTF8)
		return utf8_repair(out, p, n);
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t k = decode_get(enc, p + i, n - i, &cp);
		bad += is_bad(enc, p + i, k, cp);
		utf8_put(out, cp);
		i += k;
	}
	return bad;
}

static void decode(struct decoded *d, enum encoding enc, const uint8_t *raw, size_t n, bool valid)
{
	d->enc = enc;
	d->raw = raw;
	d->n_raw = n;
	d->n_mark = mark_bytes(enc, raw, n);
	d->n_bad = 0;
	d->same = valid;
	if (valid) {
		d->text = (const char *)raw + d->n_mark;
		d->n = n - d->n_mark;
		return;
	}
	buf_clear(&d->own);
	d->n_bad = decode_span(&d->own, enc, raw + d->n_mark, n - d->n_mark);
	d->text = d->own.p ? (const char *)d->own.p : "";
	d->n = d->own.len;
}

void decode_file(struct decoded *d, const uint8_t *raw, size_t n)
{
	enum encoding enc;
	if (decode_utf16(raw, n, &enc))
		decode(d, enc, raw, n, false);
	else if (utf8_valid(raw, n))
		decode(d, ENC_UTF8, raw, n, true);
	else
		decode(d, looks_1252(raw, n) ? ENC_CP1252 : ENC_UTF8, raw, n, false);
}

void decode_as(struct decoded *d, enum encoding enc, const uint8_t *raw, size_t n)
{
	decode(d, enc, raw, n, enc == ENC_UTF8 && utf8_valid(raw, n));
}

void decode_release(struct decoded *d)
{
	buf_release(&d->own);
	*d = (struct decoded)DECODED_INIT;
}

static size_t utf8_bytes(uint32_t cp)
{
	return cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
}

/* On by one character. */
static void step(const struct decoded *d, struct decode_place *at)
{
	uint32_t cp;
	size_t k = decode_get(d->enc, d->raw + at->raw, d->n_raw - at->raw, &cp);
	at->raw += k;
	at->text += utf8_bytes(cp);
}

void decode_to_raw(const struct decoded *d, struct decode_place *at, size_t text)
{
	if (d->same) {
		*at = (struct decode_place){text + d->n_mark, text};
		return;
	}
	if (at->text > text || at->raw < d->n_mark)
		*at = (struct decode_place){d->n_mark, 0};
	while (at->text < text && at->raw < d->n_raw)
		step(d, at);
}

void decode_to_text(const struct decoded *d, struct decode_place *at, size_t raw)
{
	if (d->same) {
		*at = (struct decode_place){raw, raw < d->n_mark ? 0 : raw - d->n_mark};
		return;
	}
	if (at->raw > raw || at->raw < d->n_mark)
		*at = (struct decode_place){d->n_mark, 0};
	while (at->raw < raw && at->raw < d->n_raw)
		step(d, at);
}
