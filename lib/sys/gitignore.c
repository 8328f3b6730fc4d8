/*
 * Patterns of ignore files; see gitignore.h. What git does where gitignore(5) says nothing is done here,
 * too: test-gitignore compares the two.
 */
#include "sys/gitignore.h"

#include <string.h>

#include "base/mem.h"

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

static bool same(unsigned char a, unsigned char b, bool fold)
{
	return fold ? lower(a) == lower(b) : a == b;
}

static bool same_n(const char *a, const char *b, size_t n, bool fold)
{
	if (!fold)
		return !memcmp(a, b, n);
	for (size_t i = 0; i < n; i++)
		if (!same((unsigned char)a[i], (unsigned char)b[i], true))
			return false;
	return true;
}

/* ---- [classes] ---- */

/* POSIX's names for sets of ASCII characters, whatever the locale: -1 for another name. */
static int named_class(const char *name, size_t n, unsigned char c)
{
	static const char *const names[] = {"alnum", "alpha", "blank", "cntrl", "digit", "graph",
					    "lower", "print", "punct", "space", "upper", "xdigit"};
	size_t i = 0;
	bool up = c >= 'A' && c <= 'Z', low = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
	while (i < sizeof names / sizeof *names && (strlen(names[i]) != n || memcmp(names[i], name, n)))
		i++;
	switch (i) {
	case 0: return up || low || digit;
	case 1: return up || low;
	case 2: return c == ' ' || c == '\t';
	case 3: return c < 0x20 || c == 0x7f;
	case 4: return digit;
	case 5: return c > 0x20 && c < 0x7f;
	case 6: return low;
	case 7: return c >= 0x20 && c < 0x7f;
	case 8: return c > 0x20 && c < 0x7f && !up && !low && !digit;
	case 9: return c == ' ' || (c >= '\t' && c <= '\r');
	case 10: return up;
	case 11: return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
	}
	return -1;
}

static bool in_range(unsigned char c, unsigned char from, unsigned char to, bool fold)
{
	if (c >= from && c <= to)
		return true;
	c = fold && c >= 'a' && c <= 'z' ? (unsigned char)(c - 32) : c;
	return c >= from && c <= to;
}

/* "[:name:]" at *p ("[:" passed): 1 or 0, *p at its last "]"; -1: no such name; -2: it is not one. */
static int posix_class(const char **p, const char *end, unsigned char c, bool fold)
{
	const char *close = memchr(*p, ']', (size_t)(end - *p));
	if (!close)
		return -1;
	if (close == *p || close[-1] != ':')
		return -2;
	size_t n = (size_t)(close - 1 - *p);
	int hit = named_class(*p, n, c);
	if (!hit && fold && n == 5 && !memcmp(*p, "upper", 5))
		hit = c >= 'a' && c <= 'z';
	*p = close;
	return hit;
}

/*
 * Is c in the class at p ("[" passed)? 1 or 0, *next after its "]"; -1: the class has no end, or a name
 * that does not exist.
 */
static int in_class(const char *p, const char *end, unsigned char c, bool fold, const char **next)
{
	bool negated = p < end && (*p == '!' || *p == '^'), hit = false;
	const char *start = p += negated;
	int before = -1;	/* the byte that a "-" after it begins a range with */
	if (fold)
		c = lower(c);
	for (; p < end && (*p != ']' || p == start); p++) {
		unsigned char one = (unsigned char)*p;
		int named;
		if (one == '\\') {
			if (++p >= end)
				return -1;
			before = one = (unsigned char)*p;
			hit |= c == one;
		} else if (one == '-' && before >= 0 && p + 1 < end && p[1] != ']') {
			if (*++p == '\\' && ++p >= end)
				return -1;
			hit |= in_range(c, (unsigned char)before, (unsigned char)*p, fold);
			before = -1;
		} else if (one == '[' && p + 1 < end && p[1] == ':') {
			const char *at = p + 2;
			named = posix_class(&at, end, c, fold);
			if (named == -1)
				return -1;
			hit |= named == -2 ? c == '[' : named;
			before = named == -2 ? '[' : -1;
			p = named == -2 ? p : at;
		} else {
			hit |= c == one;
			before = one;
		}
	}
	if (p >= end)
		return -1;
	*next = p + 1;
	return hit != negated;
}

/* ---- wildcards ---- */

struct wild {
	const char *from, *end;		/* the pattern */
	bool path, fold;		/* path: * ? and classes stop at slashes, ** does not */
};

/* One character of the pattern that is not a star against c: 1, 0, or -1 at a pattern's bad end. */
static int one_char(const struct wild *w, const char *p, unsigned char c, const char **next)
{
	*next = p + 1;
	if (*p == '?')
		return !w->path || c != '/';
	if (*p == '[') {
		int hit = in_class(p + 1, w->end, c, w->fold, next);
		return hit > 0 ? !w->path || c != '/' : hit;
	}
	if (*p == '\\') {	/* as it stands: git lowers the text's case alone */
		if (++p >= w->end)
			return -1;
		*next = p + 1;
		return (unsigned char)*p == (w->fold ? lower(c) : c);
	}
	return same((unsigned char)*p, c, w->fold);
}

/* Stars at p, *next after them: do they stand for whole components, slashes and all? */
static bool is_deep(const struct wild *w, const char *p, const char **next)
{
	const char *q = p;
	while (q < w->end && *q == '*')
		q++;
	*next = q;
	if (!w->path)
		return true;
	return q - p > 1 && (p == w->from || p[-1] == '/') &&
	       (q == w->end || *q == '/' || (*q == '\\' && q + 1 < w->end && q[1] == '/'));
}

/*
 * Where a match fails, the last star takes one more byte; where it may not, the last "**" does. Those
 * before it need not be tried again: what they could gain the last one can.
 */
static bool wild_match(const struct wild *w, const char *s)
{
	const char *p = w->from, *next;
	const char *star = NULL, *star_s = NULL, *deep = NULL, *deep_s = NULL;
	bool none = false;	/* "**" + "/" is being tried as nothing at all */
	for (;;) {
		if (p < w->end && *p == '*') {
			if (is_deep(w, p, &next)) {
				deep = next;
				deep_s = s;
				star = NULL;
				none = w->path && next < w->end && *next == '/';
				p = next + none;
			} else {
				star = p = next;
				star_s = s;
			}
			continue;
		}
		if (p == w->end && !*s)
			return true;
		if (p < w->end && *s && one_char(w, p, (unsigned char)*s, &next) > 0) {
			p = next;
			s++;
		} else if (star && *star_s && *star_s != '/') {
			s = ++star_s;
			p = star;
		} else if (deep && none) {
			none = false;
			star = NULL;
			s = deep_s;
			p = deep;
		} else if (deep && *deep_s) {
			star = NULL;
			s = ++deep_s;
			p = deep;
		} else {
			return false;
		}
	}
}

/* ---- rules ---- */

static size_t plain_bytes(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n && !strchr("*?[\\", p[i]))
		i++;
	return i;
}

/* Does the pattern have an end where one is needed? What it matches does not matter here. */
static bool well_formed(const char *p, size_t n)
{
	const struct wild w = {p, p + n, true, false};
	for (const char *next; p < w.end; p = next)
		if (one_char(&w, p, 'x', &next) < 0)
			return false;
	return true;
}

/* Spaces at the end go, unless a backslash is before the first of them that it takes. */
static void trim(char *s)
{
	char *space = NULL;
	for (; *s; s++) {
		if (*s == ' ') {
			space = space ? space : s;
			continue;
		}
		space = NULL;
		if (*s == '\\' && !*++s)
			return;
	}
	if (space)
		*space = 0;
}

static void add(struct rules *r, const char *text, size_t line)
{
	struct rule one = {.text = text, .line = line, .negated = *text == '!'};
	const char *p = text + one.negated;
	size_t n = strlen(p), tail = n ? 1 + plain_bytes(p + 1, n - 1) : 0;
	one.suffix = *p == '*' && tail == n;
	if (n && p[n - 1] == '/') {
		one.dirs_only = true;
		n--;
	}
	one.anywhere = !memchr(p, '/', n);
	if (n && *p == '/') {
		p++;
		n--;
	}
	one.p = p;
	one.n = n;
	one.n_plain = plain_bytes(p, n);
	one.never = !n || !well_formed(p, n);
	if (!(r->n & (r->n - 1)))
		r->r = mem_realloc(r->r, (r->n ? 2 * r->n : 1) * sizeof *r->r);
	r->r[r->n++] = one;
}

void rules_parse(struct rules *r, const uint8_t *p, size_t n, bool fold)
{
	rules_release(r);
	if (n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3)) {
		p += 3;
		n -= 3;
	}
	r->fold = fold;
	r->text = mem_alloc(n + 1);
	if (n)
		memcpy(r->text, p, n);
	r->text[n] = 0;
	size_t line = 1;
	for (char *at = r->text, *end = r->text + n; at < end; line++) {
		char *lf = memchr(at, '\n', (size_t)(end - at)), *stop = lf ? lf : end;
		*(stop > at && stop[-1] == '\r' ? stop - 1 : stop) = 0;
		*stop = 0;
		if (*at && *at != '#') {
			trim(at);
			if (*at)
				add(r, at, line);
		}
		at = stop + 1;
	}
}

static bool matches(const struct rules *r, const struct rule *one, const char *path,
		    const char *name, size_t n_name)
{
	if (one->anywhere && one->n_plain == one->n)
		return n_name == one->n && same_n(one->p, name, n_name, r->fold);
	if (one->anywhere && one->suffix)
		return n_name >= one->n - 1 &&
		       same_n(one->p + 1, name + n_name - (one->n - 1), one->n - 1, r->fold);
	struct wild w = {one->p, one->p + one->n, !one->anywhere, r->fold};
	if (one->anywhere)
		return wild_match(&w, name);
	for (size_t i = 0; i < one->n_plain; i++)
		if (!path[i] || !same((unsigned char)one->p[i], (unsigned char)path[i], r->fold))
			return false;
	w.from += one->n_plain;	/* as git: "**" right after plain bytes is at a beginning */
	return wild_match(&w, path + one->n_plain);
}

const struct rule *rules_match(const struct rules *r, const char *path, bool is_dir)
{
	if (!r->n)
		return NULL;
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n_name = strlen(name);
	for (size_t i = r->n; i--;)
		if (!r->r[i].never && (is_dir || !r->r[i].dirs_only) &&
		    matches(r, &r->r[i], path, name, n_name))
			return &r->r[i];
	return NULL;
}

void rules_release(struct rules *r)
{
	mem_free(r->r);
	mem_free(r->text);
	*r = (struct rules)RULES_INIT;
}
