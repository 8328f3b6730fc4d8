/*
 * Front matter; see front.h. Of YAML these are read: key: value, quotes, lists in brackets or of
 * lines with a hyphen, maps by indentation, texts of several lines; of TOML key = value, tables,
 * lists. What else there is passes by.
 */
#include "front.h"

#include <string.h>

#include "base/buf.h"
#include "fmt/meta_typed.h"

enum { FRONT_BYTES_MAX = 64 << 10, DEPTH_MAX = 8 };

struct line {
	const char *p;
	size_t n, indent;
};

struct front {
	const char *p, *end;
	struct meta *m;
	bool toml, all;
	/* the path of the key at hand: of each level its indentation, and where its name begins */
	char key[256];
	size_t indent[DEPTH_MAX], at[DEPTH_MAX], depth;
	struct buf list;		/* items, or lines of a text, so far */
	bool block;			/* they are of a text */
};

static bool next_line(struct front *f, struct line *l)
{
	if (f->p >= f->end)
		return false;
	const char *lf = memchr(f->p, '\n', (size_t)(f->end - f->p));
	size_t n = (size_t)((lf ? lf : f->end) - f->p);
	const char *p = f->p;
	f->p += n + (lf != NULL);
	while (n && strchr(" \t\r", p[n - 1]))
		n--;
	l->indent = 0;
	while (n && (*p == ' ' || *p == '\t'))
		p++, n--, l->indent++;
	l->p = p;
	l->n = n;
	return true;
}

static void set(struct front *f, const char *s, size_t n)
{
	char key[META_KEY_MAX + 1];
	f->all &= meta_key_make(key, f->key, strlen(f->key)) && meta_set_word(f->m, key, s, n);
}

static void set_list(struct front *f)
{
	char key[META_KEY_MAX + 1];
	if (f->list.len && meta_key_make(key, f->key, strlen(f->key)))
		f->all &= meta_set_str(f->m, key, f->list.p, f->list.len);
	buf_clear(&f->list);
	f->block = false;
}

/* An item of a list, without quotes around it. */
static void add_item(struct front *f, const char *s, size_t n, const char *between)
{
	while (n && strchr(" \t", *s))
		s++, n--;
	while (n && strchr(" \t", s[n - 1]))
		n--;
	if (n >= 2 && (*s == '"' || *s == '\'') && s[n - 1] == *s)
		s++, n -= 2;
	if (!n || f->list.len > META_STR_MAX)
		return;
	if (f->list.len)
		buf_adds(&f->list, between);
	buf_add(&f->list, s, n);
}

/* [a, "b, c"] as far as it is there. */
static void flow_list(struct front *f, const char *s, size_t n)
{
	size_t from = 1;
	char quote = 0;
	for (size_t i = 1; i < n; i++) {
		if (quote ? s[i] == quote : (s[i] == '"' || s[i] == '\''))
			quote = quote ? 0 : s[i];
		if (!quote && (s[i] == ',' || s[i] == ']')) {
			add_item(f, s + from, i - from, ", ");
			from = i + 1;
		}
	}
	set_list(f);
}

/* Without a comment behind it. */
static size_t without_comment(const char *s, size_t n)
{
	if (n && (*s == '"' || *s == '\'')) {
		const char *end = memchr(s + 1, *s, n - 1);
		return end ? (size_t)(end - s) + 1 : n;
	}
	for (size_t i = 1; i < n; i++)
		if (s[i] == '#' && (s[i - 1] == ' ' || s[i - 1] == '\t'))
			n = i;
	while (n && strchr(" \t", s[n - 1]))
		n--;
	return n && *s != '#' ? n : 0;
}

static void value(struct front *f, const char *s, size_t n)
{
	if (n && *s == '[')
		flow_list(f, s, n);
	else if (!f->toml && n && n <= 3 && (*s == '|' || *s == '>'))
		f->block = true;
	else if ((n = without_comment(s, n)))
		set(f, s, n);
}

/* Cuts the path back to the levels that an indentation leaves. */
static void close_keys(struct front *f, size_t indent)
{
	while (f->depth && f->indent[f->depth - 1] >= indent) {
		f->depth--;
		f->key[f->at[f->depth] ? f->at[f->depth] - 1 : 0] = 0;
	}
}

/* The key behind those that are open. */
static void open_key(struct front *f, size_t indent, const char *s, size_t n)
{
	size_t at = strlen(f->key);
	if (n >= 2 && (*s == '"' || *s == '\'') && s[n - 1] == *s)
		s++, n -= 2;
	if (at + n + 2 > sizeof f->key || f->depth == DEPTH_MAX)
		return;
	if (at)
		f->key[at++] = '.';
	memcpy(f->key + at, s, n);
	f->key[at + n] = 0;
	f->indent[f->depth] = indent;
	f->at[f->depth++] = at;
}

static void yaml_line(struct front *f, const struct line *l)
{
	bool deeper = f->depth && l->indent > f->indent[f->depth - 1];
	bool item = l->n > 1 && l->p[0] == '-' && l->p[1] == ' ';
	if (f->block && deeper) {
		add_item(f, l->p, l->n, " ");
		return;
	}
	if (item && f->depth && l->indent >= f->indent[f->depth - 1] && !f->block) {
		add_item(f, l->p + 2, without_comment(l->p + 2, l->n - 2), ", ");
		return;
	}
	set_list(f);
	if (!l->n || *l->p == '#' || item)
		return;
	const char *colon = l->p;
	while ((colon = memchr(colon, ':', (size_t)(l->p + l->n - colon))) && colon + 1 < l->p + l->n &&
	       colon[1] != ' ' && colon[1] != '\t')
		colon++;
	if (!colon)
		return;
	close_keys(f, l->indent);
	open_key(f, l->indent, l->p, (size_t)(colon - l->p));
	const char *v = colon + 1;
	while (v < l->p + l->n && (*v == ' ' || *v == '\t'))
		v++;
	value(f, v, (size_t)(l->p + l->n - v));
}

static void toml_line(struct front *f, const struct line *l)
{
	const char *eq = memchr(l->p, '=', l->n);
	size_t n = eq ? (size_t)(eq - l->p) : 0;
	if (!l->n || *l->p == '#')
		return;
	if (*l->p == '[') {
		close_keys(f, 0);
		open_key(f, 0, l->p + 1, strcspn(l->p + 1, "]\n"));
		return;
	}
	while (n && strchr(" \t", l->p[n - 1]))
		n--;
	if (!n)
		return;
	close_keys(f, 1);
	open_key(f, 1, l->p, n);
	eq++;
	while (eq < l->p + l->n && (*eq == ' ' || *eq == '\t'))
		eq++;
	value(f, eq, (size_t)(l->p + l->n - eq));
}

/* Lines up to the one that is fence again; what has no end is no front matter. */
static bool find_end(struct front *f, const char *fence)
{
	struct front ahead = *f;
	struct line l;
	for (const char *at = f->p; next_line(&ahead, &l); at = ahead.p)
		if (!l.indent && l.n == 3 && (!memcmp(l.p, fence, 3) || (*fence == '-' && !memcmp(l.p, "...", 3)))) {
			f->end = at;
			return true;
		}
	return false;
}

static void markdown(struct front *f)
{
	struct line l;
	if (!next_line(f, &l) || l.indent || l.n != 3 || (memcmp(l.p, "---", 3) && memcmp(l.p, "+++", 3)))
		return;
	f->toml = *l.p == '+';
	if (!find_end(f, f->toml ? "+++" : "---"))
		return;
	while (next_line(f, &l))
		if (f->toml)
			toml_line(f, &l);
		else
			yaml_line(f, &l);
	set_list(f);
}

bool front_read(const char *lang, size_t n_lang, const char *text, size_t n, struct meta *m)
{
	struct front f = {.p = text, .end = text + (n < FRONT_BYTES_MAX ? n : FRONT_BYTES_MAX), .m = m,
			  .all = true};
	if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		f.p += 3;
	if (n_lang == 8 && !memcmp(lang, "markdown", 8))
		markdown(&f);
	else if (n_lang == 3 && !memcmp(lang, "org", 3))
		f.all = front_org(f.p, (size_t)(f.end - f.p), m);
	buf_release(&f.list);
	return f.all;
}
