/* Which extractor; compressed files and archives, whose members go through here again. */
#include <string.h>

#include "algo/lang.h"
#include "base/decode.h"
#include "extract.h"
#include "fmt/record.h"
#include "fmt/unpack.h"

enum { DEPTH_MAX = 3 };

int extract(struct out *o, enum doctype type, const struct doc *d, struct err *e)
{
	static int (*const f[])(struct out *, const struct doc *, struct err *) = {
		[DOCTYPE_HTML] = extract_html, [DOCTYPE_NOTEBOOK] = extract_notebook,
		[DOCTYPE_PDF] = extract_pdf, [DOCTYPE_DOCX] = extract_docx, [DOCTYPE_PPTX] = extract_pptx,
		[DOCTYPE_XLSX] = extract_xlsx, [DOCTYPE_ODF] = extract_odf, [DOCTYPE_EPUB] = extract_epub,
		[DOCTYPE_MAIL] = extract_mail, [DOCTYPE_MBOX] = extract_mbox,
		[DOCTYPE_PACKED] = extract_packed, [DOCTYPE_ARCHIVE] = extract_archive};
	if (type == DOCTYPE_NONE)
		return err_set(e, ERR_DATA, "no document of a kind that is known");
	return out_type(o, doctype_name(type), e) || f[type](o, d, e) ? -1 : 0;
}

/* Text as it is, in whatever encoding; false: it is none. */
static int put_plain(struct out *o, const struct buf *b, bool *text, struct err *e)
{
	struct decoded d = DECODED_INIT;
	*text = lang_is_text(b->p ? b->p : (const uint8_t *)"", b->len);
	if (!*text || !b->len)
		return 0;
	decode_file(&d, b->p, b->len);
	int r = (o->member.len && out_part(o, "member", e)) || out_text(o, d.text, d.n, e) ? -1 : 0;
	decode_release(&d);
	return r;
}

static int read_all(struct out *o, struct unpack *u, struct buf *b, struct err *e)
{
	buf_clear(b);
	for (size_t got = 1; got;)
		if (unpack_read(u, b, &got, e) || out_unpacked(o, got, e))
			return -1;
	return 0;
}

int extract_packed(struct out *o, const struct doc *d, struct err *e)
{
	struct unpack *u;
	struct buf b = BUF_INIT;
	const char *name;
	bool text;	/* else there is none */
	int r = unpack_open(d->p, d->n, true, &u, e);
	if (!r && (r = unpack_next(u, &name, e)) > 0)
		r = read_all(o, u, &b, e) || put_plain(o, &b, &text, e) ? -1 : 0;
	unpack_close(u);
	buf_release(&b);
	return r;
}

/* One member: a document, an archive, or text; a bad one is counted, limits end it all. */
static int member(struct out *o, const char *name, const struct buf *b, struct err *e)
{
	struct doc d = {name, b->p ? b->p : (const uint8_t *)"", b->len};
	enum doctype t = doctype_find(name, strlen(name), d.p, d.n);
	size_t was = o->member.len;
	bool text;
	int r;
	if (was)
		o->member.p[was - 1] = '/';
	buf_add(&o->member, name, strlen(name) + 1);
	if (t == DOCTYPE_ARCHIVE && o->depth >= DEPTH_MAX)
		r = err_set(e, ERR_DATA, "archives in archives, more than %d deep", DEPTH_MAX);
	else
		r = t == DOCTYPE_NONE ? put_plain(o, b, &text, e) : extract(o, t, &d, e);
	if (r && e->code == ERR_DATA && o->n_text <= o->limits.max_text &&
	    o->n_unpacked <= o->limits.max_unpacked) {
		o->n_unread++;
		r = 0;
	}
	o->member.len = was;
	if (was)
		o->member.p[was - 1] = 0;
	return r;
}

int extract_archive(struct out *o, const struct doc *d, struct err *e)
{
	struct unpack *u;
	struct buf b = BUF_INIT;
	const char *name;
	int r;
	if (!o->archives)
		return err_set(e, ERR_DATA, "an archive: --archives");
	r = unpack_open(d->p, d->n, false, &u, e);
	o->depth++;
	while (!r && (r = unpack_next(u, &name, e)) > 0) {
		r = 0;
		if (path_is_safe((const uint8_t *)name, strlen(name)))
			r = read_all(o, u, &b, e) || member(o, name, &b, e) ? -1 : 0;
	}
	o->depth--;
	unpack_close(u);
	buf_release(&b);
	return r;
}
