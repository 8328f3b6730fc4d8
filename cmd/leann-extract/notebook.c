/* Jupyter notebooks: prose as it is, code in fences; a part is prose and the code that follows it. */
#include <string.h>

#include "base/js.h"
#include "extract.h"

/* A string, or an array of lines. */
static void source(const struct js *v, struct buf *out)
{
	size_t n;
	const char *s = js_str(v, &n);
	if (s)
		buf_add(out, s, n);
	for (size_t i = 0; i < js_len(v); i++) {
		s = js_str(js_at(v, i), &n);
		if (s)
			buf_add(out, s, n);
	}
}

static int cell(struct out *o, const struct js *c, const char *lang, struct err *e)
{
	const char *type = js_str(js_get(c, "cell_type"), NULL);
	bool code = type && !strcmp(type, "code");
	struct buf b = BUF_INIT;
	if (code)
		buf_printf(&b, "```%s\n", lang);
	size_t at = b.len;
	source(js_get(c, "source"), &b);
	bool any = b.len > at;
	if (any && b.p[b.len - 1] != '\n')
		buf_addc(&b, '\n');
	buf_adds(&b, code ? "```\n\n" : "\n");
	int r = any ? out_text(o, b.p, b.len, e) : 0;
	buf_release(&b);
	return r;
}

static int cells(struct out *o, const struct js *list, const char *lang, struct err *e)
{
	bool was_code = true;
	for (size_t i = 0; i < js_len(list); i++) {
		const struct js *c = js_at(list, i);
		const char *type = js_str(js_get(c, "cell_type"), NULL);
		bool code = type && !strcmp(type, "code");
		if (((was_code && !code) || !i) &&
		    (out_part(o, "cell", e) || out_meta_int(o, "cell", (int64_t)i + 1, e)))
			return -1;
		was_code = code;
		if (cell(o, c, lang, e))
			return -1;
	}
	return 0;
}

int extract_notebook(struct out *o, const struct doc *d, struct err *e)
{
	struct js *j;
	struct err why;
	if (js_parse(d->p, d->n, "notebook", &j, &why))
		return err_set(e, ERR_DATA, "no notebook: %s", why.msg);
	const struct js *list = js_get(j, "cells");
	if (!list)	/* before version 4 */
		list = js_get(js_at(js_get(j, "worksheets"), 0), "cells");
	const char *lang = js_str(js_get(js_get(js_get(j, "metadata"), "kernelspec"), "language"), NULL);
	int r = js_type(list) != JS_ARR ? err_set(e, ERR_DATA, "no notebook: no cells")
					: cells(o, list, lang ? lang : "", e);
	js_free(j);
	return r;
}
