/* What a line is and where a sentence ends; see passages_lines.h. */
#include "algo/passages_lines.h"

#include <ctype.h>
#include <string.h>

enum { HEADING_MAX = 200 };	/* bytes; longer lines are text whatever they start with */

/* NUL is in no set. */
static bool is_one_of(char c, const char *set)
{
	while (*set && *set != c)
		set++;
	return *set;
}

size_t line_end(const char *text, size_t n, size_t at)
{
	const char *p = memchr(text + at, '\n', n - at);
	return p ? (size_t)(p - text) + 1 : n;
}

size_t blank_end(const char *text, size_t n, size_t at, size_t max)
{
	size_t end = at;
	for (size_t i = at; i < n && i - at < max; i++) {
		if (!is_space(text[i]))
			return end;
		if (text[i] == '\n' || i + 1 == n)
			end = i + 1;
	}
	return end;
}

unsigned line_indent(const char *text, size_t n, size_t at)
{
	unsigned col = 0;
	for (; at < n && (text[at] == ' ' || text[at] == '\t') && col < 64; at++)
		col = text[at] == '\t' ? (col / 8 + 1) * 8 : col + 1;
	return col;
}

/* The line without its trailing white space. */
static size_t trim(const char *text, size_t at, size_t end)
{
	while (end > at && is_space(text[end - 1]))
		end--;
	return end;
}

bool line_is_ruler(const char *text, size_t at, size_t end)
{
	end = trim(text, at, end);
	if (end - at < 3 || !is_one_of(text[at], "=-~^\"'`*+#:._"))
		return false;
	for (size_t i = at + 1; i < end; i++)
		if (text[i] != text[at])
			return false;
	return true;
}

/* A title over (and maybe under) a ruler at least about as long, as in reStructuredText. */
static bool is_underlined(const char *text, size_t n, size_t at, size_t end)
{
	size_t next = line_end(text, n, end);
	size_t len = trim(text, at, end) - at;
	if (end >= n || !len || is_space(text[at]) || len > HEADING_MAX)
		return false;
	if (line_is_ruler(text, at, end)) {
		size_t after = line_end(text, n, next);
		return next < n && !line_is_ruler(text, end, next) && trim(text, end, next) > end &&
		       text[at] == text[next] && line_is_ruler(text, next, after);
	}
	size_t ruler = trim(text, end, next) - end;
	return line_is_ruler(text, end, next) && ruler + 2 >= (len < 8 ? len : 8);
}

/* A run of c at the line's start, 1 to max long, then a space. */
static bool starts_with_run(const char *text, size_t at, size_t end, char c, size_t max)
{
	size_t k = 0;
	while (at + k < end && text[at + k] == c)
		k++;
	return k && k <= max && at + k < end && text[at + k] == ' ';
}

static bool starts_with_any(const char *text, size_t at, size_t end, const char *const *words)
{
	for (; *words; words++) {
		size_t k = strlen(*words);
		if (end - at >= k && !memcmp(text + at, *words, k))
			return true;
	}
	return false;
}

bool line_is_heading(enum text_style style, const char *text, size_t n, size_t at, size_t end)
{
	static const char *const tex[] = {
		"\\part",	   "\\chapter",	   "\\section", "\\subsection",
		"\\subsubsection", "\\paragraph{", "@chapter ", "@section ",
		"@subsection ",	   "@node ",	   NULL};
	static const char *const man[] = {".SH", ".SS", ".Sh", ".Ss", NULL};
	if (end - at > HEADING_MAX)
		return false;
	switch (style) {
	case STYLE_TEXT: return is_underlined(text, n, at, end);
	case STYLE_MARKDOWN:
		return starts_with_run(text, at, end, '#', 6) || is_underlined(text, n, at, end);
	case STYLE_ORG: return starts_with_run(text, at, end, '*', 8);
	case STYLE_ASCIIDOC: return starts_with_run(text, at, end, '=', 6);
	case STYLE_TEX: return starts_with_any(text, at, end, tex);
	case STYLE_MAN: return starts_with_any(text, at, end, man);
	default: return false;
	}
}

bool line_is_item(const char *text, size_t at, size_t end)
{
	while (at < end && (text[at] == ' ' || text[at] == '\t'))
		at++;
	if (end - at < 3)
		return false;
	if (is_one_of(text[at], "-*+"))
		return text[at + 1] == ' ';
	size_t i = at;
	while (i < end && i - at < 4 && isdigit((unsigned char)text[i]))
		i++;
	if (i == at && isalpha((unsigned char)text[i]))
		i++;
	return i > at && i + 1 < end && (text[i] == '.' || text[i] == ')') && text[i + 1] == ' ';
}

bool line_is_fence(const char *text, size_t at, size_t end)
{
	while (at < end && text[at] == ' ')
		at++;
	return end - at >= 3 && (!memcmp(text + at, "```", 3) || !memcmp(text + at, "~~~", 3));
}

bool line_is_closer(const char *text, size_t at, size_t end)
{
	while (at < end && (text[at] == ' ' || text[at] == '\t'))
		at++;
	if (at < end &&
	    (is_one_of(text[at], "})]") || (text[at] == '{' && trim(text, at, end) == at + 1)))
		return true;
	return end - at >= 3 && !memcmp(text + at, "end", 3) &&
	       (end - at == 3 || !isalnum((unsigned char)text[at + 3]));
}

bool line_is_opener(const char *text, size_t at, size_t end)
{
	end = trim(text, at, end);
	return end > at && is_one_of(text[end - 1], "{([:\\");
}

/*
 * The word before a full stop at i is one that a sentence seldom ends with: an initial or an
 * abbreviation.
 */
static bool is_abbreviation(const char *text, size_t from, size_t i)
{
	static const char *const words[] = {"al",  "approx", "ca",  "cf",   "dr",  "e.g",  "eq",
					    "eqs", "etc",    "fig", "figs", "i.e", "mr",   "mrs",
					    "ms",  "no",     "pp",  "prof", "ref", "refs", "resp",
					    "sec", "st",     "vol", "vs",   NULL};
	size_t start = i;
	while (start > from && (isalpha((unsigned char)text[start - 1]) || text[start - 1] == '.'))
		start--;
	size_t k = i - start;
	if (k == 1 && isupper((unsigned char)text[start]))
		return true;
	for (const char *const *w = words; *w; w++) {
		size_t j = 0;
		while (j < k && (*w)[j] && tolower((unsigned char)text[start + j]) == (*w)[j])
			j++;
		if (j == k && !(*w)[j])
			return true;
	}
	return false;
}

/* Length of a full-width full stop, question or exclamation mark at p, else 0. */
static size_t wide_stop(const char *p, size_t n)
{
	if (n < 3)
		return 0;
	return !memcmp(p, "\xe3\x80\x82", 3) || !memcmp(p, "\xef\xbc\x81", 3) ||
	       !memcmp(p, "\xef\xbc\x9f", 3) ? 3 : 0;
}

/* After a stop at i: quotes and brackets belong to the sentence. */
static size_t skip_closers(const char *text, size_t i, size_t end)
{
	while (i < end) {
		if (is_one_of(text[i], "\"')]}*_"))
			i++;
		else if (end - i >= 3 && (!memcmp(text + i, "\xe2\x80\x9d", 3) ||
					  !memcmp(text + i, "\xe2\x80\x99", 3) ||
					  !memcmp(text + i, "\xe3\x80\x8d", 3)))
			i += 3;
		else
			break;
	}
	return i;
}

size_t sentence_end(const char *text, size_t at, size_t end, bool *ended)
{
	*ended = false;
	for (size_t i = at; i < end; i++) {
		unsigned char c = (unsigned char)text[i];
		size_t wide = c == 0xe3 || c == 0xef ? wide_stop(text + i, end - i) : 0;
		if (!wide && c != '.' && c != '!' && c != '?')
			continue;
		size_t j = skip_closers(text, i + (wide ? wide : 1), end);
		if (!wide && j < end && !is_space(text[j]))
			continue;
		if (c == '.' && is_abbreviation(text, at, i))
			continue;
		while (j < end && is_space(text[j]))
			j++;
		if (j < end && islower((unsigned char)text[j]))
			continue;
		*ended = true;
		return j;
	}
	return end;
}
