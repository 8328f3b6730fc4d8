/* Which indexes there are, and how they are; see ops.h. */
#include <string.h>

#include "base/mem.h"
#include "search/leann_impl.h"
#include "serve/fresh.h"
#include "serve/ops.h"

static struct js *text_or_null(const char *s)
{
	return s ? js_new_str(s) : js_new_null();
}

static size_t n_files(const struct index *ix)
{
	size_t n = 0;
	for (size_t i = 0; i < ix->n_files; i++)
		n += !(column_get(&ix->flags, i) & FILE_REMOVED);
	return n;
}

static struct js *describe(const struct edition *ed)
{
	const struct leann_info *info = leann_index_info(ed->ix);
	struct js *o = js_new_obj();
	js_set(o, "name", js_new_str(ed->name));
	js_set(o, "path", js_new_path(ed->path, strlen(ed->path)));
	js_set(o, "files", js_new_int((int64_t)n_files(&ed->ix->g.ix)));
	js_set(o, "chunks", js_new_int((int64_t)info->n_chunks));
	js_set(o, "model", text_or_null(info->model));
	js_set(o, "precision", text_or_null(info->precision));
	if (info->provider) {
		js_set(o, "provider", js_new_str(info->provider));
		js_set(o, "text_leaves_machine", js_new_bool(info->remote));
	}
	return o;
}

enum op_result op_list(struct desk *d, struct js **reply, struct err *e)
{
	struct catalog *c = desk_catalog(d);
	struct js *all = js_new_arr();
	(void)e;
	for (size_t i = 0; i < catalog_n(c); i++) {
		struct edition *ed = catalog_take(c, i);
		js_push(all, describe(ed));
		edition_drop(ed);
	}
	*reply = js_new_obj();
	js_set(*reply, "indexes", all);
	return OP_OK;
}

static int add_roots(struct js *o, const struct index *ix, struct err *e)
{
	struct js *roots = js_new_arr();
	struct buf b = BUF_INIT;
	int r = 0;
	js_set(o, "roots", roots);
	for (size_t i = 0; i < ix->n_roots && !r; i++) {
		buf_clear(&b);
		r = index_root(ix, i, &b, e);
		if (!r)
			js_push(roots, js_new_path(b.p ? (const char *)b.p : "", b.len));
	}
	buf_release(&b);
	return r;
}

static struct js *status_of(struct catalog *c, size_t i, struct err *e)
{
	struct edition *ed = catalog_take(c, i);
	const struct leann_info *info = leann_index_info(ed->ix);
	struct js *o = describe(ed);
	struct buf why = BUF_INIT;
	struct fresh f;
	js_set(o, "dim", js_new_int((int64_t)info->dim));
	js_set(o, "bytes", js_new_int((int64_t)ed->ix->g.ix.b.n_map));
	js_set(o, "edition", js_new_int(ed->number));
	js_set(o, "words", js_new_bool(info->has_words));
	int r = add_roots(o, &ed->ix->g.ix, e) || fresh_look(&ed->ix->g.ix, FRESH_MANY, &f, e);
	if (!r)
		fresh_set(o, &f);
	catalog_trouble(c, i, &why);
	js_set(o, "trouble", text_or_null((const char *)why.p));
	buf_release(&why);
	edition_drop(ed);
	if (r)
		js_free(o);
	return r ? NULL : o;
}

enum op_result op_status(struct desk *d, const char *name, struct js **reply, struct err *e)
{
	struct catalog *c = desk_catalog(d);
	size_t first = 0, end = catalog_n(c);
	enum op_result r = name ? op_index(d, name, &first, e) : OP_OK;
	*reply = NULL;
	if (r != OP_OK)
		return r;
	if (name)
		end = first + 1;
	struct js *all = js_new_arr();
	for (size_t i = first; i < end && r == OP_OK; i++) {
		struct js *o = status_of(c, i, e);
		if (o)
			js_push(all, o);
		else
			r = op_result(e);
	}
	if (r != OP_OK) {
		js_free(all);
		return r;
	}
	*reply = js_new_obj();
	js_set(*reply, "indexes", all);
	return OP_OK;
}
