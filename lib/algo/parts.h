/*
 * parts: passages of a text that was taken out of a document: its parts (pages, slides, sheets,
 * chapters, messages) are separated by form feeds, U+000C, and no passage is of two.
 */
#ifndef LEANN_ALGO_PARTS_H
#define LEANN_ALGO_PARTS_H

#include "algo/marks.h"
#include "algo/passages.h"

enum { PART_END = '\f' };

/* As passages_split(), each part by itself. The form feeds are in no passage. */
void parts_split(const struct passages_params *pp, enum text_style style, const char *text, size_t n,
		 struct passages *out);
/* Parts, and the headings in them, nested. */
void parts_marks(struct marks *m, enum text_style style, const char *text, size_t n);

#endif
