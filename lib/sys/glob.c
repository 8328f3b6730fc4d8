/* Patterns for paths; see glob.h. */
#include "sys/glob.h"

#include <stdint.h>
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

/* What stands at a byte of a pattern. */
enum what { PLAIN, NEVER, ONE, CLASS, STAR, DEEP, DEEP_ON, OPEN, SEP };

/*
 * A pattern as an automaton (Thompson 1968) whose states are its bytes, so that a match takes at most as long
 * as both are, multiplied, whatever "*", "**" and "{" it has: they come from whoever asks a server.
 */
struct form {
	const char *p;
	size_t n;
	uint8_t what[PATTERN_MAX + 1];
	uint16_t next[PATTERN_MAX + 1];	/* PLAIN, CLASS: behind it; SEP: behind the "}" */
	uint16_t alt[PATTERN_MAX + 1];	/* OPEN, SEP: the SEP that ends this alternative; 0: there is none */
};

/* States that are on. */
struct states {
	uint16_t at[PATTERN_MAX + 1];
	size_t n;
	uint8_t on[PATTERN_MAX + 1];
};

/* The "{" that are open: where, and the last "," of each. */
struct braces {
	uint16_t open[PATTERN_MAX], last[PATTERN_MAX];
	size_t n;
};

/* "," or "}" of the innermost "{". */
static void form_sep(struct form *f, struct braces *b, size_t i)
{
	f->what[i] = SEP;
	f->alt[i] = 0;
	f->alt[b->last[b->n - 1]] = (uint16_t)i;
	b->last[b->n - 1] = (uint16_t)i;
	if (f->p[i] != '}')
		return;
	b->n--;
	for (size_t k = f->alt[b->open[b->n]]; k; k = f->alt[k])
		f->next[k] = (uint16_t)(i + 1);
}

/* The byte at i and what belongs to it: where the next is, 0: a "[" is not closed. */
static size_t form_at(struct form *f, struct braces *b, size_t i)
{
	const char *p = f->p + i, *end;
	f->what[i] = *p == '?' ? ONE : *p == '*' ? STAR : PLAIN;
	f->next[i] = (uint16_t)(i + 1);
	if (*p == '\\') {
		f->what[i] = p[1] ? PLAIN : NEVER;
		f->next[i] = (uint16_t)(p[1] ? i + 2 : i + 1);
	} else if (*p == '[') {
		f->what[i] = CLASS;
		in_class(p + 1, 0, &end);
		f->next[i] = (uint16_t)(end ? end - f->p : 0);
	} else if (*p == '*' && p[1] == '*') {
		f->what[i] = DEEP;
		f->what[i + 1] = DEEP_ON;
		return i + 2;
	} else if (*p == '{') {
		f->what[i] = OPEN;
		b->open[b->n] = b->last[b->n] = (uint16_t)i;
		b->n++;
	} else if (b->n && (*p == ',' || *p == '}')) {
		form_sep(f, b, i);
		return i + 1;
	}
	return f->next[i];
}

/* NULL, or what is wrong with the pattern, of at most PATTERN_MAX bytes. */
static const char *form_make(struct form *f, const char *pattern, size_t n)
{
	struct braces b;
	b.n = 0;
	f->p = pattern;
	f->n = n;
	for (size_t i = 0; i < n;) {
		i = form_at(f, &b, i);
		if (!i)
			return "[ without ]";
	}
	return b.n ? "{ without }" : NULL;
}

/* State i, and those that are reached from it by no byte. */
static void turn_on(const struct form *f, struct states *s, size_t i)
{
	if (s->on[i])
		return;
	s->on[i] = 1;
	if (i == f->n || f->what[i] < OPEN)
		s->at[s->n++] = (uint16_t)i;
	if (i == f->n)
		return;
	if (f->what[i] == OPEN) {
		for (size_t k = i; f->alt[k]; k = f->alt[k])
			turn_on(f, s, k + 1);
	} else if (f->what[i] == SEP) {
		turn_on(f, s, f->next[i]);
	} else if (f->what[i] == STAR || f->what[i] == DEEP_ON) {
		turn_on(f, s, i + 1);
	} else if (f->what[i] == DEEP) {	/* followed by "/" it also stands for nothing */
		size_t k = i + 2;
		while (k < f->n && f->what[k] == SEP)
			k = f->next[k];
		turn_on(f, s, i + 1);
		if (k < f->n && f->p[k] == '/')
			turn_on(f, s, k + 1);
	}
}

/* Where state i goes with byte c; 0: nowhere. */
static size_t go(const struct form *f, size_t i, unsigned char c)
{
	const char *unused;
	switch ((enum what)f->what[i]) {
	case PLAIN: return (unsigned char)f->p[f->next[i] - 1] == c ? f->next[i] : 0;
	case ONE: return c != '/' ? i + 1 : 0;
	case CLASS: return in_class(f->p + i + 1, c, &unused) ? f->next[i] : 0;
	default: return 0;
	}
}

static void states_clear(struct states *s, size_t n)
{
	s->n = 0;
	memset(s->on, 0, n + 1);
}

static bool form_match(const struct form *f, const char *path)
{
	struct states set[2], *now = set, *then = set + 1;
	states_clear(now, f->n);
	turn_on(f, now, 0);
	for (const char *c = path; *c && now->n; c++) {
		states_clear(then, f->n);
		for (size_t k = 0; k < now->n; k++) {
			size_t i = now->at[k], to;
			if (i == f->n)
				continue;
			if ((f->what[i] == STAR && *c != '/') || f->what[i] == DEEP_ON)
				turn_on(f, then, i);
			else if ((to = go(f, i, (unsigned char)*c)))
				turn_on(f, then, to);
		}
		struct states *was = now;
		now = then;
		then = was;
	}
	return now->on[f->n];
}

/* Without "**" and "{" the last "*" alone is tried again, from where it stood. */
static bool match_plain(const char *p, const char *s)
{
	const char *star = NULL, *star_s = NULL;
	for (;;) {
		const char *next = p + 1;
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
	struct form f;
	for (; *pattern && !strchr("*?[\\{", *pattern); pattern++, path++)	/* as most are told apart */
		if (*pattern != *path)
			return false;
	if (!strchr(pattern, '{') && !strstr(pattern, "**"))
		return match_plain(pattern, path);
	size_t n = strlen(pattern);
	return n <= PATTERN_MAX && !form_make(&f, pattern, n) && form_match(&f, path);
}

static int check(const char *p, struct err *e)
{
	struct form f;
	const char *wrong = form_make(&f, p, strlen(p));
	return wrong ? err_set(e, ERR_USAGE, "pattern %s: %s", p, wrong) : 0;
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
		if (glob_match(one->pattern, one->anchored || !slash ? path : slash + 1))
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
