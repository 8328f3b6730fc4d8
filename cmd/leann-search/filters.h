/* filters: which passages may be hits: --lang, --path, --type and --filter, all of which have to hold. */
#ifndef LEANN_SEARCH_FILTERS_H
#define LEANN_SEARCH_FILTERS_H

#include "leann.h"
#include "settings.h"

/* Takes expr over; option is for messages, and static. */
void filters_add(struct settings *s, char *expr, const char *option);
/* Languages, comma-separated, instead of those before. */
void filters_langs(struct settings *s, const char *list);
/* Types of files, comma-separated. */
void filters_type(struct settings *s, const char *list);
void filters_release(struct settings *s);
/* *out NULL: all may be. */
int filters_make(const struct settings *s, const struct leann_index *ix, struct leann_filter **out,
		 struct err *e) MUST_CHECK;

#endif
