/* Mail to text; see mime.h. */
#include "fmt/mime.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/decode.h"
#include "base/utf8.h"

struct span {
	const uint8_t *p;
	size_t n;
};

static size_t line_bytes(struct span s)
{
	const uint8_t *lf = s.n ? memchr(s.p, '\n', s.n) : NULL;
	return lf ? (size_t)(lf - s.p) + 1 : s.n;
}

static struct span skip(struct span s, size_t n)
{
	return (struct span){s.p + n, s.n - n};
}

/* Headers end at an empty line. */
static struct span headers(struct span m, struct span *body)
{
	size_t at = 0;
	while (at < m.n) {
		size_t k = line_bytes(skip(m, at));
		bool empty = k == 1 || (k == 2 && m.p[at] == '\r');
		if (empty && m.p[at + k - 1] == '\n') {
			*body = skip(m, at + k);
			return (struct span){m.p, at};
		}
		at += k;
	}
	*body = skip(m, m.n);
	return m;
}

/* The value of the first header called so, its lines joined; empty: there is none. */
static void header(struct span h, const char *name, struct buf *out)
{
	size_t k = strlen(name);
	bool in = false;
	buf_clear(out);
	while (h.n) {
		size_t n = line_bytes(h), len = n;
		while (len && (h.p[len - 1] == '\n' || h.p[len - 1] == '\r'))
			len--;
		bool more = len && (*h.p == ' ' || *h.p == '\t');
		if (in && !more)
			return;
		if (in)
			buf_add(out, h.p, len);
		else if (!more && len > k && h.p[k] == ':' && !strncasecmp((const char *)h.p, name, k)) {
			size_t at = k + 1;
			while (at < len && (h.p[at] == ' ' || h.p[at] == '\t'))
				at++;
			buf_add(out, h.p + at, len - at);
			in = true;
		}
		h = skip(h, n);
	}
}

/* Bytes that are not of the alphabet are passed over, as readers of mail do. */
static void from_base64(struct span s, struct buf *out)
{
	unsigned v = 0, bits = 0;
	for (size_t i = 0; i < s.n && s.p[i] != '='; i++) {
		int d = base64_digit(s.p[i]);
		if (d < 0)
			continue;
		v = v << 6 | (unsigned)d;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_addc(out, (int)(v >> bits & 0xff));
		}
	}
}

static int hex(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Quoted-printable; in words of headers an underscore is a blank. */
static void from_quoted(struct span s, bool word, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '=' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0) {
			buf_addc(out, hex(s.p[i + 1]) * 16 + hex(s.p[i + 2]));
			i += 2;
		} else if (s.p[i] == '=' && i + 1 < s.n && s.p[i + 1] == '\n') {
			i++;
		} else if (s.p[i] == '=' && i + 2 < s.n && s.p[i + 1] == '\r' && s.p[i + 2] == '\n') {
			i += 2;
		} else {
			buf_addc(out, word && s.p[i] == '_' ? ' ' : s.p[i]);
		}
	}
}

static void by_rule(struct span s, struct buf *out)
{
	struct decoded d = DECODED_INIT;
	decode_file(&d, s.p, s.n);
	buf_add(out, d.text, d.n);
	decode_release(&d);
}

/* Text in charset (empty or unknown: by its bytes) as UTF-8; what is broken is U+FFFD. */
static void to_utf8(struct span s, const char *charset, struct buf *out)
{
	bool own = *charset && strcasecmp(charset, "utf-8") && strcasecmp(charset, "us-ascii");
	iconv_t cd = own ? iconv_open("UTF-8", charset) : (iconv_t)-1;
	if (!s.n)
		return;
	if (cd == (iconv_t)-1) {
		by_rule(s, out);
		return;
	}
	char *in = (char *)(uintptr_t)s.p;
	size_t left = s.n;
	while (left) {
		buf_reserve(out, left + 16);
		char *to = (char *)out->p + out->len;
		size_t room = out->cap - out->len - 1, before = room;
		size_t r = iconv(cd, &in, &left, &to, &room);
		out->len += before - room;
		if (r == (size_t)-1 && errno != E2BIG) {
			utf8_put(out, 0xfffd);
			in++;
			left--;
		}
	}
	iconv_close(cd);
}

/* One encoded word at s ("=?utf-8?q?caf=C3=A9?="), decoded; its length, or 0 where there is none. */
static size_t encoded_word(struct span s, struct buf *out)
{
	char charset[64];
	if (s.n < 8 || s.p[0] != '=' || s.p[1] != '?')
		return 0;
	const uint8_t *q1 = memchr(s.p + 2, '?', s.n - 2);
	if (!q1 || (size_t)(q1 - s.p) + 4 > s.n || q1[2] != '?' || q1 - s.p - 2 >= (long)sizeof charset)
		return 0;
	const uint8_t *text = q1 + 3, *end = text, *stop = s.p + s.n;
	while (end + 1 < stop && !(end[0] == '?' && end[1] == '='))
		end++;
	if (end + 1 >= stop)
		return 0;
	snprintf(charset, sizeof charset, "%.*s", (int)(q1 - s.p - 2), (const char *)s.p + 2);
	charset[strcspn(charset, "*")] = 0;	/* a language */
	struct buf raw = BUF_INIT;
	struct span word = {text, (size_t)(end - text)};
	if ((q1[1] | 32) == 'b')
		from_base64(word, &raw);
	else
		from_quoted(word, true, &raw);
	if (raw.len)
		to_utf8((struct span){raw.p, raw.len}, charset, out);
	buf_release(&raw);
	return (size_t)(end + 2 - s.p);
}

/* A header's value as UTF-8; blanks between encoded words are none. */
static void decode_value(const struct buf *v, struct buf *out)
{
	struct buf plain = BUF_INIT;
	buf_clear(out);
	for (size_t i = 0; i < v->len;) {
		size_t k = encoded_word((struct span){v->p + i, v->len - i}, &plain);
		if (k) {
			buf_add(out, plain.p, plain.len);
			buf_clear(&plain);
			i += k;
			size_t blank = i;
			while (blank < v->len && (v->p[blank] == ' ' || v->p[blank] == '\t'))
				blank++;
			if (blank + 1 < v->len && v->p[blank] == '=' && v->p[blank + 1] == '?')
				i = blank;
			continue;
		}
		buf_addc(out, v->p[i++]);
	}
	buf_clear(&plain);
	if (out->len)
		by_rule((struct span){out->p, out->len}, &plain);
	buf_release(out);
	*out = plain;
}

/* A parameter of a structured value: charset=x; name="y"; into out, empty where there is none. */
static void parameter(const struct buf *v, const char *name, struct buf *out)
{
	size_t k = strlen(name);
	buf_clear(out);
	for (size_t i = 0; i + k + 1 < v->len; i++) {
		if (v->p[i] != ';')
			continue;
		size_t at = i + 1;
		while (at < v->len && (v->p[at] == ' ' || v->p[at] == '\t'))
			at++;
		if (at + k >= v->len || strncasecmp((const char *)v->p + at, name, k) || v->p[at + k] != '=')
			continue;
		at += k + 1;
		bool quoted = at < v->len && v->p[at] == '"';
		for (at += quoted; at < v->len; at++) {
			if (quoted ? v->p[at] == '"' : v->p[at] == ';' || v->p[at] == ' ')
				break;
			if (quoted && v->p[at] == '\\' && at + 1 < v->len)
				at++;
			buf_addc(out, v->p[at]);
		}
		return;
	}
}

static const char *cstr(const struct buf *b)
{
	return b->p && b->len ? (const char *)b->p : "";
}

static bool begins(const struct buf *v, const char *s)
{
	return v->len >= strlen(s) && !strncasecmp(cstr(v), s, strlen(s));
}

static void read_part(struct mime *m, struct span s, unsigned depth);

static void add_text(struct mime *m, struct span h, const struct buf *type, struct span body)
{
	struct buf enc = BUF_INIT, charset = BUF_INIT, raw = BUF_INIT;
	struct buf *to = begins(type, "text/html") ? &m->html : &m->text;
	header(h, "Content-Transfer-Encoding", &enc);
	parameter(type, "charset", &charset);
	if (begins(&enc, "base64"))
		from_base64(body, &raw);
	else if (begins(&enc, "quoted-printable"))
		from_quoted(body, false, &raw);
	else if (body.n)
		buf_add(&raw, body.p, body.n);
	if (raw.len)
		to_utf8((struct span){raw.p, raw.len}, cstr(&charset), to);
	if (to->len && to->p[to->len - 1] != '\n')
		buf_addc(to, '\n');
	buf_release(&enc);
	buf_release(&charset);
	buf_release(&raw);
}

/* Is this line "--boundary", or "--boundary--"? */
static bool is_boundary(struct span s, const struct buf *b, bool *last)
{
	size_t n = b->len;
	if (s.n < n + 2 || s.p[0] != '-' || s.p[1] != '-' || memcmp(s.p + 2, b->p, n))
		return false;
	*last = s.n >= n + 4 && s.p[n + 2] == '-' && s.p[n + 3] == '-';
	return true;
}

static void read_parts(struct mime *m, const struct buf *boundary, struct span body, unsigned depth)
{
	const uint8_t *from = NULL;
	bool last = false;
	while (body.n && !last) {
		size_t n = line_bytes(body);
		if (is_boundary((struct span){body.p, n}, boundary, &last)) {
			if (from)
				read_part(m, (struct span){from, (size_t)(body.p - from)}, depth + 1);
			from = body.p + n;
		}
		body = skip(body, n);
	}
	if (from && !last)
		read_part(m, (struct span){from, (size_t)(body.p - from)}, depth + 1);
}

/* Of several ways to say the same: the plain one if there is any. */
static void read_alternative(struct mime *m, const struct buf *boundary, struct span body, unsigned depth)
{
	struct mime one = {.n_parts = m->n_parts};
	read_parts(&one, boundary, body, depth);
	bool plain = false;
	for (size_t i = 0; i < one.text.len && !plain; i++)
		plain = one.text.p[i] > ' ';
	if (plain)
		buf_add(&m->text, one.text.p, one.text.len);
	else if (one.html.len)
		buf_add(&m->html, one.html.p, one.html.len);
	if (one.names.len)
		buf_add(&m->names, one.names.p, one.names.len);
	m->n_parts = one.n_parts;
	mime_release(&one);
}

static void add_name(struct mime *m, const struct buf *disposition, const struct buf *type)
{
	struct buf raw = BUF_INIT, name = BUF_INIT;
	parameter(disposition, "filename", &raw);
	if (!raw.len)
		parameter(type, "name", &raw);
	if (!raw.len)
		parameter(disposition, "filename*", &raw);
	if (raw.len) {
		decode_value(&raw, &name);
		buf_add(&m->names, name.p, name.len);
		buf_addc(&m->names, '\n');
	}
	buf_release(&raw);
	buf_release(&name);
}

static void read_part(struct mime *m, struct span s, unsigned depth)
{
	struct buf type = BUF_INIT, disposition = BUF_INIT, boundary = BUF_INIT;
	struct span body, h = headers(s, &body);
	if (depth > MIME_DEPTH_MAX || ++m->n_parts > MIME_PARTS_MAX)
		return;
	header(h, "Content-Type", &type);
	header(h, "Content-Disposition", &disposition);
	parameter(&type, "boundary", &boundary);
	if (begins(&type, "multipart/alternative") && boundary.len)
		read_alternative(m, &boundary, body, depth);
	else if (begins(&type, "multipart/") && boundary.len)
		read_parts(m, &boundary, body, depth);
	else if (begins(&type, "message/rfc822"))
		read_part(m, body, depth + 1);
	else if (begins(&disposition, "attachment") || (type.len && !begins(&type, "text/")))
		add_name(m, &disposition, &type);
	else
		add_text(m, h, &type, body);
	buf_release(&type);
	buf_release(&disposition);
	buf_release(&boundary);
}

/* Digits, at most four, and the blanks around them. */
static unsigned number(const char **s)
{
	unsigned v = 0;
	*s += strspn(*s, " \t");
	for (size_t i = 0; i < 4 && **s >= '0' && **s <= '9'; i++)
		v = 10 * v + (unsigned)(*(*s)++ - '0');
	*s += strspn(*s, " \t");
	return v;
}

/* "Sun, 22 Nov 2026 10:11:12 +0100" as ISO 8601 has it; anything else: empty. */
static void set_date(struct mime *m, const struct buf *v)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	const char *s = cstr(v), *comma = strchr(s, ',');
	char month[4] = "";
	s = comma ? comma + 1 : s;
	unsigned day = number(&s), hour, minute, second = 0;
	for (size_t i = 0; i < 3 && *s; i++)
		month[i] = *s++;
	unsigned year = number(&s);
	for (size_t i = 0; i < 36; i += 3)
		if (!strncasecmp(months + i, month, 3) && day >= 1 && day <= 31 && year >= 1970 && year <= 9999)
			buf_printf(&m->date, "%04u-%02u-%02u", year, (unsigned)(i / 3 + 1), day);
	hour = number(&s);
	if (!m->date.len || *s++ != ':')
		return;
	minute = number(&s);
	if (*s == ':') {
		s++;
		second = number(&s);
	}
	buf_printf(&m->date, "T%02u:%02u:%02u", hour % 24, minute % 60, second % 61);
	if ((*s == '+' || *s == '-') && strspn(s + 1, "0123456789") >= 4)
		buf_printf(&m->date, "%.3s:%.2s", s, s + 3);
	else
		buf_addc(&m->date, 'Z');
}

void mime_read(struct mime *m, const uint8_t *p, size_t n)
{
	struct span s = {p, n}, body;
	struct buf v = BUF_INIT;
	if (n > 5 && !memcmp(p, "From ", 5))
		s = skip(s, line_bytes(s));
	struct span h = headers(s, &body);
	header(h, "Subject", &v);
	decode_value(&v, &m->subject);
	header(h, "From", &v);
	decode_value(&v, &m->from);
	header(h, "To", &v);
	decode_value(&v, &m->to);
	header(h, "Date", &v);
	set_date(m, &v);
	buf_release(&v);
	read_part(m, s, 0);
}

void mime_release(struct mime *m)
{
	struct buf *all[] = {&m->subject, &m->from, &m->to, &m->date, &m->text, &m->html, &m->names};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		buf_release(all[i]);
}

/* After an empty line, "From ", and behind it a line that a header can be. */
size_t mime_mbox_next(const uint8_t *p, size_t n)
{
	struct span s = {p, n};
	bool empty = false;
	for (size_t at = 0; at < n;) {
		size_t k = line_bytes(skip(s, at));
		if (at && empty && k > 5 && !memcmp(p + at, "From ", 5)) {
			size_t i = at + k;
			while (i < n && (p[i] == '-' || ((p[i] | 32) >= 'a' && (p[i] | 32) <= 'z')))
				i++;
			if (i > at + k && i < n && p[i] == ':')
				return at;
		}
		empty = k == 1 || (k == 2 && p[at] == '\r');
		at += k;
	}
	return n;
}
