/* msgpack as JSON and back; see text.h. */
#include "fmt/text.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/utf8.h"

enum { DEPTH_MAX = 16 };	/* more than mp_parse() takes: bounds our recursion alone */

static const char *const words[] = {"bin", "u64", "str", "f64", "map", "raw", "utf8"};
enum word { W_BIN, W_U64, W_STR, W_F64, W_MAP, W_RAW, W_UTF8, W_NONE };

static struct js *wrap(enum word w, struct js *v)
{
	struct js *o = js_new_obj();
	js_set(o, words[w], v);
	return o;
}

static struct js *wrap_base64(enum word w, const uint8_t *p, size_t n)
{
	struct buf b = BUF_INIT;
	base64_put(&b, p, n);
	struct js *o = wrap(w, js_new_strn(b.p ? (const char *)b.p : "", b.len));
	buf_release(&b);
	return o;
}

static struct js *wrap_hex(enum word w, uint64_t v)
{
	char hex[17];
	snprintf(hex, sizeof hex, "%016llx", (unsigned long long)v);
	return wrap(w, js_new_str(hex));
}

static bool is_plain(const uint8_t *p, size_t n)
{
	return utf8_valid(p, n) && !memchr(p, 0, n);
}

/* Paths are bin: most of them can be read as they are. */
static bool is_readable(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < 0x20 || p[i] == 0x7f)
			return false;
	return n && n <= 4096 && utf8_valid(p, n);
}

/* Every key a plain string, none twice, and not one key that is one of our words. */
static bool is_plain_map(const struct mp *map)
{
	const struct mp *k, *v;
	size_t n, n_other;
	for (size_t i = 0; mp_pair(map, i, &k, &v); i++) {
		const uint8_t *p = mp_bytes(k, &n);
		if (mp_type(k) != MP_STR || (n && !is_plain(p, n)))
			return false;
		for (int w = 0; mp_len(map) == 1 && w < W_NONE; w++)
			if (n == strlen(words[w]) && !memcmp(p, words[w], n))
				return false;
		for (size_t j = 0; j < i; j++) {
			const struct mp *k2, *v2;
			const uint8_t *q;
			if (mp_pair(map, j, &k2, &v2) && (q = mp_bytes(k2, &n_other)) &&
			    n == n_other && !memcmp(p, q, n))
				return false;
		}
		if (i >= 1000)		/* a long map is compared as pairs: no quadratic work */
			return false;
	}
	return true;
}

static struct js *to_js(const struct mp *v);

static struct js *map_to_js(const struct mp *map)
{
	const struct mp *k, *v;
	size_t n;
	if (is_plain_map(map)) {
		struct js *o = js_new_obj();
		for (size_t i = 0; mp_pair(map, i, &k, &v); i++) {
			struct buf key = BUF_INIT;
			const uint8_t *p = mp_bytes(k, &n);
			buf_add(&key, p, n);
			buf_addc(&key, 0);
			js_set(o, (const char *)key.p, to_js(v));
			buf_release(&key);
		}
		return o;
	}
	struct js *list = js_new_arr();
	for (size_t i = 0; mp_pair(map, i, &k, &v); i++) {
		struct js *pair = js_new_arr();
		js_push(pair, to_js(k));
		js_push(pair, to_js(v));
		js_push(list, pair);
	}
	return wrap(W_MAP, list);
}

static struct js *real_to_js(double d)
{
	uint64_t u;
	memcpy(&u, &d, sizeof u);
	return wrap_hex(W_F64, u);
}

static struct js *to_js(const struct mp *v)
{
	size_t n;
	const uint8_t *p = mp_bytes(v, &n);
	switch (mp_type(v)) {
	case MP_BOOL: return js_new_bool(mp_bool(v));
	case MP_UINT:
		return mp_u64(v) > INT64_MAX ? wrap_hex(W_U64, mp_u64(v)) : js_new_int(mp_i64(v));
	case MP_INT: return js_new_int(mp_i64(v));
	case MP_REAL: return real_to_js(mp_real(v));
	case MP_BIN:
		if (is_readable(p, n))
			return wrap(W_UTF8, js_new_strn((const char *)p, n));
		return wrap_base64(W_BIN, p, n);
	case MP_STR:
		if (n && !is_plain(p, n))
			return wrap_base64(W_STR, p, n);
		return js_new_strn(n ? (const char *)p : "", n);
	case MP_MAP: return map_to_js(v);
	case MP_ARR: {
		struct js *a = js_new_arr();
		for (size_t i = 0; i < mp_len(v); i++)
			js_push(a, to_js(mp_at(v, i)));
		return a;
	}
	default: return js_new_null();
	}
}

static int from_js(const struct js *j, int depth, struct buf *out, struct err *e);

struct sink {
	struct buf *out;
	int depth;
	struct err *e;
};

static int put_pair(const char *key, const struct js *v, void *ctx)
{
	struct sink *s = ctx;
	mp_put_str(s->out, key);
	return from_js(v, s->depth + 1, s->out, s->e);
}

static int put_map(const struct js *list, int depth, struct buf *out, struct err *e)
{
	if (js_type(list) != JS_ARR || js_len(list) > UINT16_MAX)
		return err_set(e, ERR_DATA, "\"map\" wants an array of [key, value]");
	mp_put_map(out, js_len(list));
	for (size_t i = 0; i < js_len(list); i++) {
		const struct js *pair = js_at(list, i);
		if (js_type(pair) != JS_ARR || js_len(pair) != 2)
			return err_set(e, ERR_DATA, "\"map\" wants an array of [key, value]");
		if (from_js(js_at(pair, 0), depth + 1, out, e) ||
		    from_js(js_at(pair, 1), depth + 1, out, e))
			return -1;
	}
	return 0;
}

static int get_hex(const struct js *v, uint64_t *u)
{
	size_t n;
	const char *s = js_str(v, &n);
	*u = 0;
	if (!s || n != 16)
		return -1;
	for (size_t i = 0; i < 16; i++) {
		const char *abc = "0123456789abcdef", *at = strchr(abc, s[i]);
		if (!s[i] || !at)
			return -1;
		*u = *u << 4 | (uint64_t)(at - abc);
	}
	return 0;
}

/* An object that stands for something JSON lacks. */
static int put_word(enum word w, const struct js *v, int depth, struct buf *out, struct err *e)
{
	struct buf b = BUF_INIT;
	uint64_t u;
	double d;
	size_t n;
	const char *s = js_str(v, &n);
	int r = 0;
	switch (w) {
	case W_MAP: return put_map(v, depth, out, e);
	case W_U64:
	case W_F64:
		if (get_hex(v, &u))
			return err_set(e, ERR_DATA, "\"%s\" wants 16 hexadecimal digits", words[w]);
		memcpy(&d, &u, sizeof d);
		if (w == W_U64)
			mp_put_u64(out, u);
		else
			mp_put_f64(out, d);
		return 0;
	case W_UTF8:
		if (!s)
			return err_set(e, ERR_DATA, "\"utf8\" wants a string");
		mp_put_bin(out, s, n);
		return 0;
	case W_BIN:
	case W_STR:
		if (!s || base64_get(&b, s, n))
			r = err_set(e, ERR_DATA, "\"%s\" wants base64", words[w]);
		else if (w == W_BIN)
			mp_put_bin(out, b.p ? b.p : (const uint8_t *)"", b.len);
		else
			mp_put_strn(out, b.p ? b.p : (const uint8_t *)"", b.len);
		buf_release(&b);
		return r;
	default:
		return err_set(e, ERR_DATA, "\"raw\" stands for a whole record only");
	}
}

static enum word word_of(const struct js *o)
{
	for (int w = 0; js_len(o) == 1 && w < W_NONE; w++)
		if (js_get(o, words[w]))
			return (enum word)w;
	return W_NONE;
}

static int put_arr(const struct js *a, int depth, struct buf *out, struct err *e)
{
	if (js_len(a) > UINT16_MAX)
		return err_set(e, ERR_DATA, "an array of %zu items, the limit is %d", js_len(a),
			       UINT16_MAX);
	mp_put_arr(out, js_len(a));
	for (size_t i = 0; i < js_len(a); i++)
		if (from_js(js_at(a, i), depth + 1, out, e))
			return -1;
	return 0;
}

static int put_obj(const struct js *o, int depth, struct buf *out, struct err *e)
{
	struct sink s = {out, depth, e};
	enum word w = word_of(o);
	if (w != W_NONE)
		return put_word(w, js_get(o, words[w]), depth, out, e);
	if (js_len(o) > UINT16_MAX)
		return err_set(e, ERR_DATA, "an object of %zu keys, the limit is %d", js_len(o),
			       UINT16_MAX);
	mp_put_map(out, js_len(o));
	return js_each(o, put_pair, &s);
}

static int from_js(const struct js *j, int depth, struct buf *out, struct err *e)
{
	size_t n;
	const char *s = js_str(j, &n);
	if (depth > DEPTH_MAX)
		return err_set(e, ERR_DATA, "nested deeper than %d", DEPTH_MAX);
	switch (js_type(j)) {
	case JS_NULL: mp_put_nil(out); return 0;
	case JS_BOOL: mp_put_bool(out, js_true(j)); return 0;
	case JS_INT:
		if (js_int(j) < 0)
			mp_put_i64(out, js_int(j));
		else
			mp_put_u64(out, (uint64_t)js_int(j));
		return 0;
	case JS_REAL: mp_put_f64(out, js_num(j)); return 0;
	case JS_STR: mp_put_strn(out, s, n); return 0;
	case JS_ARR: return put_arr(j, depth, out, e);
	case JS_OBJ: return put_obj(j, depth, out, e);
	default: return err_set(e, ERR_DATA, "no value");
	}
}

int text_pack(const struct js *j, const char *where, struct buf *out, struct err *e)
{
	size_t n;
	const char *s = js_str(js_get(j, "raw"), &n);
	if (js_type(j) == JS_OBJ && js_len(j) == 1 && s)
		return base64_get(out, s, n)
			       ? err_set(e, ERR_DATA, "%s: \"raw\" wants base64", where)
			       : 0;
	if (js_type(j) != JS_ARR)
		return err_set(e, ERR_DATA, "%s: %s, want an array or {\"raw\":base64}", where,
			       js_type_name(js_type(j)));
	return from_js(j, 0, out, e) ? err_prefix(e, "%s", where) : 0;
}

int text_body(const void *line, size_t n, const char *where, struct buf *out, struct err *e)
{
	struct js *j;
	if (js_parse(line, n, where, &j, e))
		return -1;
	int r = text_pack(j, where, out, e);
	js_free(j);
	return r;
}

void text_line(const struct mp *v, const uint8_t *raw, size_t n_raw, struct buf *out)
{
	struct js *j = to_js(v);
	struct buf again = BUF_INIT;
	struct err ignored;
	if (text_pack(j, "", &again, &ignored) || again.len != n_raw ||
	    memcmp(again.p, raw, n_raw)) {
		js_free(j);
		j = wrap_base64(W_RAW, raw, n_raw);
	}
	js_dump(j, 0, out);
	js_free(j);
	buf_release(&again);
}
