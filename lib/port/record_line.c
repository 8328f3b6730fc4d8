/* Lines of JSON put together and taken apart; see record_line.h. */
#include "port/record_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/js.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { MEMBERS_MAX = 1024 };

/* What may stand in a string as it is. */
static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c != '"' && c != '\\';
}

static void put_escaped(struct buf *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0, from = 0; i <= n; i++) {
		if (i < n && is_plain(p[i]))
			continue;
		buf_add(out, p + from, i - from);
		from = i + 1;
		if (i == n)
			return;
		switch (p[i]) {
		case '"': buf_adds(out, "\\\""); break;
		case '\\': buf_adds(out, "\\\\"); break;
		case '\n': buf_adds(out, "\\n"); break;
		case '\r': buf_adds(out, "\\r"); break;
		case '\t': buf_adds(out, "\\t"); break;
		default: buf_printf(out, "\\u%04x", p[i]);
		}
	}
}

void json_put_str(struct buf *out, const void *p, size_t n)
{
	struct buf repaired = BUF_INIT;
	if (!utf8_valid(p, n)) {
		utf8_repair(&repaired, p, n);
		p = repaired.p;
		n = repaired.len;
	}
	buf_addc(out, '"');
	put_escaped(out, p, n);
	buf_addc(out, '"');
	buf_release(&repaired);
}

void json_put_real(struct buf *out, double v)
{
	char s[40];
	snprintf(s, sizeof s, "%.15g", v);
	if (strtod(s, NULL) != v)
		snprintf(s, sizeof s, "%.17g", v);
	buf_adds(out, s);
	if (!strpbrk(s, ".e"))
		buf_adds(out, ".0");	/* else it would read as an integer */
}

void record_line(struct buf *line, const void *id, size_t n_id, const void *text, size_t n_text,
		 const void *meta, size_t n_meta)
{
	buf_clear(line);
	buf_adds(line, "{\"id\":");
	json_put_str(line, id, n_id);
	buf_adds(line, ",\"text\":");
	json_put_str(line, text, n_text);
	buf_adds(line, ",\"metadata\":");
	if (meta)
		buf_add(line, meta, n_meta);
	else
		buf_adds(line, "{}");
	buf_addc(line, '}');
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct scan {
	const char *p, *end;
};

static void skip_blank(struct scan *s)
{
	while (s->p < s->end && is_blank(*s->p))
		s->p++;
}

/* Past the string that begins here; false: it does not end. */
static bool skip_string(struct scan *s)
{
	for (s->p++; s->p < s->end; s->p++) {
		if (*s->p == '\\' && s->p + 1 < s->end)
			s->p++;
		else if (*s->p == '"')
			return s->p++, true;
	}
	return false;
}

/* Past the value that begins here, by its brackets and quotes alone. */
static bool skip_value(struct scan *s)
{
	size_t depth = 0;
	while (s->p < s->end) {
		char c = *s->p;
		if (c == '"') {
			if (!skip_string(s))
				return false;
			if (!depth)
				return true;
			continue;
		}
		if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			if (!depth)
				return true;
			if (!--depth)
				return s->p++, true;
		} else if (!depth && (c == ',' || is_blank(c))) {
			return true;
		}
		s->p++;
	}
	return false;
}

/* The string with quotes that n bytes at p are, as a key. */
static int add_key(struct members *m, const char *p, size_t n, struct member *to, struct err *e)
{
	struct js *j;
	const char *s = p + 1;
	to->key_at = m->keys.len;
	to->n_key = n - 2;
	if (!memchr(s, '\\', to->n_key)) {
		buf_add(&m->keys, s, to->n_key);
		buf_addc(&m->keys, 0);
		return 0;
	}
	struct buf list = BUF_INIT;	/* js_parse() is sure to know an array */
	buf_printf(&list, "[%.*s]", (int)n, p);
	int r = js_parse(list.p, list.len, "a key", &j, e);
	buf_release(&list);
	if (r)
		return -1;
	s = js_str(js_at(j, 0), &to->n_key);
	if (!s)
		r = err_set(e, ERR_DATA, "a key is no string");
	else
		buf_add(&m->keys, s, to->n_key);
	buf_addc(&m->keys, 0);
	js_free(j);
	return r;
}

static int bad(struct err *e)
{
	return err_set(e, ERR_DATA, "not an object of JSON");
}

/* One member, and what is behind it: 1, there is another; 0: none. */
static int take_member(struct members *m, struct scan *s, struct err *e)
{
	struct member v = {0};
	const char *key = s->p;
	if (m->n == MEMBERS_MAX)
		return err_set(e, ERR_DATA, "more than %d members", MEMBERS_MAX);
	if (s->p == s->end || *s->p != '"' || !skip_string(s) || s->p - key > 1 << 16 ||
	    add_key(m, key, (size_t)(s->p - key), &v, e))
		return bad(e);
	for (size_t i = 0; i < m->n; i++)
		if (m->p[i].n_key == v.n_key && !memcmp(m->keys.p + m->p[i].key_at, m->keys.p + v.key_at, v.n_key))
			return err_set(e, ERR_DATA, "key \"%s\" is there twice", (char *)m->keys.p + v.key_at);
	skip_blank(s);
	if (s->p == s->end || *s->p++ != ':')
		return bad(e);
	skip_blank(s);
	v.value = s->p;
	if (!skip_value(s) || s->p == v.value)
		return bad(e);
	v.n = (size_t)(s->p - v.value);
	v.raw = key;
	v.n_raw = (size_t)(s->p - key);
	if (m->n == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 16;
		m->p = mem_realloc(m->p, m->cap * sizeof *m->p);
	}
	m->p[m->n++] = v;
	skip_blank(s);
	if (s->p == s->end || (*s->p != ',' && *s->p != '}'))
		return bad(e);
	return *s->p++ == ',';
}

int members_of(struct members *m, const void *p, size_t n, struct err *e)
{
	struct scan s = {p, (const char *)p + n};
	int more = 1;
	m->n = 0;
	buf_clear(&m->keys);
	if (n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3))	/* the mark before a file's first line, stored with it */
		s.p += 3;
	skip_blank(&s);
	if (s.p == s.end || *s.p++ != '{')
		return bad(e);
	skip_blank(&s);
	if (s.p < s.end && *s.p == '}') {
		s.p++;
		more = 0;
	}
	while (more) {
		skip_blank(&s);
		more = take_member(m, &s, e);
		if (more < 0)
			return -1;
	}
	skip_blank(&s);
	return s.p == s.end ? 0 : bad(e);
}

const struct member *members_get(const struct members *m, const char *key)
{
	size_t n = strlen(key);
	for (size_t i = 0; i < m->n; i++)
		if (m->p[i].n_key == n && !memcmp(m->keys.p + m->p[i].key_at, key, n))
			return &m->p[i];
	return NULL;
}

void members_release(struct members *m)
{
	mem_free(m->p);
	buf_release(&m->keys);
	*m = (struct members)MEMBERS_INIT;
}
