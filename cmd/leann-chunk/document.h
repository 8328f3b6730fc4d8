/*
 * document: what passages of a file are cut from: its text as UTF-8, and which places of the file
 * (or, of a document whose text was taken out, of that text) the text's places are.
 *
 *	struct document d = DOCUMENT_INIT;
 *	... readfile() into d.raw ...
 *	document_decode(&d);
 *	structure_cut(k, i_thread, sums, lang, &d, &marks, &ps);	passages of d.text
 *	document_span(&d, &p, &off, &len);		of passage p, in order
 *	document_clear(&d); document_release(&d);
 */
#ifndef LEANN_CMD_DOCUMENT_H
#define LEANN_CMD_DOCUMENT_H

#include <stdbool.h>

#include "algo/doctype.h"
#include "algo/generated.h"
#include "algo/lang.h"
#include "algo/passages.h"
#include "base/buf.h"
#include "base/decode.h"
#include "fmt/meta.h"

/*
 * A page, a slide, a sheet, a chapter, a message: begins at off of the text and ends before the next
 * one. A document without parts is one.
 */
struct part {
	size_t off;
	size_t fact;			/* the first that is of it, or of a later one */
};

/* What a document says of itself or of a part: title, author, date; page, slide, chapter and so on. */
struct fact {
	size_t key_at, val_at, n_val;	/* in names: the key, ended by NUL; a string of n_val bytes */
	bool is_int;
	int64_t i;
};

struct document {
	struct buf raw;			/* the file's bytes */
	struct decoded decoded;		/* of raw; its buffer is used again */
	bool extracted;			/* text is not the file's bytes, spans are in text */
	struct buf extract;		/* that text */
	const char *text;		/* n_text bytes of UTF-8, in one of the above */
	size_t n_text;
	struct buf part;		/* struct part each; none where there is one part */
	struct buf fact, names;		/* struct fact each, in order; what they point into */
	struct decode_place from, to;	/* of the latest span */
};
#define DOCUMENT_INIT {.decoded = DECODED_INIT}

static inline size_t document_n_parts(const struct document *d)
{
	return d->part.len / sizeof(struct part);
}
static inline const struct part *document_part(const struct document *d, size_t i)
{
	return (const struct part *)(const void *)d->part.p + i;
}

static inline size_t document_n_facts(const struct document *d)
{
	return d->fact.len / sizeof(struct fact);
}
static inline const struct fact *document_fact(const struct document *d, size_t i)
{
	return (const struct fact *)(const void *)d->fact.p + i;
}

struct chunk_opts;

/* What a file is, by its name and first bytes. */
struct look {
	enum doctype type;		/* DOCTYPE_NONE: text as it is */
	const struct lang *lang;
	bool binary;			/* neither text nor a document that is taken */
	const char *generated;		/* why it is left out as generated; NULL: it is not */
};
enum { LOOK_BYTES = GENERATED_LOOK };	/* all that matters of a file */
/* named: on the command line, so that it is taken even when it is generated. */
struct look look_at(const struct chunk_opts *c, const char *rel, bool named, const uint8_t *p, size_t n);

/* Text of raw, by its encoding. */
void document_decode(struct document *d);
/* The flags that leann-stream(5) has for it. */
unsigned document_flags(const struct document *d);
/* Where p is in the file, or the text that was taken out of it; quick in the order of passages. */
void document_span(struct document *d, const struct passage *p, uint64_t *off, uint64_t *len);
/* What it says of the part that byte off of its text is in, and of itself, into m (cleared). */
void document_meta(const struct document *d, size_t off, struct meta *m);
/* Empty, for the next file; large buffers are given back. */
void document_clear(struct document *d);
void document_release(struct document *d);

#endif
