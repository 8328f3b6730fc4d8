/*
 * xml: trees of XML and HTML (libxml2, in xml.c alone): nothing is fetched, no entity is expanded, depth
 * and sizes have libxml2's own limits.
 *
 *	struct xml *x = xml_open(p, n, XML_HTML);	NULL: there is no tree in it
 *	for (const struct xml_node *c = xml_child(xml_root(x)); c; c = xml_next(c)) ...
 *	xml_free(x);
 */
#ifndef LEANN_CMD_EXTRACT_XML_H
#define LEANN_CMD_EXTRACT_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct xml;
struct xml_node;
enum xml_kind { XML_STRICT, XML_HTML };

struct xml *xml_open(const void *p, size_t n, enum xml_kind kind);
void xml_free(struct xml *x);
const struct xml_node *xml_root(const struct xml *x);
const struct xml_node *xml_child(const struct xml_node *n);	/* the first; NULL of NULL, too */
const struct xml_node *xml_next(const struct xml_node *n);
/* The next in the order of the document below top, whatever its depth; starts at top itself. */
const struct xml_node *xml_step(const struct xml_node *n, const struct xml_node *top);
const char *xml_name(const struct xml_node *n);		/* without a prefix; "" of text */
bool xml_is(const struct xml_node *n, const char *name);
const char *xml_text(const struct xml_node *n);		/* of text; else NULL */
/* The value of an attribute, whatever its prefix, into out (cleared); false: it has none. */
bool xml_attr(const struct xml_node *n, const char *name, struct buf *out);
/* The same as a whole number of -1000 to 1000; without one def. */
int xml_attr_int(const struct xml_node *n, const char *name, int def);
/* The first child called so. */
const struct xml_node *xml_find(const struct xml_node *n, const char *name);
/* All text below n, appended to out. */
void xml_all_text(const struct xml_node *n, struct buf *out);

#endif
