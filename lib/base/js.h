/*
 * js: JSON values (jansson inside, in js.c alone). Parsing refuses duplicate keys
 * and bad UTF-8; integers stay 64-bit.
 *
 *	struct js *j;
 *	if (js_parse(p, n, "config.json", &j, e)) return -1;
 *	const struct js *h = js_get(j, "hidden_size");
 *	js_free(j);
 *
 * A "const struct js *" is borrowed from its parent. Setters that take a
 * "struct js *" take ownership of it.
 */
#ifndef LEANN_BASE_JS_H
#define LEANN_BASE_JS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct js;

enum js_type { JS_NONE, JS_NULL, JS_BOOL, JS_INT, JS_REAL, JS_STR, JS_ARR, JS_OBJ };

/* where names the text in messages: "where: line 3: ...". Nothing may follow the value. */
int js_parse(const void *p, size_t n, const char *where, struct js **out, struct err *e) MUST_CHECK;
void js_free(struct js *j);
/* jansson's memory is ours from now on, so that where it is out the program ends: prog_start(). */
void js_use_mem(void);

enum js_type js_type(const struct js *j);		/* JS_NONE for NULL */
const char *js_type_name(enum js_type t);		/* "an object", "a number", ... */
const struct js *js_get(const struct js *obj, const char *key);	/* NULL if absent or no object */
const struct js *js_at(const struct js *arr, size_t i);		/* NULL past the end */
size_t js_len(const struct js *j);			/* items of an array or object, else 0 */
const char *js_str(const struct js *j, size_t *len);	/* NULL unless a string; len may be NULL */
int64_t js_int(const struct js *j);			/* 0 unless an integer */
double js_num(const struct js *j);			/* 0 unless a number */
bool js_true(const struct js *j);
/* Calls f for every member, in order of appearance, until it returns non-zero; returns that. */
int js_each(const struct js *obj, int (*f)(const char *key, const struct js *v, void *ctx),
	    void *ctx);

struct js *js_new_obj(void);
struct js *js_new_arr(void);
struct js *js_new_str(const char *s);			/* bad UTF-8 becomes U+FFFD */
struct js *js_new_strn(const char *s, size_t n);	/* likewise */
struct js *js_new_int(int64_t v);
struct js *js_new_real(double v);			/* not finite: null */
struct js *js_new_bool(bool v);
struct js *js_new_null(void);
struct js *js_new_path(const void *p, size_t n);	/* string, or {"bytes":base64} if not UTF-8 */
/* The bytes of a path made by js_new_path(), appended to out; -1 when j is no path. */
int js_unpath(const struct js *j, struct buf *out) MUST_CHECK;
struct js *js_copy(const struct js *j);			/* deep */
void js_set(struct js *obj, const char *key, struct js *v);
void js_del(struct js *obj, const char *key);		/* absent is fine */
void js_push(struct js *arr, struct js *v);
/*
 * Appends the text of j; indent 0 = one line. Keys stay in order of insertion. Reals with 9
 * digits.
 */
void js_dump(const struct js *j, int indent, struct buf *out);

#endif
