/* text_index_get: what text_index.c needs of text_index_get.c. */
#ifndef LEANN_FMT_TEXT_INDEX_GET_H
#define LEANN_FMT_TEXT_INDEX_GET_H

#include "fmt/text_index.h"

/* One line, parsed; borrowed. */
int text_index_take(struct text_index *t, const struct js *j, const char *where,
		    struct err *e) MUST_CHECK;
/*
 * The members that file and chunk lines give: "files", "paths", "chunks", "codes" (room for 4).
 * Once.
 */
int text_index_make(struct text_index *t, struct bundle_part *part, size_t *n_parts,
		    struct err *e) MUST_CHECK;

#endif
