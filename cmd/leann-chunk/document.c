/* A file's text; see document.h. */
#include "document.h"

#include <string.h>

#include "chunk.h"
#include "base/when.h"
#include "fmt/meta_typed.h"
#include "fmt/record.h"

enum { BUF_KEEP_BYTES = 1 << 20 };

struct look look_at(const struct chunk_opts *c, const char *rel, bool named, const uint8_t *p, size_t n)
{
	size_t n_rel = strlen(rel);
	struct look l = {.type = doctype_find(rel, n_rel, p, n), .lang = lang_find(rel, n_rel, (char *)p, n)};
	bool text = lang_is_text(p, n);
	bool is_text = l.type == DOCTYPE_HTML || l.type == DOCTYPE_NOTEBOOK || l.type == DOCTYPE_MAIL ||
		       l.type == DOCTYPE_MBOX;
	if (l.type == DOCTYPE_NONE || (c->no_extract && is_text)) {
		l.type = DOCTYPE_NONE;
		l.binary = !text;
	} else {
		l.binary = c->no_extract || (l.type == DOCTYPE_ARCHIVE && !c->archives) || (is_text && !text);
	}
	if (l.type == DOCTYPE_PACKED) {
		l.lang = lang_find(rel, doctype_inner(rel, n_rel), "", 0);
	} else if (l.type != DOCTYPE_NONE) {
		const char *name = doctype_name(l.type);
		l.lang = lang_by_name(name, strlen(name));
	} else if (n && !l.binary && !named && !c->generated) {
		l.generated = generated_why(l.lang->style, (const char *)p, n);
	}
	return l;
}

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

static void put_facts(const struct document *d, size_t from, size_t to, struct meta *m)
{
	for (size_t i = from; i < to; i++) {
		const struct fact *f = document_fact(d, i);
		const char *key = (const char *)d->names.p + f->key_at;
		int64_t lo, hi;
		if (f->is_int)
			meta_set_int(m, key, f->i);
		else if (meta_key_is_date(key) && when_read((const char *)d->names.p + f->val_at, &lo, &hi))
			meta_set_int(m, key, lo);
		else
			meta_set_str(m, key, d->names.p + f->val_at, f->n_val);
	}
}

/* Where the facts of part i begin; those of the whole document are before the first part's. */
static size_t facts_of(const struct document *d, size_t i)
{
	return i < document_n_parts(d) ? document_part(d, i)->fact : document_n_facts(d);
}

void document_meta(const struct document *d, size_t off, struct meta *m)
{
	size_t lo = 0, hi = document_n_parts(d);
	meta_clear(m);
	put_facts(d, 0, facts_of(d, 0), m);
	while (lo < hi) {	/* lo: parts that begin at or before off */
		size_t mid = lo + (hi - lo) / 2;
		if (document_part(d, mid)->off <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo)
		put_facts(d, facts_of(d, lo - 1), facts_of(d, lo), m);
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
	empty(&d->fact);
	empty(&d->names);
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
	buf_release(&d->fact);
	buf_release(&d->names);
	*d = (struct document)DOCUMENT_INIT;
}
