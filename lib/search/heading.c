/* Headings of passages; see heading.h. */
#include "search/heading.h"

#include <string.h>

#include "algo/lang.h"
#include "algo/marks.h"
#include "algo/outline.h"
#include "algo/parts.h"
#include "base/utf8.h"

/* The trail of headings, as leann-chunk(1) has it: an index without spans has no metadata of them. */
static void add_trail(const struct source_passage *p, enum text_style style, unsigned flags, struct buf *out)
{
	struct marks m = MARKS_INIT;
	const char *text = (const char *)p->whole;
	size_t left = p->n_whole - p->off_whole;
	/* in whole: of other encodings that is the text, of UTF-8 the bytes, broken or not */
	size_t n = file_encoding(flags) == ENC_UTF8 ? (size_t)p->at.len_bytes : p->text.len;
	n = n < left ? n : left;
	struct buf trail = BUF_INIT;
	if (flags & FILE_EXTRACTED) {
		parts_marks(&m, style, text, p->n_whole);
	} else {
		marks_headings(&m, style, text, p->n_whole);
		marks_nest(&m, p->n_whole);
	}
	marks_crumb(&m, text, p->off_whole, n, " > ", &trail);
	utf8_repair(out, trail.p, trail.len);
	buf_release(&trail);
	marks_release(&m);
}

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
	if (!ix->chunks && kind == OUTLINE_PROSE && l) {
		add_trail(p, l->style, f.flags, out);
		return;
	}
	if (outline_find((const char *)p->whole, p->n_whole, p->off_whole, kind, &at, &n))
		utf8_repair(out, p->whole + at, n < 160 ? n : 160);
}
