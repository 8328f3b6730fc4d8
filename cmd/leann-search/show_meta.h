/* show_meta: metadata of a hit, for people and as JSON. */
#ifndef LEANN_SEARCH_SHOW_META_H
#define LEANN_SEARCH_SHOW_META_H

#include "base/buf.h"
#include "base/js.h"
#include "leann.h"

/*
 * "symbol": that of the n items, else their heading, else the one found in the text; and "meta", all
 * of them.
 */
void show_meta_item(const struct leann_meta *meta, size_t n, const struct leann_text *heading,
		    struct js *item);
/*
 * What tells a person where in its file a hit is, or which document it is: "function foo", a heading,
 * "p. 3", "member a/b.txt", author and date; heading: that found in the text.
 */
void show_meta_place(const struct leann_meta *meta, size_t n, const struct leann_text *heading,
		     struct buf *out);

#endif
