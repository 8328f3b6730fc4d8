/* Metadata from words and JSON; see meta_typed.h. */
#include "fmt/meta_typed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/when.h"

enum { DEPTH_MAX = 8 };

bool meta_key_is_date(const char *key)
{
	size_t n = strlen(key);
	return n >= 4 && !strcmp(key + n - 4, "date") && (n == 4 || strchr("._-", key[n - 5]));
}

bool meta_key_make(char out[META_KEY_MAX + 1], const char *s, size_t n)
{
	char key[META_KEY_MAX + 6] = "meta.";
	size_t k = 5, from = 5;
	for (size_t i = 0; i < n && k < META_KEY_MAX; i++) {
		char c = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 32) : s[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
		if (plain || (k > 5 && key[k - 1] != '_'))
			key[k++] = plain ? c : '_';
	}
	while (k > 5 && key[k - 1] == '_')
		k--;
	key[k] = 0;
	if (k == 5)
		return false;
	if (key[5] < 'a' || key[5] > 'z' || meta_key_of_file(key + 5) || !strcmp(key + 5, "lang"))
		from = 0;
	memcpy(out, key + from, k - from + 1);
	return true;
}

static bool is_int(const char *s)
{
	s += *s == '-' || *s == '+';
	size_t n = strspn(s, "0123456789");
	return n && n <= 18 && !s[n] && (*s != '0' || n == 1);
}

static bool is_real(const char *s, double *d)
{
	size_t n = strlen(s);
	char *end;
	if (strspn(s, "0123456789.eE+-") != n || !strchr("+-.0123456789", *s) || !strpbrk(s, "0123456789") ||
	    !strpbrk(s, ".eE") || (s[0] == '0' && s[1] != '.' && s[1] != 'e'))
		return false;
	*d = strtod(s, &end);
	return !*end && isfinite(*d);
}

static bool set_plain(struct meta *m, const char *key, const char *s, size_t n)
{
	int64_t lo, hi;
	double d;
	if (!strcmp(s, "true") || !strcmp(s, "false"))
		return meta_set_bool(m, key, *s == 't');
	if (meta_key_is_date(key) && when_read(s, &lo, &hi))
		return meta_set_int(m, key, lo);
	if (is_int(s))
		return meta_set_int(m, key, strtoll(s, NULL, 10));
	if (is_real(s, &d))
		return meta_set_real(m, key, d);
	return meta_set_str(m, key, s, n);
}

bool meta_set_word(struct meta *m, const char *key, const char *s, size_t n)
{
	while (n && strchr(" \t\r", s[n - 1]))
		n--;
	while (n && (*s == ' ' || *s == '\t'))
		s++, n--;
	if (n >= 2 && (*s == '"' || *s == '\'') && s[n - 1] == *s) {
		char *date = mem_strndup(s + 1, n - 2);
		bool done = meta_key_is_date(key) ? set_plain(m, key, date, n - 2)
						  : meta_set_str(m, key, s + 1, n - 2);
		mem_free(date);
		return done;
	}
	char *word = mem_strndup(s, n);
	bool done = set_plain(m, key, word, n);
	mem_free(word);
	return done;
}

struct adding {
	struct meta *m;
	const char *prefix;
	int depth;
	bool all;
};

static int add_member(const char *key, const struct js *v, void *ctx);

/* Texts and numbers of a list, ", " between. */
static void list_text(const struct js *a, struct buf *out)
{
	for (size_t i = 0; i < js_len(a) && out->len <= META_STR_MAX; i++) {
		const struct js *v = js_at(a, i);
		size_t n = out->len;
		if (js_type(v) != JS_STR && js_type(v) != JS_INT && js_type(v) != JS_REAL)
			continue;
		if (n)
			buf_adds(out, ", ");
		if (js_type(v) == JS_STR)
			buf_adds(out, js_str(v, NULL));
		else
			js_dump(v, 0, out);
	}
}

static bool add_value(struct adding *a, const char *key, const struct js *v)
{
	struct buf b = BUF_INIT;
	int64_t lo, hi;
	size_t n;
	const char *s = js_str(v, &n);
	bool done = true;
	switch (js_type(v)) {
	case JS_STR:
		if (meta_key_is_date(key) && when_read(s, &lo, &hi))
			return meta_set_int(a->m, key, lo);
		return meta_set_str(a->m, key, s, n);
	case JS_INT: return meta_set_int(a->m, key, js_int(v));
	case JS_REAL: return meta_set_real(a->m, key, js_num(v));
	case JS_BOOL: return meta_set_bool(a->m, key, js_true(v));
	case JS_ARR:
		list_text(v, &b);
		done = !b.len || meta_set_str(a->m, key, b.p, b.len);
		buf_release(&b);
		return done;
	default: return true;
	}
}

static int add_member(const char *key, const struct js *v, void *ctx)
{
	struct adding *a = ctx;
	struct buf name = BUF_INIT;
	char made[META_KEY_MAX + 1];
	buf_printf(&name, "%s%s%s", a->prefix, *a->prefix ? "." : "", key);
	if (!meta_key_make(made, (const char *)name.p, name.len)) {
		a->all = false;
	} else if (js_type(v) == JS_OBJ) {
		struct adding in = {a->m, (const char *)name.p, a->depth + 1, true};
		if (in.depth < DEPTH_MAX)
			js_each(v, add_member, &in);
		a->all &= in.all && in.depth < DEPTH_MAX;
	} else {
		a->all &= add_value(a, made, v);
	}
	buf_release(&name);
	return 0;
}

bool meta_add_js(struct meta *m, const char *prefix, const struct js *object)
{
	struct adding a = {m, prefix, 0, true};
	js_each(object, add_member, &a);
	return a.all;
}
