/* JSON through jansson; the only file that includes it. */
#include "base/js.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/utf8.h"

#define J(x) ((const json_t *)(x))
#define W(x) ((json_t *)(x))

int js_parse(const void *p, size_t n, const char *where, struct js **out, struct err *e)
{
	json_error_t je;
	json_t *j =
		json_loadb(p, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &je);
	if (!j && json_error_code(&je) == json_error_out_of_memory)
		mem_none("JSON");
	if (!j)
		return err_set(e, ERR_DATA, "%s: line %d: %s", where, je.line, je.text);
	*out = (struct js *)j;
	return 0;
}

void js_use_mem(void)
{
	json_set_alloc_funcs(mem_alloc, mem_free);
}

void js_free(struct js *j)
{
	json_decref(W(j));
}

enum js_type js_type(const struct js *j)
{
	if (!j)
		return JS_NONE;
	switch (json_typeof(J(j))) {
	case JSON_NULL: return JS_NULL;
	case JSON_TRUE:
	case JSON_FALSE: return JS_BOOL;
	case JSON_INTEGER: return JS_INT;
	case JSON_REAL: return JS_REAL;
	case JSON_STRING: return JS_STR;
	case JSON_ARRAY: return JS_ARR;
	default: return JS_OBJ;
	}
}

const char *js_type_name(enum js_type t)
{
	static const char *const name[] = {"nothing", "null", "a boolean", "an integer",
					   "a number", "a string", "an array", "an object"};
	return name[t];
}

const struct js *js_get(const struct js *obj, const char *key)
{
	return (const struct js *)json_object_get(J(obj), key);
}

const struct js *js_at(const struct js *arr, size_t i)
{
	return (const struct js *)json_array_get(J(arr), i);
}

size_t js_len(const struct js *j)
{
	return json_is_array(J(j)) ? json_array_size(J(j)) : json_object_size(J(j));
}

const char *js_str(const struct js *j, size_t *len)
{
	if (len)
		*len = json_string_length(J(j));
	return json_string_value(J(j));
}

int64_t js_int(const struct js *j)
{
	return json_integer_value(J(j));
}

double js_num(const struct js *j)
{
	return json_number_value(J(j));
}

bool js_true(const struct js *j)
{
	return json_is_true(J(j));
}

int js_each(const struct js *obj, int (*f)(const char *, const struct js *, void *), void *ctx)
{
	for (void *it = json_object_iter(W(obj)); it; it = json_object_iter_next(W(obj), it)) {
		int r = f(json_object_iter_key(it), (const struct js *)json_object_iter_value(it),
			  ctx);
		if (r)
			return r;
	}
	return 0;
}

/* jansson returns NULL for want of memory only, once the arguments are sound. */
static struct js *own(json_t *j)
{
	if (!j)
		mem_none("JSON");
	return (struct js *)j;
}

struct js *js_new_obj(void)
{
	return own(json_object());
}

struct js *js_new_arr(void)
{
	return own(json_array());
}

struct js *js_new_str(const char *s)
{
	return js_new_strn(s, strlen(s));
}

struct js *js_new_strn(const char *s, size_t n)
{
	if (utf8_valid(s, n))
		return own(json_stringn(s, n));
	struct buf b = BUF_INIT;
	utf8_repair(&b, s, n);
	struct js *j = own(json_stringn((const char *)b.p, b.len));
	buf_release(&b);
	return j;
}

struct js *js_new_int(int64_t v)
{
	return own(json_integer(v));
}

struct js *js_new_real(double v)
{
	return isfinite(v) ? own(json_real(v)) : own(json_null());
}

struct js *js_new_bool(bool v)
{
	return own(json_boolean(v));
}

struct js *js_new_null(void)
{
	return own(json_null());
}

struct js *js_new_path(const void *p, size_t n)
{
	if (utf8_valid(p, n))
		return own(json_stringn(p, n));
	struct buf b = BUF_INIT;
	base64_put(&b, p, n);
	struct js *o = js_new_obj();
	js_set(o, "bytes", js_new_strn((const char *)b.p, b.len));
	buf_release(&b);
	return o;
}

int js_unpath(const struct js *j, struct buf *out)
{
	size_t n;
	const char *s = js_str(j, &n);
	if (s) {
		buf_add(out, s, n);
		return 0;
	}
	s = js_str(js_get(j, "bytes"), &n);
	return s ? base64_get(out, s, n) : -1;
}

struct js *js_copy(const struct js *j)
{
	return own(json_deep_copy(J(j)));
}

void js_set(struct js *obj, const char *key, struct js *v)
{
	if (json_object_set_new(W(obj), key, W(v)))
		own(NULL);
}

void js_del(struct js *obj, const char *key)
{
	json_object_del(W(obj), key);
}

void js_push(struct js *arr, struct js *v)
{
	if (json_array_append_new(W(arr), W(v)))
		own(NULL);
}

static int add_text(const char *p, size_t n, void *ctx)
{
	buf_add(ctx, p, n);
	return 0;
}

void js_dump(const struct js *j, int indent, struct buf *out)
{
	size_t flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(9);
	flags |= indent ? JSON_INDENT((size_t)indent) : JSON_COMPACT;
	if (json_dump_callback(J(j), add_text, out, flags))
		own(NULL);
}
