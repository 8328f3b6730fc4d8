/* Records of JSON Lines; see jsonl.h. */
#include "sys/jsonl.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/js.h"
#include "base/mem.h"
#include "fmt/meta_typed.h"

/* A string member, or NULL with *n 0 when absent or null; another type is an error. */
static int string_of(const struct js *obj, const char *key, const char **p, size_t *n,
		     struct err *e)
{
	const struct js *v = js_get(obj, key);
	*n = 0;
	*p = NULL;
	if (!v || js_type(v) == JS_NULL)
		return 0;
	if (js_type(v) != JS_STR)
		return err_set(e, ERR_DATA, "\"%s\" is %s, want a string", key,
			       js_type_name(js_type(v)));
	*p = js_str(v, n);
	return 0;
}

static int id_of(const struct js *obj, struct buf *id, struct err *e)
{
	const struct js *v = js_get(obj, "id");
	size_t n;
	buf_clear(id);
	if (js_type(v) == JS_INT) {
		buf_printf(id, "%lld", (long long)js_int(v));
	} else if (js_type(v) == JS_STR) {
		const char *s = js_str(v, &n);
		buf_add(id, s, n);
	} else {
		return err_set(e, ERR_DATA, v ? "\"id\" is %s, want a string or an integer"
				: "no \"id\"", js_type_name(js_type(v)));
	}
	if (!id->len || id->len > JSONL_ID_MAX || memchr(id->p, 0, id->len))
		return err_set(e, ERR_DATA, "\"id\" of %zu bytes: want 1 to %d without NUL",
			       id->len, JSONL_ID_MAX);
	return 0;
}

static int text_of(const struct js *obj, struct buf *text, struct err *e)
{
	const char *title, *body, *content;
	size_t n_title, n_body, n_content;
	if (string_of(obj, "title", &title, &n_title, e) ||
	    string_of(obj, "text", &body, &n_body, e) ||
	    string_of(obj, "content", &content, &n_content, e))
		return -1;
	if (!body && !content)
		return err_set(e, ERR_DATA, "no \"text\" and no \"content\"");
	buf_clear(text);
	buf_add(text, title, n_title);
	if (n_title)
		buf_addc(text, ' ');
	buf_add(text, body ? body : content, body ? n_body : n_content);
	return 0;
}

/* Is the number in the n characters at p, NUL behind them or what ends a number, too large for us? */
static bool is_huge(const char *p, size_t n)
{
	bool whole = !memchr(p, '.', n) && !memchr(p, 'e', n) && !memchr(p, 'E', n);
	errno = 0;
	if (whole)
		return (void)strtoll(p, NULL, 10), errno == ERANGE;
	return isinf(strtod(p, NULL));
}

/* The line with its numbers that are too large as strings of the same digits; false: it has none. */
static bool tame(const uint8_t *line, size_t n, struct buf *out)
{
	struct buf text = BUF_INIT;
	bool changed = false, quoted = false;
	buf_add(&text, line, n);	/* with a NUL behind it */
	for (size_t i = 0, k; i < n; i += k) {
		const char *p = (const char *)text.p + i;
		k = quoted ? 0 : strspn(p, "0123456789+-.eE");
		if (k && (*p == '-' || (*p >= '0' && *p <= '9')) && is_huge(p, k)) {
			buf_addc(out, '"');
			buf_add(out, p, k);
			buf_addc(out, '"');
			changed = true;
			continue;
		}
		k = k ? k : quoted && *p == '\\' && i + 1 < n ? 2 : 1;
		quoted ^= k == 1 && *p == '"';
		buf_add(out, p, k);
	}
	buf_release(&text);
	return changed;
}

int record_parse(const uint8_t *line, size_t n, struct js **out, struct err *e)
{
	struct buf tamed = BUF_INIT;
	struct err again;
	if (n >= 3 && !memcmp(line, "\xef\xbb\xbf", 3)) {
		line += 3;
		n -= 3;
	}
	int r = js_parse(line, n, "JSON", out, e);
	if (r && tame(line, n, &tamed))
		r = js_parse(tamed.p, tamed.len, "JSON", out, &again);
	buf_release(&tamed);
	if (!r && js_type(*out) != JS_OBJ) {
		r = err_set(e, ERR_DATA, "record is %s, want an object", js_type_name(js_type(*out)));
		js_free(*out);
	}
	return r;
}

int record_read(const uint8_t *line, size_t n, struct buf *text, struct buf *id, struct meta *meta,
		bool *all, struct err *e)
{
	struct js *j;
	if (record_parse(line, n, &j, e))
		return -1;
	int r = -1;
	if (!id_of(j, id, e) && !text_of(j, text, e))
		r = 0;
	if (!r && meta) {
		meta_clear(meta);
		*all = meta_add_js(meta, "", js_get(j, "metadata"));
	}
	js_free(j);
	return r;
}

int record_text(const uint8_t *line, size_t n, struct buf *text, struct buf *id, struct err *e)
{
	return record_read(line, n, text, id, NULL, NULL, e);
}

static bool is_at(const struct id_set *s, size_t off, const void *p, size_t n)
{
	uint32_t k;
	memcpy(&k, s->bytes.p + off, sizeof k);
	return k == n && !memcmp(s->bytes.p + off + sizeof k, p, n);
}

static size_t find_slot(const struct id_set *s, const void *p, size_t n)
{
	size_t i = hash64(p, n) & (s->n_slots - 1);
	while (s->slots[i] && !is_at(s, s->slots[i] - 1, p, n))
		i = (i + 1) & (s->n_slots - 1);
	return i;
}

/* Twice the slots, at most half of them full. */
static void grow(struct id_set *s)
{
	mem_free(s->slots);
	s->n_slots = s->n_slots ? 2 * s->n_slots : 64;
	s->slots = mem_calloc(s->n_slots, sizeof *s->slots);
	for (size_t off = 0; off < s->bytes.len;) {
		uint32_t k;
		memcpy(&k, s->bytes.p + off, sizeof k);
		s->slots[find_slot(s, s->bytes.p + off + sizeof k, k)] = off + 1;
		off += sizeof k + k;
	}
}

bool id_set_add(struct id_set *s, const void *p, size_t n)
{
	uint32_t k = (uint32_t)n;	/* ids and paths: far below 4 GiB */
	if (2 * s->n >= s->n_slots)
		grow(s);
	size_t i = find_slot(s, p, n);
	if (s->slots[i])
		return false;
	s->slots[i] = s->bytes.len + 1;
	s->n++;
	buf_add(&s->bytes, &k, sizeof k);
	buf_add(&s->bytes, p, n);
	return true;
}

void id_set_release(struct id_set *s)
{
	buf_release(&s->bytes);
	mem_free(s->slots);
	*s = (struct id_set)ID_SET_INIT;
}
