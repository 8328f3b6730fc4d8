/* Licences at the beginning of files, paragraph by paragraph of their comments; see licence.h. */
#define _GNU_SOURCE	/* memmem */
#include "algo/licence.h"

#include <stdbool.h>
#include <string.h>

#include "algo/passages_lines.h"

enum {
	PARA_MAX = 2048,	/* bytes of a paragraph's words that are looked at */
	MODE_MAX = 24,		/* bytes of an editor's line that says nothing else */
	WHOSE = 2,		/* words of weak[] that say no more than whose it is */
	REST_LOOK = 512,	/* bytes of the rest whose tokens are counted */
};

/* Words that say that this is a licence; and those that its other paragraphs have. */
static const char *const strong[] = {
	"permission is hereby granted", "permission to use copy modify",
	"permission is granted to anyone", "redistribution and use in source and binary",
	"licensed under the", "spdx license identifier", "free software you can redistribute",
	"terms of the gnu", "gnu general public license", "gnu lesser general public",
	"gnu library general public", "mozilla public license", "source code form is subject to",
	"contents of this file are subject to", "boost software license", "under the apache license",
	"found in the license", "bsd style license", "the mit license", "see license",
	"see the license", "see copying", "released under the", "in the public domain",
	"under the terms of", "source code is governed", NULL};
static const char *const weak[] = {
	"copyright", "all rights reserved", "license", "licence", "redistributions of source",
	"redistributions in binary", "neither the name of", "software is provided",
	"advertising material", "in the hope that it will be useful",
	"should have received a copy of", "required by applicable law", "if a copy of the mpl",
	"origin of this software must not", "altered source versions",
	"notice may not be removed", "as is without warranty", "this file is part of",
	"in no event shall", "under section 7 of gpl", "runtime library exception",
	"free software foundation", NULL};

/* A paragraph's words in lower case, a space before and after each. */
struct para {
	char p[PARA_MAX + 2];
	size_t n;
	size_t n_first;		/* of its first line */
	bool mode;		/* that is an editor's: -*- C++ -*- */
};

struct look {
	enum text_style style;
	const char *close;	/* what ends the comment at hand; NULL: it is one of lines, or none */
	struct para para;
	bool some;		/* a paragraph has been taken */
	bool sure;		/* ... with strong words */
	size_t end;		/* of what has been taken */
};

static bool says_any(const struct para *p, size_t n, const char *const *words)
{
	for (; *words; words++)
		if (memmem(p->p, n, *words, strlen(*words)))
			return true;
	return false;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (unsigned char)c >= 0x80;
}

/* The words of a line; false: it has none. */
static bool add_line(struct para *p, const char *s, size_t n)
{
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		if (!is_word(s[i]))
			continue;
		if ((!i || !is_word(s[i - 1])) && p->n < PARA_MAX)
			p->p[p->n++] = ' ';
		if (p->n < PARA_MAX)
			p->p[p->n++] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]);
		any = true;
	}
	if (any && !p->n_first) {
		p->n_first = p->n;
		p->mode = p->n < MODE_MAX && memmem(s, n, "-*-", 3);
	}
	return any;
}

/* The paragraph ends, with the line before at; false: it is no licence's. */
static bool end_para(struct look *l, size_t at)
{
	struct para *p = &l->para;
	bool firm = says_any(p, p->n, strong);
	bool other = firm || says_any(p, p->n, weak + WHOSE);
	bool taken = !p->n || (p->mode && !l->some) || other || says_any(p, p->n, weak);
	/* what the file is comes first, in some, or behind a line of SPDX's and before whose it is */
	if (p->n && !p->mode && (!l->some || !other))
		taken = says_any(p, p->n_first, strong) || says_any(p, p->n_first, weak);
	if (taken && p->n && (!p->mode || firm)) {
		l->some = true;
		l->sure |= firm;
		l->end = at;
	}
	p->n = p->n_first = 0;
	p->mode = false;
	return taken;
}

static bool starts(const char *s, size_t n, const char *with)
{
	size_t k = strlen(with);
	return n >= k && !memcmp(s, with, k);
}

/* What a block comment that starts here ends with; NULL: none does. */
static const char *block_end(const char *s, size_t n)
{
	return starts(s, n, "/*")     ? "*/"
	       : starts(s, n, "<!--") ? "-->"
	       : starts(s, n, "(*")   ? "*)"
	       : starts(s, n, "{-")   ? "-}"
				      : NULL;
}

static bool is_line_comment(enum text_style style, const char *s, size_t n)
{
	if (style == STYLE_MAN)
		return starts(s, n, ".\\\"") || starts(s, n, "'\\\"");
	if (style == STYLE_TEX)
		return starts(s, n, "%");
	if (starts(s, n, "#"))	/* neither #include nor #[...] */
		return n == 1 || strchr(" \t\r\n#!:*", s[1]);
	return starts(s, n, "//") || starts(s, n, "--") || starts(s, n, ";") || starts(s, n, "%") ||
	       starts(s, n, "dnl");
}

/* "#!/bin/sh", "<?php", "%YAML": before the first comment, and of no interest. */
static bool is_preamble(const char *s, size_t n, size_t at)
{
	return (!at && starts(s, n, "#!")) || (n < 60 && starts(s, n, "<?"));
}

/* The line, without blanks at its start; false: the licence ends before it at the latest. */
static bool take_line(struct look *l, const char *s, size_t n, size_t at, size_t end)
{
	size_t open = 0;
	if (!l->close) {
		if (!n)
			return end_para(l, at);
		if (is_preamble(s, n, at))
			return true;
		l->close = block_end(s, n);
		open = l->close ? 2 : 0;
		if (!l->close && !is_line_comment(l->style, s, n)) {
			(void)end_para(l, at);
			return false;
		}
		if (l->close && !end_para(l, at))
			return false;
	}
	const char *shut = l->close ? memmem(s + open, n - open, l->close, strlen(l->close)) : NULL;
	size_t n_in = shut ? (size_t)(shut - s) : n;
	for (const char *p = shut ? shut + strlen(l->close) : s + n; p < s + n; p++)
		if (!is_space(*p))
			return false;	/* code behind the comment */
	if (!add_line(&l->para, s, n_in) && !end_para(l, at))
		return false;
	if (!shut)
		return true;
	l->close = NULL;
	return end_para(l, end);
}

/* The first line from at on that has a word. */
static size_t skip_rulers(const char *text, size_t n, size_t at)
{
	for (size_t end; at < n; at = end) {
		end = line_end(text, n, at);
		for (size_t i = at; i < end; i++)
			if (is_word(text[i]) || text[i] == '{' || text[i] == '(')
				return at;
		if (memmem(text + at, end - at, "/*", 2))
			return at;
	}
	return at;
}

size_t licence_end(enum text_style style, const char *text, size_t n)
{
	struct look l = {.style = style};
	size_t most = n < LICENCE_LOOK ? n : LICENCE_LOOK;
	if (style != STYLE_CODE && style != STYLE_MAN && style != STYLE_TEX)
		return 0;
	for (size_t at = 0, end;; at = end) {
		if (at >= most) {
			if (n == most && !l.close)
				(void)end_para(&l, at);
			break;
		}
		end = line_end(text, most, at);
		size_t from = at, to = end;
		while (from < to && is_space(text[from]))
			from++;
		while (to > from && is_space(text[to - 1]))
			to--;
		if (!take_line(&l, text + from, to - from, at, end))
			break;
	}
	return l.sure ? skip_rulers(text, n, l.end) : 0;
}

size_t licence_skip(const struct passages_params *pp, enum text_style style, const char *text,
		    size_t n)
{
	size_t end = licence_end(style, text, n), left = n - end;
	if (!end)
		return 0;
	left = left < REST_LOOK ? left : REST_LOOK;
	return pp->count(pp->ctx, text + end, left) >= LICENCE_REST ? end : 0;
}
