/* Headings of passages; see heading.h. */
#include "search/heading.h"

#include <string.h>

#include "algo/lang.h"
#include "algo/outline.h"
#include "base/utf8.h"

void heading_add(const struct index *ix, const struct source_passage *p, struct buf *out)
{
	struct index_chunk c = p->at;
	struct index_file f;
	size_t at, n;
	if (p->status != SOURCE_FRESH || !p->whole)
		return;
	index_file(ix, c.file, &f);
	const char *name = index_lang(ix, f.lang);
	const struct lang *l = lang_by_name(name, strlen(name));
	enum outline_kind kind = l && l->style == STYLE_CODE ? OUTLINE_CODE : OUTLINE_PROSE;
	/* lines of a page may look like headings, and mean nothing */
	if ((f.flags & FILE_EXTRACTED) && l && l->style == STYLE_TEXT)
		return;
	if ((f.flags & FILE_RECORDS) || p->off_whole >= p->n_whole)
		return;
	if (outline_find((const char *)p->whole, p->n_whole, p->off_whole, kind, &at, &n))
		utf8_repair(out, p->whole + at, n < 160 ? n : 160);
}
