/* EPUB: the chapters of the spine, in its order, each a part. */
#include <string.h>

#include "base/mem.h"
#include "html.h"
#include "package.h"

/* What follows %, of two hexadecimal digits, is a byte. */
static void unescape(char *s)
{
	char *to = s;
	for (; *s; s++) {
		int v = 0, k = 0;
		for (; *s == '%' && k < 2; k++) {
			const char *hex = "0123456789abcdef", *at = s[1 + k] ? strchr(hex, s[1 + k] | 32) : NULL;
			if (!at)
				break;
			v = 16 * v + (int)(at - hex);
		}
		*to++ = k == 2 ? (char)v : *s;
		s += k == 2 ? 2 : 0;
	}
	*to = 0;
}

/* The member that item id of the manifest is, as seen from the package file. Caller frees. */
static char *item(const struct xml_node *manifest, const char *id, const char *opf)
{
	struct buf b = BUF_INIT;
	const char *slash = strrchr(opf, '/');
	char *out = NULL;
	for (const struct xml_node *n = xml_child(manifest); n && !out; n = xml_next(n))
		if (xml_attr(n, "id", &b) && !strcmp((char *)b.p, id) && xml_attr(n, "href", &b)) {
			unescape((char *)b.p);
			out = mem_printf("%.*s%s", slash ? (int)(slash - opf) + 1 : 0, opf, (char *)b.p);
		}
	buf_release(&b);
	return out;
}

static int chapter(struct out *o, const struct package *k, const char *name, int i, struct err *e)
{
	struct buf title = BUF_INIT;
	struct xml *x = package_xml(k, name, XML_HTML);
	if (!x)
		return 0;
	html_title(x, &title);
	int r = out_part(o, "chapter", e) || out_meta_int(o, "chapter", i, e) || html_text(o, x, e) ? -1 : 0;
	buf_release(&title);
	xml_free(x);
	return r;
}

static int spine(struct out *o, const struct package *k, const struct xml *book, const char *opf,
		 struct err *e)
{
	const struct xml_node *manifest = xml_find(xml_root(book), "manifest");
	const struct xml_node *n = xml_child(xml_find(xml_root(book), "spine"));
	struct buf id = BUF_INIT;
	int r = 0, i = 0;
	for (; n && !r; n = xml_next(n)) {
		if (!xml_is(n, "itemref") || !xml_attr(n, "idref", &id))
			continue;
		char *name = item(manifest, (char *)id.p, opf);
		if (name)
			r = chapter(o, k, name, ++i, e);
		mem_free(name);
	}
	buf_release(&id);
	if (!r && !i)
		r = err_set(e, ERR_DATA, "no chapters in it");
	return r;
}

int extract_epub(struct out *o, const struct doc *d, struct err *e)
{
	struct package k = {0};
	struct buf opf = BUF_INIT;
	int r = package_open(&k, o, d, ".xml .opf .html .htm .xhtml", e);
	struct xml *box = package_xml(&k, "META-INF/container.xml", XML_STRICT), *book = NULL;
	if (!r && package_get(&k, "META-INF/encryption.xml") && package_get(&k, "META-INF/rights.xml"))
		r = err_set(e, ERR_DATA, "encrypted");
	const struct xml_node *top = xml_root(box);
	for (const struct xml_node *n = top; n && !r && !book; n = xml_step(n, top))
		if (xml_is(n, "rootfile") && xml_attr(n, "full-path", &opf))
			book = package_xml(&k, (char *)opf.p, XML_STRICT);
	if (!r && !book)
		r = err_set(e, ERR_DATA, "no package file in it");
	if (!r && !o->part)
		r = package_meta(o, xml_find(xml_root(book), "metadata"), e);
	if (!r)
		r = spine(o, &k, book, (char *)opf.p, e);
	xml_free(box);
	xml_free(book);
	package_release(&k);
	buf_release(&opf);
	return r;
}
