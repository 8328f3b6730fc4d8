/*
 * decode: text in the encodings that files of people have, as UTF-8, and where its places are in
 * the file's bytes.
 *
 *	struct decoded d = DECODED_INIT;
 *	decode_file(&d, raw, n_raw);			finds the encoding; decode_as(): it is known
 *	... d.text, d.n; d.n_bad ...
 *	decode_to_raw(&d, &at, off);			at.raw: where byte off of the text is in raw
 *	decode_release(&d);
 *
 * Every byte that does not belong is U+FFFD. A byte order mark at the start is not text. The rule
 * is in leann-chunk(1), ENCODINGS; spans of an index rest on it.
 */
#ifndef LEANN_BASE_DECODE_H
#define LEANN_BASE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Kept in streams and indexes: leann-stream(5), file, flags. */
enum encoding {
	ENC_UTF8 = 0,
	ENC_UTF16LE = 1,
	ENC_UTF16BE = 2,
	ENC_CP1252 = 3,		/* Latin-1 where that has characters, and what Windows has beside */
};

struct decoded {
	enum encoding enc;
	const uint8_t *raw;	/* n_raw bytes, borrowed */
	size_t n_raw;
	size_t n_mark;		/* bytes of a byte order mark: the text begins behind it */
	bool same;		/* text is raw + n_mark */
	const char *text;	/* n bytes of UTF-8: of raw, or of own */
	size_t n;
	size_t n_bad;		/* bytes or units that stand for no character */
	struct buf own;		/* used again */
};
#define DECODED_INIT {.own = BUF_INIT}

/* The encoding of a whole file. */
enum encoding decode_find(const uint8_t *p, size_t n);
/* Do these first bytes look like UTF-16? */
bool decode_utf16(const uint8_t *p, size_t n, enum encoding *enc);

/* raw stays the caller's and has to outlive d's text. */
void decode_file(struct decoded *d, const uint8_t *raw, size_t n);
void decode_as(struct decoded *d, enum encoding enc, const uint8_t *raw, size_t n);
void decode_release(struct decoded *d);
/* A part of a file, between two characters, appended to out; returns the number of bad ones. */
size_t decode_span(struct buf *out, enum encoding enc, const uint8_t *p, size_t n);
/* The character at p (n > 0 bytes left); returns its length. *cp is U+FFFD where there is none. */
size_t decode_get(enum encoding enc, const uint8_t *p, size_t n, uint32_t *cp);

/* The same place in both; {0, 0} to begin with. Going forward costs what lies between. */
struct decode_place {
	size_t raw, text;
};
/* To byte `text` of the text, or byte `raw` of the file, a boundary between characters. */
void decode_to_raw(const struct decoded *d, struct decode_place *at, size_t text);
void decode_to_text(const struct decoded *d, struct decode_place *at, size_t raw);

#endif
