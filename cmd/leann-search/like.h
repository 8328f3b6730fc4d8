/* like: the passage that --like names. */
#ifndef LEANN_SEARCH_LIKE_H
#define LEANN_SEARCH_LIKE_H

#include "leann.h"

/* where: PATH, PATH:LINE, or PATH:FIRST-LAST as hits have it; a file of that whole name wins. */
int like_find(struct leann_searcher *s, const char *where, uint32_t *chunk,
	      struct leann_error *e);

#endif
