/* Text from files for language models; see safe.h. */
#define _GNU_SOURCE	/* getrandom */
#include "serve/safe.h"

#include <string.h>
#include <sys/random.h>

#include "base/base64.h"
#include "base/utf8.h"

int fence_new(struct fence *f, struct err *e)
{
	static const char digit[] = "0123456789abcdef";
	unsigned char r[16];
	if (getrandom(r, sizeof r, 0) != (ssize_t)sizeof r)
		return err_sys(e, "getrandom");
	for (size_t i = 0; i < sizeof r; i++) {
		f->nonce[2 * i] = digit[r[i] >> 4];
		f->nonce[2 * i + 1] = digit[r[i] & 15];
	}
	f->nonce[2 * sizeof r] = 0;
	return 0;
}

void fence_open(const struct fence *f, const char *what, const char *about, struct buf *out)
{
	buf_printf(out, "[leann-%s %s begins] %s\n", f->nonce, what, about);
}

void fence_close(const struct fence *f, const char *what, struct buf *out)
{
	if (out->len && out->p[out->len - 1] != '\n')
		buf_addc(out, '\n');
	buf_printf(out, "[leann-%s %s ends]\n", f->nonce, what);
}

/* What utf8_steers() has not, as a terminal does not mind it. */
static const struct {
	uint32_t first, last;
} shapeless[] = {
	{0xad, 0xad},	    /* soft hyphen */
	{0x34f, 0x34f},	    /* combining grapheme joiner */
	{0x61c, 0x61c},	    /* Arabic letter mark */
	{0x115f, 0x1160},   /* Hangul fillers */
	{0x17b4, 0x17b5},   /* Khmer vowels that are not shown */
	{0x180b, 0x180f},   /* Mongolian variation selectors, vowel separator */
	{0x2028, 0x2029},   /* line and paragraph separators */
	{0x2060, 0x206f},   /* word joiner, invisible operators, isolates, deprecated format characters */
	{0x3164, 0x3164},   /* Hangul filler */
	{0xfe00, 0xfe0f},   /* variation selectors */
	{0xffa0, 0xffa0},   /* Hangul filler, half width */
	{0xfff0, 0xfffb},   /* interlinear annotations */
	{0x1bca0, 0x1bca3}, /* shorthand format controls */
	{0x1d173, 0x1d17a}, /* musical format controls */
	{0xe0000, 0xe0fff}, /* tags, more variation selectors */
};

bool safe_drops(uint32_t cp)
{
	if (cp == '\n' || cp == '\t')
		return false;
	if (cp < 0xad)
		return utf8_steers(cp);
	for (size_t i = 0; i < sizeof shapeless / sizeof *shapeless; i++)
		if (cp >= shapeless[i].first && cp <= shapeless[i].last)
			return true;
	return utf8_steers(cp);
}

size_t safe_text(struct buf *out, const void *data, size_t n, bool one_line)
{
	const uint8_t *p = data;
	size_t dropped = 0;
	for (size_t i = 0; i < n;) {
		uint32_t cp = p[i];
		size_t k = cp < 0x80 ? 1 : utf8_get(p + i, n - i, &cp);
		if (!k)
			utf8_put(out, 0xfffd);
		else if (one_line && (cp == '\n' || cp == '\t'))
			buf_addc(out, ' ');
		else if (!safe_drops(cp))
			buf_add(out, p + i, k);
		else
			dropped += !(cp == '\r' && i + 1 < n && p[i + 1] == '\n');
		i += k ? k : 1;
	}
	return dropped;
}

static struct js *safe_str(const char *s, size_t n)
{
	struct buf b = BUF_INIT;
	safe_text(&b, s, n, false);
	struct js *j = js_new_strn(b.p ? (const char *)b.p : "", b.len);
	buf_release(&b);
	return j;
}

static struct js *safe_path(const char *s, size_t n)
{
	struct buf b = BUF_INIT;
	struct js *j;
	safe_text(&b, s, n, true);
	if (b.len == n && !memcmp(b.p ? (const char *)b.p : "", s, n)) {
		j = js_new_strn(s, n);
	} else {
		buf_clear(&b);
		base64_put(&b, s, n);
		j = js_new_obj();
		js_set(j, "bytes", js_new_strn((const char *)b.p, b.len));
	}
	buf_release(&b);
	return j;
}

static int add_member(const char *key, const struct js *v, void *ctx)
{
	struct buf b = BUF_INIT;
	size_t n;
	const char *s = js_str(v, &n);
	safe_text(&b, key, strlen(key), true);
	buf_addc(&b, 0);
	js_set(ctx, (const char *)b.p, s && !strcmp(key, "path") ? safe_path(s, n) : safe_json(v));
	buf_release(&b);
	return 0;
}

struct js *safe_json(const struct js *j)
{
	size_t n;
	const char *s = js_str(j, &n);
	if (s)
		return safe_str(s, n);
	if (js_type(j) == JS_ARR) {
		struct js *a = js_new_arr();
		for (size_t i = 0; i < js_len(j); i++)
			js_push(a, safe_json(js_at(j, i)));
		return a;
	}
	if (js_type(j) != JS_OBJ)
		return js_copy(j);
	struct js *o = js_new_obj();
	js_each(j, add_member, o);
	return o;
}
