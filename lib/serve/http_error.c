/* The words of other servers; see http_error.h. */
#include "serve/http_error.h"

#include "serve/safe.h"

void http_error_json(const struct js *j, const void *p, size_t n, struct buf *out)
{
	const struct js *e = js_get(j, "error"), *m = js_get(e, "message"), *top = js_get(j, "message");
	size_t len = 0, at = out->len;
	const char *s = js_str(m ? m : e ? e : top ? top : js_get(j, "detail"), &len);
	enum { LONGEST = 300 };
	safe_text(out, s ? s : p, s ? len : n < LONGEST ? n : LONGEST, true);
	if (out->len == at)
		buf_adds(out, "(no message)");
}

void http_error_text(const void *p, size_t n, struct buf *out)
{
	struct js *j = NULL;
	struct err ignored;
	if (js_parse(p, n, "", &j, &ignored))
		j = NULL;
	http_error_json(j, p ? p : "", n, out);
	js_free(j);
}
