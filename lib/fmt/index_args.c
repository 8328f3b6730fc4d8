/* The manifest's chunking.args; see index.h and leann-index(5). */
#include <string.h>

#include "fmt/index.h"
#include "fmt/index_get.h"

int index_chunk_args(const struct index *ix, bool *there, struct buf *out, struct err *e)
{
	const struct js *list = index_key(ix, "chunking.args");
	buf_clear(out);
	*there = list != NULL;
	if (list && (js_type(list) != JS_ARR || js_len(list) > STREAM_ARGS_MAX))
		return index_bad(ix, e, "manifest: chunking.args is no array of at most %d",
				 STREAM_ARGS_MAX);
	for (size_t i = 0; i < js_len(list); i++) {
		size_t from = out->len;
		if (js_unpath(js_at(list, i), out) || memchr(out->p + from, 0, out->len - from))
			return index_bad(ix, e, "manifest: chunking.args: item %zu is no argument", i);
		buf_addc(out, 0);
	}
	return 0;
}
