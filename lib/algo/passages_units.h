/*
 * passages_units: the pieces that passages are made of, and how good a cut before each would be.
 *
 * A unit is a line of code, a sentence (or a line's part of one) of prose, or, where such a piece
 * alone is over the limit, a few of its words; an over-long word is several units. Private to
 * passages*.c.
 */
#ifndef LEANN_ALGO_PASSAGES_UNITS_H
#define LEANN_ALGO_PASSAGES_UNITS_H

#include "algo/passages.h"

/* How good a cut is, the best last. */
enum brk {
	BRK_WORD,		/* inside a sentence or line; also between a heading and its text */
	BRK_LINE,
	BRK_SENTENCE,
	BRK_BLANK,		/* blank line, then something indented */
	BRK_HEADING,
	BRK_PARA,		/* blank line, then a paragraph or a definition in column 0 */
	BRK_SECTION,		/* blank line, then a heading */
};

struct unit {
	size_t off, len;	/* the white space after it included */
	size_t n_tokens;
	enum brk brk;		/* of the cut before it */
	unsigned indent;	/* columns, in code; 0 elsewhere */
	bool hard;		/* continues an over-long word: a cut must be here */
	bool glued;		/* no white space before it: counts need not add up */
};

struct units {
	const struct passages_params *pp;
	enum text_style style;
	const char *text;
	size_t n, at;
	size_t line_end;	/* end of the current line, its LF included */
	bool at_line_start, blank_before, after_heading, after_sentence, in_fence;
	bool blank_on;		/* blank lines may go on at at: as many as a unit may have were taken */
	bool after_close, after_open;	/* code: the line before was "}" in column 0; ended in "{" */
	size_t long_end;	/* pieces of an over-long unit until here; 0: none */
	size_t word_end;	/* pieces of an over-long word until here; 0: none */
	size_t n_split_words;
};

/* Those of text [from, to), from at the start of a line. */
void units_init(struct units *u, const struct passages_params *pp, enum text_style style,
		const char *text, size_t from, size_t to);
/* The next unit; false at the end. */
bool units_next(struct units *u, struct unit *out);

/* Where lines have been counted to: byte off is on line n. */
struct line_count {
	size_t off, n;
};

/* Append a passage of n_tokens to out; at goes on to its last byte that is not blank. */
void passages_put(struct passages *out, struct line_count *at, const char *text, size_t off,
		  size_t end, size_t n_tokens);
/* Append the passages of text [from, to), cut by what its lines look like. */
void passages_fill(const struct passages_params *pp, enum text_style style, const char *text,
		   size_t from, size_t to, struct line_count *at, struct passages *out);

#endif
