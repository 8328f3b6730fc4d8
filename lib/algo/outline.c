/* Headings and definitions by their looks; see outline.h. */
#include "algo/outline.h"

#include <string.h>

enum { LOOK_BACK = 1 << 18 };	/* bytes before a passage that are looked at */

struct line {
	const char *p;
	size_t n;		/* without its LF */
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (c >= '0' && c <= '9');
}

/* Does s start with one of the words, as a whole word? */
static bool starts_with_word(const char *s, size_t n, const char *const *words)
{
	for (size_t i = 0; words[i]; i++) {
		size_t k = strlen(words[i]);
		if (n > k && !memcmp(s, words[i], k) && !is_word(s[k]))
			return true;
	}
	return false;
}

static bool is_definition(const char *p, size_t n)
{
	static const char *const nested[] = {
		"def",	"class", "async def", "fn",  "pub fn", "func",	  "function",  "interface",
		"impl", "trait", "module",    "sub", "public", "private", "protected", NULL};
	static const char *const control[] = {
		"if",	"else",	   "for",     "while", "switch",  "return", "case",  "do",
		"goto", "default", "import",  "from",  "include", "use",    "using", "package",
		"try",	"except",  "finally", "with",  "print",	  NULL};
	static const char *const top[] = {"struct", "enum",	 "union",    "typedef",
					  "type",   "namespace", "template", "const",
					  "static", "export",	 "extern",   NULL};
	size_t indent = 0;
	while (indent < n && (p[indent] == ' ' || p[indent] == '\t'))
		indent++;
	p += indent;
	n -= indent;
	if (!n || starts_with_word(p, n, control))
		return false;
	if (starts_with_word(p, n, nested))
		return true;
	if (indent || !is_word(p[0]) || (p[0] >= '0' && p[0] <= '9') || p[n - 1] == ':')
		return false;
	return starts_with_word(p, n, top) || (memchr(p, '(', n) && p[n - 1] != ';');
}

static bool is_heading(const char *p, size_t n, const char *next, size_t n_next)
{
	size_t k = 0;
	if (n && (p[0] == '#' || p[0] == '=' || p[0] == '*')) {
		while (k < n && p[k] == p[0])
			k++;
		return k < n && k <= 6 && p[k] == ' ' && (p[0] != '*' || k > 1);
	}
	if (n < 2 || n > 100 || n_next < 3 || n_next + 2 < n || p[0] == ' ' || p[0] == '\t')
		return false;
	if (next[0] != '=' && next[0] != '-' && next[0] != '~' && next[0] != '^')
		return false;
	for (k = 1; k < n_next; k++)
		if (next[k] != next[0])
			return false;
	return true;
}

static struct line line_at(const char *text, size_t n, size_t at)
{
	const char *lf = at < n ? memchr(text + at, '\n', n - at) : NULL;
	size_t len = at >= n ? 0 : lf ? (size_t)(lf - (text + at)) : n - at;
	if (len && text[at + len - 1] == '\r')
		len--;
	return (struct line){text + at, len};
}

static bool matches(const char *text, size_t n, size_t at, enum outline_kind kind)
{
	struct line l = line_at(text, n, at);
	if (kind == OUTLINE_CODE)
		return is_definition(l.p, l.n);
	const char *lf = memchr(text + at, '\n', n - at);
	struct line next = line_at(text, n, lf ? (size_t)(lf - text) + 1 : n);
	return is_heading(l.p, l.n, next.p, next.n);
}

static size_t line_start(const char *text, size_t at)
{
	while (at && text[at - 1] != '\n')
		at--;
	return at;
}

static bool found(const char *text, size_t n, size_t start, size_t *at, size_t *len)
{
	struct line l = line_at(text, n, start);
	size_t skip = 0;
	while (skip < l.n && (l.p[skip] == ' ' || l.p[skip] == '\t' || l.p[skip] == '#'))
		skip++;
	while (l.n > skip && (l.p[l.n - 1] == ' ' || l.p[l.n - 1] == '\t' || l.p[l.n - 1] == '{'))
		l.n--;
	*at = start + skip;
	*len = l.n - skip;
	return *len > 0;
}

bool outline_find(const char *text, size_t n, size_t off, enum outline_kind kind, size_t *at,
		  size_t *len)
{
	size_t start = line_start(text, off), limit = off > LOOK_BACK ? off - LOOK_BACK : 0;
	/* a passage that opens with its own definition, a comment above it allowed for */
	for (size_t i = 0, p = start; i < 12 && p < n; i++) {
		const char *lf = memchr(text + p, '\n', n - p);
		if (matches(text, n, p, kind))
			return found(text, n, p, at, len);
		if (!lf || (kind == OUTLINE_PROSE && i == 2))
			break;
		p = (size_t)(lf - text) + 1;
	}
	while (start > limit) {
		start = line_start(text, start - 1);
		if (matches(text, n, start, kind))
			return found(text, n, start, at, len);
	}
	return false;
}
