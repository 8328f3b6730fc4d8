/* A file's text; see document.h. */
#include "document.h"

#include "algo/parts.h"
#include "fmt/record.h"

enum { BUF_KEEP_BYTES = 1 << 20 };

void document_decode(struct document *d)
{
	decode_file(&d->decoded, d->raw.p ? d->raw.p : (const uint8_t *)"", d->raw.len);
	d->text = d->decoded.text;
	d->n_text = d->decoded.n;
	d->extracted = false;
}

unsigned document_flags(const struct document *d)
{
	return d->extracted ? FILE_EXTRACTED : file_encoding_flags(d->decoded.enc);
}

void document_cut(const struct document *d, const struct passages_params *pp, enum text_style style,
		  struct passages *out)
{
	if (d->extracted)
		parts_split(pp, style, d->text, d->n_text, out);
	else
		passages_split(pp, style, d->text, d->n_text, out);
}

void document_span(struct document *d, const struct passage *p, uint64_t *off, uint64_t *len)
{
	*off = p->off;
	*len = p->len;
	if (d->extracted)
		return;
	decode_to_raw(&d->decoded, &d->from, p->off);
	decode_to_raw(&d->decoded, &d->to, p->off + p->len);
	*off = d->from.raw;
	*len = d->to.raw - d->from.raw;
}

static void empty(struct buf *b)
{
	if (b->cap > BUF_KEEP_BYTES)
		buf_release(b);
	else
		buf_clear(b);
}

void document_clear(struct document *d)
{
	empty(&d->raw);
	empty(&d->decoded.own);
	empty(&d->extract);
	empty(&d->part);
	d->extracted = false;
	d->text = NULL;
	d->n_text = d->decoded.n_bad = 0;
	d->from = d->to = (struct decode_place){0, 0};
}

void document_release(struct document *d)
{
	buf_release(&d->raw);
	decode_release(&d->decoded);
	buf_release(&d->extract);
	buf_release(&d->part);
	*d = (struct document)DOCUMENT_INIT;
}
