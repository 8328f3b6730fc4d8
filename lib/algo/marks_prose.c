/* Sections of prose by their headings; see marks.h. */
#include <string.h>

#include "algo/marks.h"
#include "algo/passages_lines.h"

enum { LEVELS = 8 };

/* Sections that have not ended: marks by number, outermost first. */
struct open {
	struct marks *m;
	size_t mark[LEVELS];
	unsigned level[LEVELS];
	size_t n;
	char ruler[2 * LEVELS];		/* underlined titles: kinds of rulers as they came up */
	size_t n_rulers;
};

static void close_from(struct open *o, unsigned level, size_t at)
{
	while (o->n && o->level[o->n - 1] >= level)
		o->m->p[o->mark[--o->n]].end = at;
}

static void open_section(struct open *o, unsigned level, size_t at, const char *name, size_t n_name)
{
	close_from(o, level, at);
	if (o->n == LEVELS)
		return;
	marks_add(o->m, MARK_SECTION, at, at, name, n_name);
	o->mark[o->n] = o->m->n - 1;
	o->level[o->n++] = level;
}

static unsigned run_of(const char *p, size_t n)
{
	unsigned k = 0;
	while (k < n && p[k] == p[0])
		k++;
	return k;
}

/* A title over a ruler, or between two: their order in the text is their level. */
static unsigned ruler_level(struct open *o, enum text_style style, char c, bool over)
{
	char key = over ? (char)(c | 0x80) : c;
	if (style == STYLE_MARKDOWN)
		return c == '=' ? 1 : 2;
	char *at = o->n_rulers ? memchr(o->ruler, key, o->n_rulers) : NULL;
	if (at)
		return 1 + (unsigned)(at - o->ruler);
	if (o->n_rulers < sizeof o->ruler)
		o->ruler[o->n_rulers++] = key;
	return (unsigned)o->n_rulers;
}

static unsigned word_level(const char *p, size_t n)
{
	static const struct {
		const char *word;
		unsigned level;
	} words[] = {{"\\part", 1}, {"\\chapter", 2}, {"@chapter", 2}, {"\\section", 3},
		     {"@section", 3}, {"\\subsection", 4}, {"@subsection", 4},
		     {"\\subsubsection", 5}, {"\\paragraph", 6}, {".SH", 1}, {".Sh", 1},
		     {".SS", 2}, {".Ss", 2}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t k = strlen(words[i].word);
		if (n > k && !memcmp(p, words[i].word, k))
			return words[i].level;
	}
	return 0;
}

/* Where the title in [*p, *p + *n) is, without marks around it. */
static void trim_title(const char **p, size_t *n, const char *lead, const char *tail)
{
	while (*n && **p && (is_space(**p) || strchr(lead, **p)))
		(*p)++, (*n)--;
	while (*n && (*p)[*n - 1] && (is_space((*p)[*n - 1]) || strchr(tail, (*p)[*n - 1])))
		(*n)--;
}

/* TeX: what is between the first braces. Man: the words without quotes. */
static void word_title(enum text_style style, const char **p, size_t *n)
{
	const char *brace = style == STYLE_TEX && **p == '\\' ? memchr(*p, '{', *n) : NULL;
	if (brace) {
		*n -= (size_t)(brace + 1 - *p);
		*p = brace + 1;
		const char *close = memchr(*p, '}', *n);
		*n = close ? (size_t)(close - *p) : *n;
		return;
	}
	while (*n && !is_space(**p))
		(*p)++, (*n)--;
	trim_title(p, n, "\"", "\"");
}

/* The heading that starts at a line: its section is opened. Returns where to go on. */
static size_t heading(struct open *o, enum text_style style, const char *text, size_t n, size_t at,
		      size_t end)
{
	const char *p = text + at;
	size_t len = end - at;
	unsigned level = 0;
	if (style == STYLE_TEX || style == STYLE_MAN) {
		level = word_level(p, len);
		word_title(style, &p, &len);
	} else if (*p == '#' || *p == '*' || (*p == '=' && style == STYLE_ASCIIDOC)) {
		static const char lead[] = "#*=";
		if (style != STYLE_TEXT) {
			level = run_of(p, len);
			trim_title(&p, &len, lead, style == STYLE_ORG ? "" : "#=");
		}
	}
	if (!level) {
		bool over = line_is_ruler(text, at, end);
		size_t title = over ? end : at, under = line_end(text, n, title);
		if (style == STYLE_TEX || style == STYLE_MAN || under >= n)
			return end;
		level = ruler_level(o, style, text[under], over);
		p = text + title;
		len = under - title;
		trim_title(&p, &len, "", "");
		end = line_end(text, n, under);
	}
	open_section(o, level, at, p, len);
	return end;
}

void marks_headings(struct marks *m, enum text_style style, const char *text, size_t n)
{
	struct open o = {.m = m};
	bool fence = false;
	if (style == STYLE_CODE)
		return;
	for (size_t at = blank_end(text, n, 0, n), end; at < n; at = end) {
		end = line_end(text, n, at);
		bool edge = style == STYLE_MARKDOWN && line_is_fence(text, at, end);
		fence ^= edge;
		if (!edge && !fence && line_is_heading(style, text, n, at, end))
			end = heading(&o, style, text, n, at, end);
	}
	close_from(&o, 0, n);
}
