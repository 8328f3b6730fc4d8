/* PPTX: a slide is a part; its title is a heading, its notes follow. */
#include <string.h>

#include "base/mem.h"
#include "package.h"

enum { SLIDES_MAX = 10000 };

static void paragraphs(const struct xml_node *top, struct buf *out)
{
	size_t from = out->len;
	for (const struct xml_node *n = top; n; n = xml_step(n, top)) {
		if (xml_is(n, "p") && out->len > from && out->p[out->len - 1] != '\n')
			buf_addc(out, '\n');
		if (xml_is(n, "t"))
			xml_all_text(n, out);
		else if (xml_is(n, "br"))
			buf_addc(out, '\n');
		else if (xml_is(n, "tc") && out->len && out->p[out->len - 1] != '\n')
			buf_adds(out, " | ");
	}
}

/* Is this shape the slide's title? */
static bool is_title(const struct xml_node *sp, struct buf *scratch)
{
	for (const struct xml_node *n = sp; n; n = xml_step(n, sp))
		if (xml_is(n, "ph") && xml_attr(n, "type", scratch))
			return !strcmp((char *)scratch->p, "title") || !strcmp((char *)scratch->p, "ctrTitle");
	return false;
}

static void shapes(const struct xml_node *top, bool titles, struct buf *out, struct buf *scratch)
{
	for (const struct xml_node *n = top; n; n = xml_step(n, top)) {
		if (!(xml_is(n, "sp") || xml_is(n, "graphicFrame")) || is_title(n, scratch) != titles)
			continue;
		if (titles)
			buf_adds(out, "# ");
		paragraphs(n, out);
		buf_adds(out, "\n\n");
	}
}

static int slide(struct out *o, const struct package *k, int i, struct err *e)
{
	char *name = mem_printf("ppt/slides/slide%d.xml", i),
	     *notes = mem_printf("ppt/notesSlides/notesSlide%d.xml", i);
	struct buf b = BUF_INIT, scratch = BUF_INIT;
	struct xml *x = package_xml(k, name, XML_STRICT), *nx = package_xml(k, notes, XML_STRICT);
	shapes(xml_root(x), true, &b, &scratch);
	shapes(xml_root(x), false, &b, &scratch);
	shapes(xml_root(nx), false, &b, &scratch);
	int r = out_part(o, "slide", e) || out_meta_int(o, "slide", i, e) || out_text(o, b.p, b.len, e) ? -1 : 0;
	xml_free(x);
	xml_free(nx);
	mem_free(name);
	mem_free(notes);
	buf_release(&b);
	buf_release(&scratch);
	return r;
}

int extract_pptx(struct out *o, const struct doc *d, struct err *e)
{
	struct package k = {0};
	int r = package_open(&k, o, d, ".xml", e), n = 0;
	struct xml *core = package_xml(&k, "docProps/core.xml", XML_STRICT);
	if (!r && !o->part)
		r = package_meta(o, xml_root(core), e);
	for (int i = 1; i < SLIDES_MAX && !r; i++) {
		char *name = mem_printf("ppt/slides/slide%d.xml", i);
		bool there = package_get(&k, name);
		mem_free(name);
		if (!there)
			break;
		r = slide(o, &k, i, e);
		n++;
	}
	if (!r && !n)
		r = err_set(e, ERR_DATA, "no slides in it");
	xml_free(core);
	package_release(&k);
	return r;
}
