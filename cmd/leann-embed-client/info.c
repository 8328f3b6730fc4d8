/* What a server says of itself, as JSON; see info.h. */
#include "info.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/js.h"

void info_print(const char *endpoint, const struct wire_info *i)
{
	struct js *j = js_new_obj();
	struct buf b = BUF_INIT;
	js_set(j, "endpoint", js_new_str(endpoint));
	js_set(j, "model", js_new_str(i->model));
	js_set(j, "sha256", js_new_str(i->sha256));
	js_set(j, "tokenizer_sha256", js_new_str(i->tokenizer_sha256));
	js_set(j, "dim", js_new_int((int64_t)i->dim));
	js_set(j, "max_tokens", js_new_int((int64_t)i->max_tokens));
	js_set(j, "normalized", js_new_bool(i->normalized));
	js_set(j, "query_prefix", js_new_str(i->query_prefix));
	js_set(j, "document_prefix", js_new_str(i->document_prefix));
	js_set(j, "max_texts", js_new_int((int64_t)i->max_texts));
	js_set(j, "threads", js_new_int((int64_t)i->threads));
	js_set(j, "n_requests", js_new_int((int64_t)i->n_requests));
	js_set(j, "n_texts", js_new_int((int64_t)i->n_texts));
	js_set(j, "n_tokens", js_new_int((int64_t)i->n_tokens));
	js_set(j, "uptime_s", js_new_int((int64_t)i->uptime_s));
	js_set(j, "pid", js_new_int((int64_t)i->pid));
	js_set(j, "version", js_new_str(i->version));
	js_dump(j, 0, &b);
	puts((const char *)b.p);
	buf_release(&b);
	js_free(j);
}
