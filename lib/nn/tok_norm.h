/*
 * tok_norm: one character as Hugging Face's BertNormalizer and BertPreTokenizer see it
 * (tokenizers 0.23: normalizers/bert.rs, pre_tokenizers/bert.rs). utf8proc lives in
 * tok_norm.c alone.
 */
#ifndef LEANN_NN_TOK_NORM_H
#define LEANN_NN_TOK_NORM_H

#include <stdbool.h>
#include <stdint.h>

struct norm_flags {
	bool clean;		/* controls vanish, white space becomes a space */
	bool cjk;		/* every ideograph is a word */
	bool strip;		/* NFD, then non-spacing marks vanish */
	bool lower;
};

enum norm_kind {
	NORM_DROP,		/* as if it were not there */
	NORM_SPACE,
	NORM_WORD,		/* part of a word */
	NORM_ALONE,		/* a word of its own: punctuation, ideographs */
};

enum { NORM_MAX = 4 };		/* characters one decomposes to (Unicode: 4) */
#define NORM_BARRIER UINT32_MAX	/* in cp[]: a stripped mark that ends canonical reordering */

struct norm_char {
	enum norm_kind kind;
	unsigned n;
	uint32_t cp[NORM_MAX];
	uint8_t ccc[NORM_MAX];	/* canonical combining classes; 0 unless strip */
};

void norm_char(const struct norm_flags *f, uint32_t cp, struct norm_char *out);

#endif
