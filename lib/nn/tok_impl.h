/* tok_impl: what a struct tok is made of; for tok.c and tok_open.c alone. */
#ifndef LEANN_NN_TOK_IMPL_H
#define LEANN_NN_TOK_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "nn/tok.h"
#include "nn/tok_norm.h"
#include "nn/tok_trie.h"

enum {
	TOK_WORD_CHARS_MAX = 256,	/* largest max_input_chars_per_word accepted */
};

/* What tok.ascii[] says of a byte besides the lower-case byte of a plain word character. */
enum {
	TOK_ASCII_OTHER = 0,	/* look closer: controls, not ASCII */
	TOK_ASCII_SPACE = 1,
	TOK_ASCII_PUNCT = 2,
	TOK_ASCII_WORD = 32,	/* values above: the byte itself, normalised */
};

/* Bits of tok.kinds[], the same by kind; see kinds.h. */
enum { TOK_KIND_WORD, TOK_KIND_PUNCT, TOK_KIND_OTHER };

/*
 * Words whose tokens were counted, by any number of threads at once. Short ones: a number that is the word
 * and above it the count, the latest stays. Longer ones: whoever turns first from 0 to TOK_CLAIMED writes
 * rest, then first; from then on both stay.
 */
enum {
	TOK_SHORT_BYTES = 7,
	TOK_SEEN_SHORT = 1 << 15,
	TOK_SEEN_BYTES = 15,
	TOK_SEEN = 1 << 15,
	TOK_CLAIMED = 1,
};

struct tok_seen {
	_Atomic uint64_t first;		/* 8 bytes of the text */
	_Atomic uint64_t rest;		/* 7 bytes, and above them the count */
};

struct tok {
	struct tok_seen *seen;		/* (TOK_SEEN) */
	_Atomic uint64_t *seen_short;	/* (TOK_SEEN_SHORT) */
	struct trie trie;
	struct norm_flags flags;
	uint8_t ascii[256], kinds[256];
	size_t max_word_chars;
	size_t n_vocab;
	uint32_t unk, cls, sep;
	char sha256[65];
};

#endif
