/* A passage as a line of JSON; see items.h and leann-to-jsonl(1). */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/js.h"
#include "base/le.h"
#include "fmt/items.h"

static void put_js(struct buf *out, struct js *j)
{
	js_dump(j, 0, out);
	js_free(j);
}

static void put_str(struct buf *out, const void *p, size_t n)
{
	put_js(out, js_new_strn(n ? p : "", n));
}

static void put_key(struct buf *out, const char *key)
{
	buf_printf(out, ",\"%s\":", key);
}

/* The fewest digits that bring v back, and a point, so that it stays no integer. */
static void put_real(struct buf *out, double v)
{
	char s[40];
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(s, sizeof s, "%.*g", digits, v);
		if (strtod(s, NULL) == v)
			break;
	}
	buf_adds(out, s);
	if (!strpbrk(s, ".e"))
		buf_adds(out, ".0");
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
		put_str(out, key, strlen(key));
		buf_addc(out, ':');
		switch (v.type) {
		case META_STR: put_str(out, v.s, v.n); break;
		case META_INT: buf_printf(out, "%" PRId64, v.i); break;
		case META_REAL: put_real(out, v.d); break;
		default: buf_adds(out, v.b ? "true" : "false"); break;
		}
	}
	buf_addc(out, '}');
}

/* Past the string whose opening quote is at p. */
static size_t skip_str(const char *p, size_t n, size_t i)
{
	for (i++; i < n && p[i] != '"'; i++)
		i += p[i] == '\\';
	return i + 1;
}

/* Past the value at p[i], up to the comma or bracket behind it. */
static size_t skip_value(const char *p, size_t n, size_t i)
{
	size_t depth = 0;
	while (i < n) {
		if (p[i] == '"') {
			i = skip_str(p, n, i);
			continue;
		}
		if (!depth && (p[i] == ',' || p[i] == '}'))
			break;
		depth += p[i] == '{' || p[i] == '[';
		depth -= depth && (p[i] == '}' || p[i] == ']');
		i++;
	}
	return i < n ? i : n;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_space(const char *p, size_t n, size_t i)
{
	while (i < n && is_space(p[i]))
		i++;
	return i;
}

const char *item_member(const char *p, size_t n, const char *key, size_t *len)
{
	size_t n_key = strlen(key), i = skip_space(p, n, 0) + 1;
	while ((i = skip_space(p, n, i)) < n && p[i] == '"') {
		size_t name = i + 1, end = skip_str(p, n, i), from, to;
		from = skip_space(p, n, skip_space(p, n, end) + 1);
		to = skip_value(p, n, from);
		if (to > n || from >= to)
			return NULL;
		if (end - 1 - name == n_key && !memcmp(p + name, key, n_key)) {
			while (to > from && is_space(p[to - 1]))
				to--;
			*len = to - from;
			return p + from;
		}
		i = to + 1;
	}
	return NULL;
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

void item_json(const struct item *it, enum item_vec how, struct buf *out)
{
	buf_adds(out, "{\"id\":");
	put_str(out, it->id.p, it->id.len);
	if (it->has_title) {
		put_key(out, "title");
		put_str(out, it->title.p, it->title.len);
	}
	put_key(out, "text");
	put_str(out, it->text.p, it->text.len);
	put_key(out, "metadata");
	buf_add(out, it->metadata.p, it->metadata.len);
	if (it->first_line) {
		put_key(out, "path");
		put_js(out, js_new_path(it->path.p, it->path.len));
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
