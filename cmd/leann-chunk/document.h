/*
 * document: what passages of a file are cut from: its text as UTF-8, and which places of the file
 * (or, of a document whose text was taken out, of that text) the text's places are.
 *
 *	struct document d = DOCUMENT_INIT;
 *	... readfile() into d.raw ...
 *	document_decode(&d);
 *	document_cut(&d, &params, style, &ps);		passages of d.text, none across two parts
 *	document_span(&d, &p, &off, &len);		of passage p, in order
 *	document_clear(&d); document_release(&d);
 */
#ifndef LEANN_CMD_DOCUMENT_H
#define LEANN_CMD_DOCUMENT_H

#include "algo/passages.h"
#include "base/buf.h"
#include "base/decode.h"

/*
 * A page, a slide, a sheet, a chapter, a message: begins at off of the text and ends before the next
 * one. A document without parts is one.
 */
struct part {
	size_t off;
};

struct document {
	struct buf raw;			/* the file's bytes */
	struct decoded decoded;		/* of raw; its buffer is used again */
	bool extracted;			/* text is not the file's bytes, spans are in text */
	struct buf extract;		/* that text */
	const char *text;		/* n_text bytes of UTF-8, in one of the above */
	size_t n_text;
	struct buf part;		/* struct part each; none where there is one part */
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

/* Text of raw, by its encoding. */
void document_decode(struct document *d);
/* The flags that leann-stream(5) has for it. */
unsigned document_flags(const struct document *d);
/* Passages of the text, in order. */
void document_cut(const struct document *d, const struct passages_params *pp, enum text_style style,
		  struct passages *out);
/* Where p is in the file, or the text that was taken out of it; quick in the order of passages. */
void document_span(struct document *d, const struct passage *p, uint64_t *off, uint64_t *len);
/* Empty, for the next file; large buffers are given back. */
void document_clear(struct document *d);
void document_release(struct document *d);

#endif
