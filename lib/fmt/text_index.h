/*
 * text_index: a bundle as lines of JSON and back, to the same bytes.
 *
 *	text_index_lines(&ix, put_line, ctx, e);
 *
 *	struct text_index *t = text_index_new();
 *	text_index_line(t, line, n, "stdin:1", e);		for every line
 *	text_index_parts(t, &extra, parts, &n_parts, e);	for bundle_write()
 *	text_index_free(t);
 *
 *	["index", {manifest without what is computed}, [names of members, in order]]
 *	["file", number, root, path, size, mtime, hash, language, flags], text size behind it of a document
 *	["chunk", number, file, offset, length, sub_offset, sub_length, code]
 *	["member", name, base64]
 *
 * Hash and code are hexadecimal. A member line comes for every member that the other
 * lines do not give back byte for byte.
 */
#ifndef LEANN_FMT_TEXT_INDEX_H
#define LEANN_FMT_TEXT_INDEX_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/js.h"
#include "fmt/bundle.h"
#include "fmt/index.h"

/* put gets one line without LF; it returns 0, or -1 with e filled. */
int text_index_lines(const struct index *ix,
		     int (*put)(void *ctx, const struct buf *line, struct err *e), void *ctx,
		     struct err *e) MUST_CHECK;

struct text_index;

struct text_index *text_index_new(void);
void text_index_free(struct text_index *t);
int text_index_line(struct text_index *t, const void *line, size_t n, const char *where,
		    struct err *e) MUST_CHECK;
/* Borrowed from t: the manifest's keys, and the members (room for BUNDLE_MEMBERS_MAX). */
int text_index_parts(struct text_index *t, const struct js **extra, struct bundle_part *part,
		     size_t *n_parts, struct err *e) MUST_CHECK;

#endif
