/*
 * passages: text -> spans of at most so many tokens, cut where a reader would cut.
 *
 *	struct passages out = PASSAGES_INIT;
 *	passages_split(&params, STYLE_MARKDOWN, text, n, &out);
 *	for (i < out.n) ... text + out.p[i].off, out.p[i].len ...
 *	passages_release(&out);
 *
 * Without overlap the spans tile the text: blank lines belong to the passage before them, those at
 * the start to none. Text is UTF-8 (repaired by the caller). Tokens are counted by the caller.
 */
#ifndef LEANN_ALGO_PASSAGES_H
#define LEANN_ALGO_PASSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Raise when the same file is cut differently, by this, by the style of its language (lang.h) or by
 * the repair of its text: streams and indexes carry it, and indexes without spans live on it.
 */
enum {
	PASSAGES_VERSION = 4,
	PASSAGE_BYTES_MAX = 16 << 10,	/* max_bytes of that version */
};

/* How headings look and whether there are sentences. Values stay inside one process. */
enum text_style {
	STYLE_TEXT,		/* prose; headings are underlined (also reStructuredText) */
	STYLE_MARKDOWN,
	STYLE_ORG,
	STYLE_ASCIIDOC,
	STYLE_TEX,
	STYLE_MAN,
	STYLE_CODE,		/* lines stay whole; indentation tells what belongs together */
};

struct passages_params {
	size_t max_tokens;	/* of a passage, special tokens not counted; at least 8 */
	size_t overlap_tokens;	/* at most this much of a passage is repeated in the next */
	size_t max_bytes;	/* of a passage, at least 64; binds where text is hardly text */
	/*
	 * Tokens of n bytes; the sum over pieces cut beside white space is the whole's.
	 * fit: bytes of the longest prefix, ending between characters, of at most max_tokens
	 * tokens; at least one character.
	 */
	size_t (*count)(void *ctx, const char *text, size_t n);
	size_t (*fit)(void *ctx, const char *text, size_t n, size_t max_tokens);
	void *ctx;
};

struct passage {
	size_t off, len;	/* bytes of the text */
	size_t first_line, last_line;	/* from 1; the last one with text */
	size_t n_tokens;	/* special tokens not counted */
};

struct passages {
	struct passage *p;
	size_t n, cap;
	size_t n_split_words;	/* words over the limit, cut inside */
};
#define PASSAGES_INIT {NULL, 0, 0, 0}

/* The passages of text, in order, into out (cleared first). */
void passages_split(const struct passages_params *pp, enum text_style style, const char *text,
		    size_t n, struct passages *out);
/*
 * The same along marks (marks.h), nested: what fits into a passage is in one, with its neighbours
 * inside the same mark where they are small; what does not is cut by what is in it, down to lines.
 * Text before m->from is left out.
 */
struct marks;
void passages_split_marked(const struct passages_params *pp, enum text_style style,
			   const char *text, size_t n, const struct marks *m, struct passages *out);
void passages_release(struct passages *out);

#endif
