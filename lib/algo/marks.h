/*
 * marks: what a text is made of: sections under headings, functions inside classes, pages.
 *
 *	struct marks m = MARKS_INIT;
 *	marks_headings(&m, STYLE_MARKDOWN, text, n);		prose
 *	marks_tags(&m, "python", text, n, tag, n_tags);		code, from what ctags(1) found
 *	marks_add(&m, MARK_PART, off, end, "p. 3", 4);		anything else
 *	marks_nest(&m, n);		sorted, each inside its parent: ready for passages_split_marked()
 *	marks_crumb(&m, text, off, len, &out);			"Stack.push", "Install > Linux"
 *	marks_release(&m);
 *
 * Pure; text is UTF-8, marks begin and end at the start of lines (parts: anywhere).
 */
#ifndef LEANN_ALGO_MARKS_H
#define LEANN_ALGO_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algo/passages.h"
#include "base/buf.h"

enum {
	MARKS_DEPTH = 16,		/* deeper ones are dropped */
	MARK_NAME_MAX = 120,		/* bytes of a name; longer ones are cut */
	MARK_CRUMB_MAX = 240,		/* bytes of a trail of names */
};
#define MARK_NONE UINT32_MAX

enum mark_kind {
	MARK_SECTION,		/* a heading and what is under it */
	MARK_VALUE,		/* a variable over several lines */
	MARK_BLOCK,		/* code between blank lines that no definition is known of */
	MARK_FUNCTION,
	MARK_TYPE,		/* a class, namespace, ...: holds others */
	MARK_PART,		/* page, message, cell: no passage has text of two */
};

struct mark {
	size_t off, end;	/* bytes of the text */
	size_t body;		/* where comments above it end; off: there are none */
	size_t name, n_name;	/* in names */
	size_t scope, n_scope;	/* in names: what it is said to be in ("T" of Go's func (t T) m()) */
	uint32_t parent;	/* MARK_NONE: none */
	uint16_t depth;		/* of marks around it */
	uint8_t kind;		/* enum mark_kind */
};

struct marks {
	struct mark *p;
	size_t n, cap;
	struct buf names;
	size_t from;		/* text before it is in no passage and under no mark: a line's start */
};
#define MARKS_INIT {NULL, 0, 0, BUF_INIT, 0}

void marks_clear(struct marks *m);
void marks_release(struct marks *m);
/* The mark, to be filled further. */
struct mark *marks_add(struct marks *m, enum mark_kind kind, size_t off, size_t end,
		       const char *name, size_t n_name);
/*
 * Sort and nest: a mark that reaches over the end of the one around it ends there; empty ones, those
 * beyond n or before m->from and those too deep are dropped.
 */
void marks_nest(struct marks *m, size_t n);

/* Sections of prose. Lines between Markdown's fences are no headings. */
void marks_headings(struct marks *m, enum text_style style, const char *text, size_t n);

/* A definition that ctags(1) found. */
struct tag {
	size_t line, end_line;	/* from 1; end_line 0: not known */
	enum mark_kind kind;
	bool maybe;		/* counts only over several lines: a variable, say */
	const char *name, *scope;
	size_t n_name, n_scope;
};
/* A file name from which ctags(1) knows the language; NULL: one whose definitions are not asked for. */
const char *tags_file_name(const char *lang);
/* What a ctags kind of a language is, into t; false: nothing to cut by. */
bool tags_kind(const char *lang, const char *kind, struct tag *t);
/*
 * Definitions, with the comment and the attributes right above each. Lines outside the text and ends
 * before their beginning count as not known; where an end is not known, indentation tells it.
 */
void marks_tags(struct marks *m, const char *lang, const char *text, size_t n,
		const struct tag *tag, size_t n_tags);

/*
 * The names that text [off, off + len) is under, outermost first, appended: those around it, then, if
 * marks begin in it, their names: "Stack.push, pop". sep between names: "." or " > ".
 */
void marks_crumb(const struct marks *m, const char *text, size_t off, size_t len, const char *sep,
		 struct buf *out);

#endif
