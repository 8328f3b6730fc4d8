/* Trees of XML and HTML; see xml.h. */
#include "xml.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>

#include "base/decode.h"

struct xml {
	xmlDoc doc;
};

static xmlNode *node(const struct xml_node *n)
{
	return (xmlNode *)(uintptr_t)n;
}

static bool has_charset(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 7 < n && i < 4096; i++)
		if ((p[i] | 32) == 'c' && !memcmp(p + i + 1, "harset", 6))
			return true;
	return false;
}

static xmlDoc *open_html(const char *p, size_t n)
{
	struct decoded d = DECODED_INIT;
	decode_file(&d, (const uint8_t *)p, n);
	bool own = d.enc == ENC_CP1252 && has_charset((const uint8_t *)p, n);
	xmlDoc *doc = htmlReadMemory(own ? p : d.text, (int)(own ? n : d.n), NULL, own ? NULL : "UTF-8",
				     HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
					     HTML_PARSE_NONET | HTML_PARSE_COMPACT);
	decode_release(&d);
	return doc;
}

struct xml *xml_open(const void *p, size_t n, enum xml_kind kind)
{
	if (!n || n > INT_MAX)
		return NULL;
	xmlDoc *doc = kind == XML_HTML
			      ? open_html(p, n)
			      : xmlReadMemory(p, (int)n, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR |
						      XML_PARSE_NOWARNING | XML_PARSE_RECOVER |
						      XML_PARSE_NOCDATA);
	return (struct xml *)doc;
}

void xml_free(struct xml *x)
{
	xmlFreeDoc((xmlDoc *)x);
}

const struct xml_node *xml_root(const struct xml *x)
{
	return x ? (const struct xml_node *)xmlDocGetRootElement((xmlDoc *)(uintptr_t)x) : NULL;
}

/* Entities are not expanded: what is below one is not of the tree. */
const struct xml_node *xml_child(const struct xml_node *n)
{
	if (!n || node(n)->type == XML_ENTITY_REF_NODE)
		return NULL;
	return node(n)->type == XML_ELEMENT_NODE ? (const struct xml_node *)node(n)->children : NULL;
}

const struct xml_node *xml_next(const struct xml_node *n)
{
	return n ? (const struct xml_node *)node(n)->next : NULL;
}

const struct xml_node *xml_step(const struct xml_node *n, const struct xml_node *top)
{
	const struct xml_node *c = xml_child(n);
	if (c || !n)
		return c;
	while (n && n != top && !xml_next(n))
		n = (const struct xml_node *)node(n)->parent;
	return !n || n == top ? NULL : xml_next(n);
}

const char *xml_name(const struct xml_node *n)
{
	return n && node(n)->type == XML_ELEMENT_NODE ? (const char *)node(n)->name : "";
}

bool xml_is(const struct xml_node *n, const char *name)
{
	return !strcmp(xml_name(n), name);
}

const char *xml_text(const struct xml_node *n)
{
	if (!n || (node(n)->type != XML_TEXT_NODE && node(n)->type != XML_CDATA_SECTION_NODE))
		return NULL;
	return node(n)->content ? (const char *)node(n)->content : "";
}

bool xml_attr(const struct xml_node *n, const char *name, struct buf *out)
{
	buf_clear(out);
	if (!n || node(n)->type != XML_ELEMENT_NODE)
		return false;
	for (const xmlAttr *a = node(n)->properties; a; a = a->next) {
		if (strcmp((const char *)a->name, name))
			continue;
		for (const xmlNode *t = a->children; t; t = t->next)
			if (t->type == XML_TEXT_NODE && t->content)
				buf_adds(out, (const char *)t->content);
		buf_adds(out, "");
		return out->p != NULL;
	}
	return false;
}

int xml_attr_int(const struct xml_node *n, const char *name, int def)
{
	struct buf b = BUF_INIT;
	long v = xml_attr(n, name, &b) ? strtol((const char *)b.p, NULL, 10) : def;
	buf_release(&b);
	return v < -1000 || v > 1000 ? def : (int)v;
}

const struct xml_node *xml_find(const struct xml_node *n, const char *name)
{
	for (n = xml_child(n); n; n = xml_next(n))
		if (xml_is(n, name))
			return n;
	return NULL;
}

void xml_all_text(const struct xml_node *n, struct buf *out)
{
	for (const struct xml_node *c = n; c; c = xml_step(c, n))
		if (xml_text(c))
			buf_adds(out, xml_text(c));
}
