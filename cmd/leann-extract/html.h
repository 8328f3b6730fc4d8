/* html: the text of a tree of HTML, headings as Markdown has them; also of chapters of books. */
#ifndef LEANN_CMD_EXTRACT_HTML_H
#define LEANN_CMD_EXTRACT_HTML_H

#include "extract.h"
#include "xml.h"

int html_text(struct out *o, const struct xml *x, struct err *e) MUST_CHECK;
/* The text of its <title>, into out (cleared). */
void html_title(const struct xml *x, struct buf *out);

#endif
