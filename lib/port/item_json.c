/* A passage as a line of JSON; see items.h and leann-to-jsonl(1). */
#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "base/js.h"
#include "base/le.h"
#include "port/items.h"
#include "port/record_line.h"

static void put_key(struct buf *out, const char *key)
{
	buf_printf(out, ",\"%s\":", key);
}

void item_meta_json(const struct meta *m, struct buf *out)
{
	struct meta_value v;
	buf_addc(out, '{');
	for (size_t i = 0; i < m->n; i++) {
		const char *key = meta_key(m, i);
		meta_at(m, i, &v);
		if (i)
			buf_addc(out, ',');
		json_put_str(out, key, strlen(key));
		buf_addc(out, ':');
		switch (v.type) {
		case META_STR: json_put_str(out, v.s, v.n); break;
		case META_INT: buf_printf(out, "%" PRId64, v.i); break;
		case META_REAL: json_put_real(out, v.d); break;
		default: buf_adds(out, v.b ? "true" : "false"); break;
		}
	}
	buf_addc(out, '}');
}

static void put_vec_list(struct buf *out, const float *v, size_t dim)
{
	for (size_t i = 0; i < dim; i++)
		buf_printf(out, "%c%.9g", i ? ',' : '[', (double)v[i]);
	buf_addc(out, ']');
}

static void put_vec_base64(struct buf *out, const float *v, size_t dim)
{
	uint8_t le[4 * DIM_MAX];
	for (size_t i = 0; i < dim; i++)
		put_lef32(le + 4 * i, v[i]);
	buf_addc(out, '"');
	base64_put(out, le, 4 * dim);
	buf_addc(out, '"');
}

/* A string, or bytes that are none. */
static void put_path(const struct item *it, struct buf *out)
{
	struct js *j = js_new_path(it->path.p, it->path.len);
	js_dump(j, 0, out);
	js_free(j);
}

void item_json(const struct item *it, enum item_vec how, struct buf *out)
{
	buf_adds(out, "{\"id\":");
	json_put_str(out, it->id.p, it->id.len);
	if (it->has_title) {
		put_key(out, "title");
		json_put_str(out, it->title.p, it->title.len);
	}
	put_key(out, "text");
	json_put_str(out, it->text.p, it->text.len);
	put_key(out, "metadata");
	buf_add(out, it->metadata.p, it->metadata.len);
	if (it->first_line) {
		put_key(out, "path");
		put_path(it, out);
		put_key(out, "lines");
		buf_printf(out, "[%" PRIu64 ",%" PRIu64 "]", it->first_line, it->last_line);
	}
	if (how != ITEM_VEC_NONE && it->vec) {
		put_key(out, "embedding");
		if (how == ITEM_VEC_LIST)
			put_vec_list(out, it->vec, it->dim);
		else
			put_vec_base64(out, it->vec, it->dim);
	}
	buf_addc(out, '}');
}
