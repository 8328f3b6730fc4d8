/* OpenDocument: text with its headings, slides, sheets. */
#include <string.h>

#include "package.h"

struct odf {
	struct out *o;
	struct buf text, scratch;
};

static void inlines(struct odf *x, const struct xml_node *n)
{
	for (const struct xml_node *c = xml_child(n); c; c = xml_next(c)) {
		if (xml_text(c))
			buf_adds(&x->text, xml_text(c));
		else if (xml_is(c, "tab"))
			buf_addc(&x->text, '\t');
		else if (xml_is(c, "line-break"))
			buf_addc(&x->text, '\n');
		else if (xml_is(c, "s")) {
			int k = xml_attr_int(c, "c", 1);
			for (int i = 0; i < k; i++)
				buf_addc(&x->text, ' ');
		} else if (!xml_is(c, "tracked-changes")) {
			inlines(x, c);
		}
	}
}

static void row(struct odf *x, const struct xml_node *tr)
{
	bool first = true;
	size_t at = x->text.len;
	for (const struct xml_node *c = xml_child(tr); c; c = xml_next(c)) {
		if (!xml_is(c, "table-cell") || !xml_child(c))
			continue;
		if (!first)
			buf_adds(&x->text, " | ");
		first = false;
		inlines(x, c);
	}
	if (x->text.len > at)
		buf_addc(&x->text, '\n');
}

static int flush(struct odf *x, struct err *e)
{
	int r = x->text.len ? out_text(x->o, x->text.p, x->text.len, e) : 0;
	buf_clear(&x->text);
	return r;
}

/* A slide or sheet begins. */
static int part(struct odf *x, const struct xml_node *n, const char *kind, int number, struct err *e)
{
	if (flush(x, e) || out_part(x->o, kind, e))
		return -1;
	if (!strcmp(kind, "slide"))
		return out_meta_int(x->o, "slide", number, e);
	if (!xml_attr(n, "name", &x->scratch))
		return 0;
	buf_printf(&x->text, "# %s\n\n", (char *)x->scratch.p);
	return out_meta(x->o, "sheet", (char *)x->scratch.p, x->scratch.len, e);
}

static int blocks(struct odf *x, const struct xml_node *n, bool sheets, struct err *e)
{
	int n_slides = 0, r = 0;
	for (const struct xml_node *c = xml_child(n); c && !r; c = xml_next(c)) {
		if (xml_is(c, "h")) {
			int level = xml_attr_int(c, "outline-level", 1);
			for (int i = 0; i < level && i < 6; i++)
				buf_addc(&x->text, '#');
			buf_addc(&x->text, ' ');
			inlines(x, c);
			buf_adds(&x->text, "\n\n");
		} else if (xml_is(c, "p")) {
			size_t at = x->text.len;
			inlines(x, c);
			if (x->text.len > at)
				buf_adds(&x->text, "\n\n");
		} else if (xml_is(c, "table-row")) {
			row(x, c);
		} else if (!xml_is(c, "tracked-changes")) {
			if (xml_is(c, "page"))
				r = part(x, c, "slide", ++n_slides, e);
			else if (sheets && xml_is(c, "table"))
				r = part(x, c, "sheet", 0, e);
			if (!r)
				r = blocks(x, c, sheets, e);
		}
	}
	return r;
}

int extract_odf(struct out *o, const struct doc *d, struct err *e)
{
	struct package k = {0};
	struct odf x = {.o = o};
	int r = package_open(&k, o, d, ".xml", e);
	struct xml *doc = package_xml(&k, "content.xml", XML_STRICT),
		   *meta = package_xml(&k, "meta.xml", XML_STRICT);
	const struct xml_node *body = xml_find(xml_root(doc), "body");
	if (!r && !body)
		r = err_set(e, ERR_DATA, "no content.xml in it, or encrypted");
	if (!r && o->member.len)
		r = out_part(o, "member", e);
	if (!r && !o->part)
		r = package_meta(o, xml_root(meta), e);
	if (!r)
		r = blocks(&x, body, xml_find(body, "spreadsheet"), e) || flush(&x, e) ? -1 : 0;
	xml_free(doc);
	xml_free(meta);
	package_release(&k);
	buf_release(&x.text);
	buf_release(&x.scratch);
	return r;
}
