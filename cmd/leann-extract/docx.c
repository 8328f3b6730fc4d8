/* DOCX: paragraphs, headings by outline level, tables as rows, notes. */
#include <stdlib.h>
#include <string.h>

#include "package.h"

struct docx {
	struct package k;
	struct xml *styles;
	struct buf text, scratch;
};

/* Text of runs below n; what was deleted is none. */
static void runs(const struct xml_node *n, struct buf *out)
{
	for (const struct xml_node *c = xml_child(n); c; c = xml_next(c)) {
		if (xml_is(c, "t"))
			xml_all_text(c, out);
		else if (xml_is(c, "tab"))
			buf_addc(out, '\t');
		else if (xml_is(c, "br") || xml_is(c, "cr"))
			buf_addc(out, '\n');
		else if (!xml_is(c, "del") && !xml_is(c, "pPr") && !xml_is(c, "rPr"))
			runs(c, out);
	}
}

static int level_of(const struct xml_node *ppr)
{
	return xml_attr_int(xml_find(ppr, "outlineLvl"), "val", -1) + 1;
}

/* Heading level of a paragraph, 0: none. Styles have names in any language, and outline levels. */
static int heading(struct docx *x, const struct xml_node *p)
{
	const struct xml_node *ppr = xml_find(p, "pPr");
	struct buf id = BUF_INIT;
	int level = level_of(ppr);
	if (!level && xml_attr(xml_find(ppr, "pStyle"), "val", &id)) {
		const struct xml_node *s = xml_child(xml_root(x->styles));
		for (; s && !level; s = xml_next(s))
			if (xml_is(s, "style") && xml_attr(s, "styleId", &x->scratch) &&
			    !strcmp((char *)x->scratch.p, (char *)id.p))
				level = level_of(xml_find(s, "pPr"));
		if (!level && !strncmp((char *)id.p, "Heading", 7))
			level = (int)strtol((char *)id.p + 7, NULL, 10);
		if (!level && !strcmp((char *)id.p, "Title"))
			level = 1;
	}
	buf_release(&id);
	return level < 0 || level > 9 ? 0 : level;
}

static void blocks(struct docx *x, const struct xml_node *n);

static void row(struct docx *x, const struct xml_node *tr)
{
	bool first = true;
	for (const struct xml_node *c = xml_child(tr); c; c = xml_next(c)) {
		if (!xml_is(c, "tc"))
			continue;
		if (!first)
			buf_adds(&x->text, " | ");
		first = false;
		for (const struct xml_node *p = xml_child(c); p; p = xml_next(p))
			if (xml_is(p, "p")) {
				runs(p, &x->text);
				buf_addc(&x->text, ' ');
			}
	}
	buf_addc(&x->text, '\n');
}

static void paragraph(struct docx *x, const struct xml_node *p)
{
	int level = heading(x, p);
	size_t at = x->text.len;
	for (int i = 0; i < level; i++)
		buf_addc(&x->text, '#');
	if (level)
		buf_addc(&x->text, ' ');
	else if (xml_find(xml_find(p, "pPr"), "numPr"))
		buf_adds(&x->text, "- ");
	size_t before = x->text.len;
	runs(p, &x->text);
	if (x->text.len == before)
		x->text.len = at;
	else
		buf_adds(&x->text, "\n\n");
}

static void blocks(struct docx *x, const struct xml_node *n)
{
	for (const struct xml_node *c = xml_child(n); c; c = xml_next(c)) {
		if (xml_is(c, "p")) {
			paragraph(x, c);
		} else if (xml_is(c, "tr")) {
			row(x, c);
		} else {
			blocks(x, c);
			if (xml_is(c, "tbl"))
				buf_addc(&x->text, '\n');
		}
	}
}

static int member(struct docx *x, const char *name)
{
	struct xml *doc = package_xml(&x->k, name, XML_STRICT);
	if (!doc)
		return -1;
	blocks(x, xml_root(doc));
	xml_free(doc);
	return 0;
}

int extract_docx(struct out *o, const struct doc *d, struct err *e)
{
	struct docx x = {0};
	int r = package_open(&x.k, o, d, ".xml .rels", e);
	x.styles = r ? NULL : package_xml(&x.k, "word/styles.xml", XML_STRICT);
	if (!r && member(&x, "word/document.xml"))
		r = err_set(e, ERR_DATA, "no word/document.xml in it");
	if (!r && (member(&x, "word/footnotes.xml") || member(&x, "word/endnotes.xml")))
		r = 0;	/* it may have none */
	struct xml *core = package_xml(&x.k, "docProps/core.xml", XML_STRICT);
	if (!r)
		r = (o->member.len && out_part(o, "member", e)) || package_meta(o, xml_root(core), e) ||
				    out_text(o, x.text.p, x.text.len, e)
			    ? -1
			    : 0;
	xml_free(core);
	xml_free(x.styles);
	package_release(&x.k);
	buf_release(&x.text);
	buf_release(&x.scratch);
	return r;
}
