/*
 * package: the members of a document that is a zip file, in memory.
 *
 *	struct package k = {0};
 *	if (package_open(&k, o, d, wanted, e)) ...
 *	const struct buf *b = package_get(&k, "word/document.xml");	NULL: not there
 *	package_release(&k);
 */
#ifndef LEANN_CMD_EXTRACT_PACKAGE_H
#define LEANN_CMD_EXTRACT_PACKAGE_H

#include "extract.h"
#include "xml.h"

struct package {
	struct package_member {
		char *name;
		struct buf b;
	} *member;
	size_t n;
};

/* Only members whose names end in one of these, by one blank (".xml .rels"). */
int package_open(struct package *k, struct out *o, const struct doc *d, const char *ends,
		 struct err *e) MUST_CHECK;
const struct buf *package_get(const struct package *k, const char *name);
/* The tree of a member; NULL: not there, or no XML. */
struct xml *package_xml(const struct package *k, const char *name, enum xml_kind kind);
void package_release(struct package *k);
/* dc:title, dc:creator, dc:date and the like below top, as title, author, date. */
int package_meta(struct out *o, const struct xml_node *top, struct err *e) MUST_CHECK;

#endif
