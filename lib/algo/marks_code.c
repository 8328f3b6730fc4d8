/* Definitions of code, from the lines that ctags(1) gives to their extent; see marks.h. */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "algo/marks.h"
#include "algo/passages_lines.h"
#include "base/mem.h"

enum {
	LEAD_LINES = 400,		/* so many lines above a definition may belong to it */
	WRAP_LINES = 12,		/* of them so many of an attribute over several lines */
};

/* What of a language's looks counts here. */
struct looks {
	bool hash_comments, dash_comments, type_above;
};

struct lines {
	const char *text;
	size_t *at, n;			/* line i is [at[i], at[i + 1]) */
	struct looks l;
};

static bool is_in(const char *lang, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(lang, *list))
			return true;
	return false;
}

static struct looks looks_of(const char *lang)
{
	static const char *const no_hash[] = {"c", "c++", "c#", "objective-c", "cuda", "glsl", "d",
					      "swift", "verilog", "rust", "css", "matlab", NULL};
	static const char *const dash[] = {"sql", "lua", "haskell", "ada", "elm", "vhdl", NULL};
	static const char *const above[] = {"c", "c++", "objective-c", "cuda", "glsl", NULL};
	return (struct looks){!is_in(lang, no_hash), is_in(lang, dash), is_in(lang, above)};
}

static void index_lines(struct lines *s, const char *text, size_t n)
{
	size_t cap = 256;
	s->text = text;
	s->at = mem_array(cap, sizeof *s->at);
	for (size_t at = 0; at < n; at = line_end(text, n, at)) {
		if (s->n + 2 > cap)
			s->at = mem_realloc(s->at, (cap *= 2) * sizeof *s->at);
		s->at[s->n++] = at;
	}
	s->at[s->n] = n;
}

/* Where line i's text begins, and where it ends without white space. */
static size_t first_of(const struct lines *s, size_t i)
{
	size_t at = s->at[i];
	while (at < s->at[i + 1] && is_space(s->text[at]))
		at++;
	return at;
}

static size_t last_of(const struct lines *s, size_t i)
{
	size_t end = s->at[i + 1];
	while (end > s->at[i] && is_space(s->text[end - 1]))
		end--;
	return end;
}

static bool is_blank(const struct lines *s, size_t i)
{
	return first_of(s, i) == s->at[i + 1];
}

static unsigned indent_of(const struct lines *s, size_t i)
{
	return line_indent(s->text, s->at[i + 1], s->at[i]);
}

static bool starts(const struct lines *s, size_t i, const char *word)
{
	size_t at = first_of(s, i), k = strlen(word);
	return s->at[i + 1] - at >= k && !memcmp(s->text + at, word, k);
}

static bool ends(const struct lines *s, size_t i, const char *word)
{
	size_t end = last_of(s, i), k = strlen(word);
	return end - s->at[i] >= k && !memcmp(s->text + end - k, word, k);
}

static bool is_comment(const struct lines *s, size_t i)
{
	if (starts(s, i, "//") || starts(s, i, "/*") || starts(s, i, "* ") || starts(s, i, "*\n") ||
	    starts(s, i, "*\r") || starts(s, i, "*/") ||
	    starts(s, i, ";;") || (s->l.dash_comments && starts(s, i, "--")))
		return true;
	return s->l.hash_comments && starts(s, i, "#") && !starts(s, i, "#!");
}

static bool is_attribute(const struct lines *s, size_t i)
{
	return (starts(s, i, "@") && !starts(s, i, "@end")) || starts(s, i, "#[") ||
	       (starts(s, i, "[") && ends(s, i, "]")) || starts(s, i, "template") ||
	       starts(s, i, "__attribute__");
}

/* The first line of a comment or an attribute over several lines, the last of which is i; else i + 1. */
static size_t wrapped_from(const struct lines *s, size_t i, size_t low)
{
	bool comment = ends(s, i, "*/");
	unsigned indent = indent_of(s, i);
	char c = s->text[first_of(s, i)];
	size_t most = comment ? LEAD_LINES : WRAP_LINES;
	if (!comment && c != ')' && c != ']' && c != '}')
		return i + 1;
	for (size_t j = i; j-- > low && i - j < most;) {
		if (comment ? starts(s, j, "/*") : is_attribute(s, j) && indent_of(s, j) == indent)
			return j;
		if (comment ? ends(s, j, "*/") : is_blank(s, j) || indent_of(s, j) < indent)
			break;
	}
	return i + 1;
}

/* "static int" on a line of its own, above "main(void)". */
static bool is_type_above(const struct lines *s, size_t i, unsigned indent)
{
	size_t at = first_of(s, i), end = last_of(s, i);
	if (!s->l.type_above || indent_of(s, i) != indent || at == end)
		return false;
	return (isalpha((unsigned char)s->text[at]) || s->text[at] == '_') &&
	       !strchr(";{}:,\\)>", s->text[end - 1]);
}

/* The first line of what belongs to the definition in line i, none above low. */
static size_t lead(const struct lines *s, size_t i, size_t low)
{
	unsigned indent = indent_of(s, i);
	size_t from = i;
	while (from > low && i - from < LEAD_LINES && !is_blank(s, from - 1)) {
		size_t j = from - 1;
		if (is_comment(s, j) || is_attribute(s, j) || is_type_above(s, j, indent)) {
			from = ends(s, j, "*/") && !starts(s, j, "/*") ? wrapped_from(s, j, low) : j;
			if (from > j)
				return j;
			continue;
		}
		size_t w = wrapped_from(s, j, low);
		if (w > j)
			break;
		from = w;
	}
	return from;
}

/* A line as far left as the definition that still belongs to it: "}", ") -> int {", "where", "{". */
static bool goes_on(const struct lines *s, size_t i)
{
	return line_is_closer(s->text, s->at[i], s->at[i + 1]) || starts(s, i, "where") ||
	       starts(s, i, "{") || starts(s, i, ":");
}

/* The last line of the definition in line i, by indentation. */
static size_t extent(const struct lines *s, size_t i)
{
	unsigned indent = indent_of(s, i);
	size_t last = i;
	for (size_t j = i + 1; j < s->n; j++) {
		if (is_blank(s, j))
			continue;
		unsigned in = indent_of(s, j);
		if (in < indent || (in == indent && !goes_on(s, j)))
			break;
		last = j;
		char c = s->text[first_of(s, j)];
		if (in == indent && (c == '}' || c == 'e') && !ends(s, j, "{"))
			break;
	}
	return last;
}

static int compare(const void *a, const void *b)
{
	const struct tag *x = *(const struct tag *const *)a, *y = *(const struct tag *const *)b;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->maybe != y->maybe)
		return x->maybe ? 1 : -1;
	if (x->kind != y->kind)
		return x->kind > y->kind ? -1 : 1;	/* a type may be around a function */
	return x < y ? -1 : x > y;
}

static void add(struct marks *m, const struct lines *s, const struct tag *t, size_t low)
{
	size_t i = t->line - 1;
	size_t last = t->end_line >= t->line && t->end_line <= s->n ? t->end_line - 1 : extent(s, i);
	size_t from = lead(s, i, low);
	if (t->maybe && last < i + 2)
		return;
	struct mark *x = marks_add(m, t->kind, s->at[from], s->at[last + 1], t->name, t->n_name);
	size_t body = i;
	while (body > from && (is_attribute(s, body - 1) ||
			       is_type_above(s, body - 1, indent_of(s, i))))
		body--;
	x->body = s->at[body];
	x->scope = m->names.len;
	x->n_scope = t->n_scope < MARK_NAME_MAX ? t->n_scope : 0;
	buf_add(&m->names, t->scope, x->n_scope);
}

/* The line that byte off, a line's start or the end, begins. */
static size_t line_of(const struct lines *s, size_t off)
{
	size_t lo = 0, hi = s->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->at[mid] < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* What a method is called that ctags has missed: the word before the first parenthesis. */
static size_t method_name(const struct lines *s, size_t i, const char **name)
{
	static const char *const none[] = {"if", "for", "while", "switch", "catch", "return", NULL};
	size_t at = s->at[i], end = s->at[i + 1], from;
	const char *open = memchr(s->text + at, '(', end - at);
	size_t to = open ? (size_t)(open - s->text) : at;
	for (from = to; from > at; from--) {
		unsigned char c = (unsigned char)s->text[from - 1];
		if (!isalnum(c) && c != '_' && c != '$' && c < 0x80)
			break;
	}
	*name = s->text + from;
	for (size_t k = 0; none[k]; k++)
		if (strlen(none[k]) == to - from && !memcmp(*name, none[k], to - from))
			return 0;
	return to - from;
}

/* Lines [from, to), in type `in` or in none, in which no function or type is known: their blocks. */
static void add_blocks(struct marks *m, const struct lines *s, size_t from, size_t to, bool in_type)
{
	unsigned base = UINT_MAX;
	for (size_t i = from; i < to; i++)
		if (!is_blank(s, i) && !line_is_closer(s->text, s->at[i], s->at[i + 1]) &&
		    !starts(s, i, "#") && indent_of(s, i) < base)
			base = indent_of(s, i);
	for (size_t i = from, j; i < to; i = j) {
		const char *name = "";
		size_t n_name = 0, k = i;
		for (j = i + 1; j < to; j++)
			if (is_blank(s, j - 1) && !is_blank(s, j) && indent_of(s, j) <= base &&
			    !goes_on(s, j))
				break;
		while (k + 1 < j && (is_blank(s, k) || is_comment(s, k) || is_attribute(s, k)))
			k++;
		if (in_type && indent_of(s, k) == base)
			n_name = method_name(s, k, &name);
		if (i > from || j < to)
			marks_add(m, MARK_BLOCK, s->at[i], s->at[j], name, n_name);
	}
}

/* Between the functions and types that are known, inside types and outside. */
static void fill_gaps(struct marks *m, const struct lines *s)
{
	size_t n = m->n;
	for (size_t c = 0; c <= n; c++) {	/* a type, or at last the file */
		struct mark in = {.off = 0, .end = s->at[s->n], .kind = MARK_TYPE, .parent = MARK_NONE};
		if (c < n)
			in = m->p[c];
		if (in.kind != MARK_TYPE)
			continue;
		/* its own first line is not in it */
		size_t at = line_of(s, in.off) + (c < n), end = line_of(s, in.end);
		if (c < n && in.body > in.off)
			at = line_of(s, in.body) + 1;
		for (size_t i = c < n ? c + 1 : 0; i < n && m->p[i].off < in.end;) {
			const struct mark x = m->p[i++];
			if (x.kind != MARK_FUNCTION && x.kind != MARK_TYPE)
				continue;
			if (line_of(s, x.off) > at)
				add_blocks(m, s, at, line_of(s, x.off), c < n);
			at = line_of(s, x.end);
			while (i < n && m->p[i].off < x.end)
				i++;
		}
		if (end > at + 1)
			add_blocks(m, s, at, end, c < n);
	}
}

void marks_tags(struct marks *m, const char *lang, const char *text, size_t n,
		const struct tag *tag, size_t n_tags)
{
	struct lines s = {.l = looks_of(lang)};
	const struct tag **order = mem_array(n_tags + 1, sizeof *order);
	size_t k = 0, before = 0;
	index_lines(&s, text, n);
	for (size_t i = 0; i < n_tags; i++)
		if (tag[i].line && tag[i].line <= s.n)
			order[k++] = &tag[i];
	qsort(order, k, sizeof *order, compare);
	for (size_t i = 0; i < k; i++) {
		/* of two on a line the first is around the other, or they are one */
		if (i && order[i]->line == order[i - 1]->line)
			continue;
		add(m, &s, order[i], before);
		before = order[i]->line;
	}
	marks_nest(m, n);
	if (k)
		fill_gaps(m, &s);
	mem_free(order);
	mem_free(s.at);
}
