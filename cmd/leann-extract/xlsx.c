/* XLSX: a sheet is a part, a row a line, cells divided by " | ". */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "package.h"

struct xlsx {
	struct package k;
	struct buf strings;		/* shared ones, each ended by NUL */
	struct buf at;			/* size_t each: where in strings */
	struct buf text, scratch;
};

static void load_strings(struct xlsx *x)
{
	struct xml *doc = package_xml(&x->k, "xl/sharedStrings.xml", XML_STRICT);
	for (const struct xml_node *si = xml_child(xml_root(doc)); si; si = xml_next(si)) {
		if (!xml_is(si, "si"))
			continue;
		buf_add(&x->at, &x->strings.len, sizeof x->strings.len);
		for (const struct xml_node *n = si; n; n = xml_step(n, si))
			if (xml_is(n, "t"))
				xml_all_text(n, &x->strings);
		buf_addc(&x->strings, 0);
	}
	xml_free(doc);
}

static void cell(struct xlsx *x, const struct xml_node *c, struct buf *out)
{
	struct buf v = BUF_INIT;
	bool shared = xml_attr(c, "t", &x->scratch) && !strcmp((char *)x->scratch.p, "s");
	if (xml_find(c, "is"))
		xml_all_text(xml_find(c, "is"), &v);
	else
		xml_all_text(xml_find(c, "v"), &v);
	if (shared && v.len) {
		size_t i = strtoul((char *)v.p, NULL, 10);
		buf_clear(&v);
		if (i < x->at.len / sizeof(size_t))
			buf_adds(&v, (char *)x->strings.p + ((size_t *)(void *)x->at.p)[i]);
	}
	for (size_t i = 0; i < v.len; i++)
		buf_addc(out, v.p[i] == '\n' ? ' ' : v.p[i]);
	buf_release(&v);
}

static void rows(struct xlsx *x, const struct xml_node *top)
{
	for (const struct xml_node *n = top; n; n = xml_step(n, top)) {
		if (!xml_is(n, "row"))
			continue;
		bool first = true;
		size_t at = x->text.len;
		for (const struct xml_node *c = xml_child(n); c; c = xml_next(c)) {
			if (!xml_is(c, "c"))
				continue;
			if (!first)
				buf_adds(&x->text, " | ");
			first = false;
			cell(x, c, &x->text);
		}
		if (x->text.len > at)
			buf_addc(&x->text, '\n');
	}
}

/* The member that relation id of the workbook is. Caller frees. */
static char *target(const struct xlsx *x, const char *id)
{
	struct xml *rels = package_xml(&x->k, "xl/_rels/workbook.xml.rels", XML_STRICT);
	struct buf b = BUF_INIT;
	char *out = NULL;
	for (const struct xml_node *n = xml_child(xml_root(rels)); n && !out; n = xml_next(n))
		if (xml_attr(n, "Id", &b) && !strcmp((char *)b.p, id) && xml_attr(n, "Target", &b))
			out = mem_printf("%s%s", *b.p == '/' ? "" : "xl/", (char *)b.p);
	xml_free(rels);
	buf_release(&b);
	return out;
}

static int sheet(struct out *o, struct xlsx *x, const struct xml_node *s, struct err *e)
{
	struct buf name = BUF_INIT, id = BUF_INIT;
	xml_attr(s, "name", &name);
	char *path = xml_attr(s, "id", &id) ? target(x, (char *)id.p) : NULL;
	struct xml *doc = path ? package_xml(&x->k, path, XML_STRICT) : NULL;
	buf_clear(&x->text);
	if (name.len)
		buf_printf(&x->text, "# %s\n\n", (char *)name.p);
	rows(x, xml_root(doc));
	int r = out_part(o, "sheet", e) || out_meta(o, "sheet", (char *)name.p, name.len, e) ||
				out_text(o, x->text.p, x->text.len, e)
			? -1
			: 0;
	xml_free(doc);
	mem_free(path);
	buf_release(&name);
	buf_release(&id);
	return r;
}

int extract_xlsx(struct out *o, const struct doc *d, struct err *e)
{
	struct xlsx x = {0};
	int r = package_open(&x.k, o, d, ".xml .rels", e);
	struct xml *book = package_xml(&x.k, "xl/workbook.xml", XML_STRICT),
		   *core = package_xml(&x.k, "docProps/core.xml", XML_STRICT);
	if (!r && !book)
		r = err_set(e, ERR_DATA, "no xl/workbook.xml in it");
	if (!r && !o->part)
		r = package_meta(o, xml_root(core), e);
	if (!r)
		load_strings(&x);
	const struct xml_node *s = xml_child(xml_find(xml_root(book), "sheets"));
	for (; s && !r; s = xml_next(s))
		if (xml_is(s, "sheet"))
			r = sheet(o, &x, s, e);
	xml_free(book);
	xml_free(core);
	package_release(&x.k);
	buf_release(&x.strings);
	buf_release(&x.at);
	buf_release(&x.text);
	buf_release(&x.scratch);
	return r;
}
