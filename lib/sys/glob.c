/* Patterns for paths; see glob.h. */
#include "sys/glob.h"

#include <string.h>

#include "base/mem.h"

struct glob {
	char *pattern;		/* without "!", leading and trailing slash */
	bool exclude, dirs_only, anchored;
};

enum { PATTERN_MAX = 1000 };

/* Is c in the class at p ("[" passed)? *next is after its "]", NULL when there is none. */
static bool in_class(const char *p, unsigned char c, const char **next)
{
	bool negate = *p == '!' || *p == '^', hit = false;
	const char *start = p += negate;
	for (; *p && (*p != ']' || p == start); p++) {
		unsigned char from = (unsigned char)*p, to;
		if (*p == '\\' && p[1])
			from = (unsigned char)*++p;
		to = from;
		if (p[1] == '-' && p[2] && p[2] != ']') {
			p += 2;
			if (*p == '\\' && p[1])
				p++;
			to = (unsigned char)*p;
		}
		hit |= c >= from && c <= to;
	}
	*next = *p ? p + 1 : NULL;
	return *p && hit != negate && c != '/';
}

static bool match(const char *p, const char *s);

/* After "**" at p-2: "**" followed by "/" also stands for nothing. */
static bool match_any_depth(const char *p, const char *s)
{
	if (*p == '/' && match(p + 1, s))
		return true;
	for (;; s++) {
		if (match(p, s))
			return true;
		if (!*s)
			return false;
	}
}

/* The end of the alternative at p: its "," or "}". */
static const char *alternative_end(const char *p)
{
	for (int depth = 0; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '{')
			depth++;
		else if (*p == '}' && depth-- == 0)
			return p;
		else if (*p == ',' && depth == 0)
			return p;
	}
	return NULL;
}

/* "{a,b}rest" at p ("{" passed): each alternative with the rest in turn. */
static bool match_alternatives(const char *p, const char *s)
{
	const char *close = p, *end;
	while ((end = alternative_end(close)) && *end == ',')
		close = end + 1;
	if (!end)
		return false;
	close = end;
	for (const char *from = p;; from = end + 1) {
		char one[PATTERN_MAX + 1];
		end = alternative_end(from);
		size_t k = (size_t)(end - from), rest = strlen(close + 1);
		memcpy(one, from, k);
		memcpy(one + k, close + 1, rest + 1);
		if (match(one, s))
			return true;
		if (end == close)
			return false;
	}
}

/* One "*" is tried again from where it stood; "**" and "{" recurse. */
static bool match(const char *p, const char *s)
{
	const char *star = NULL, *star_s = NULL;
	for (;;) {
		const char *next = p + 1;
		if (*p == '*' && p[1] == '*')
			return match_any_depth(p + 2, s) ||
			       (star && *star_s && *star_s != '/' && match(star, star_s + 1));
		if (*p == '{')
			return match_alternatives(p + 1, s) ||
			       (star && *star_s && *star_s != '/' && match(star, star_s + 1));
		if (*p == '*') {
			star = p++;
			star_s = s;
			continue;
		}
		if (!*s && !*p)
			return true;
		bool hit = *s && *p && ((*p == '?' && *s != '/') ||
			   (*p == '[' && in_class(p + 1, (unsigned char)*s, &next)) ||
			   (*p == '\\' && p[1] && p[1] == *s && (next = p + 2)) ||
			   (*p != '?' && *p != '[' && *p != '\\' && *p == *s));
		if (hit) {
			p = next;
			s++;
		} else {
			if (!star || !*star_s || *star_s == '/')
				return false;
			s = ++star_s;
			p = star + 1;
		}
	}
}

bool glob_match(const char *pattern, const char *path)
{
	return match(pattern, path);
}

static int check(const char *p, struct err *e)
{
	for (const char *q = p; *q; q++) {
		const char *next;
		if (*q == '\\' && q[1])
			q++;
		else if (*q == '{') {
			const char *end = q + 1, *a;
			while ((a = alternative_end(end)) && *a == ',')
				end = a + 1;
			if (!a)
				return err_set(e, ERR_USAGE, "pattern %s: { without }", p);
		} else if (*q == '[') {
			in_class(q + 1, 0, &next);
			if (!next)
				return err_set(e, ERR_USAGE, "pattern %s: [ without ]", p);
			q = next - 1;
		}
	}
	return 0;
}

int globs_add(struct globs *g, const char *pattern, struct err *e)
{
	struct glob one = {.exclude = *pattern == '!'};
	const char *p = pattern + one.exclude;
	size_t n = strlen(p);
	if (n && p[n - 1] == '/') {
		one.dirs_only = true;
		n--;
	}
	if (!n || n > PATTERN_MAX)
		return err_set(e, ERR_USAGE, "pattern %s: want 1 to %d bytes", pattern,
			       PATTERN_MAX);
	one.anchored = memchr(p, '/', n);
	if (*p == '/') {
		p++;
		n--;
	}
	one.pattern = mem_strndup(p, n);
	if (check(one.pattern, e)) {
		mem_free(one.pattern);
		return -1;
	}
	g->g = mem_realloc(g->g, (g->n + 1) * sizeof *g->g);
	g->g[g->n++] = one;
	g->n_include += !one.exclude;
	return 0;
}

/* The last pattern that matches path itself; NULL: none. */
static const struct glob *last_match(const struct globs *g, const char *path, bool is_dir)
{
	const char *slash = strrchr(path, '/');
	for (size_t i = g->n; i--;) {
		const struct glob *one = &g->g[i];
		if (one->dirs_only && !is_dir)
			continue;
		if (match(one->pattern, one->anchored || !slash ? path : slash + 1))
			return one;
	}
	return NULL;
}

int globs_decide(const struct globs *g, const char *path, bool is_dir, const char **pattern)
{
	const struct glob *hit, *by = NULL;
	char *part = mem_strdup(path);
	for (char *slash = strchr(part, '/'); slash && !(by && by->exclude);
	     slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if ((hit = last_match(g, part, true)))
			by = hit;
		*slash = '/';
	}
	if (!(by && by->exclude) && (hit = last_match(g, path, is_dir)))
		by = hit;
	mem_free(part);
	*pattern = by ? by->pattern : NULL;
	return !by ? 0 : by->exclude ? -1 : 1;
}

bool globs_take(const struct globs *g, const char *path)
{
	const char *unused;
	if (!g->n)
		return true;
	int d = globs_decide(g, path, false, &unused);
	return d > 0 || (d == 0 && !g->n_include);
}

void globs_release(struct globs *g)
{
	for (size_t i = 0; i < g->n; i++)
		mem_free(g->g[i].pattern);
	mem_free(g->g);
	*g = (struct globs)GLOBS_INIT;
}
