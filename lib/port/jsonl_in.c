/* A line of JSON Lines as a record; see jsonl_in.h. */
#include "port/jsonl_in.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/le.h"
#include "fmt/record.h"

static bool is_string(const struct member *m)
{
	return m && m->n >= 2 && *m->value == '"';
}

static bool is_null(const struct member *m)
{
	return m && m->n == 4 && !memcmp(m->value, "null", 4);
}

/* The text of a string, between its quotes and still escaped, appended. */
static void add_inner(struct buf *out, const struct member *m)
{
	buf_add(out, m->value + 1, m->n - 2);
}

/* An array of numbers: JSON's own, read as float. */
static int array_of(struct buf *vec, const char *p, size_t n, struct err *e)
{
	const char *end = p + n - 1;	/* the bracket that closes it, so that strtof() ends before */
	for (p++;;) {
		while (p < end && strchr(" \t\r", *p))
			p++;
		char *after;
		size_t len = strspn(p, "0123456789+-.eE");
		float v = strtof(p, &after);
		if (!len || (*p != '-' && (*p < '0' || *p > '9')) || after != p + len)
			return err_set(e, ERR_DATA, "\"embedding\": number %zu is none", vec->len / sizeof v);
		if (vec->len / sizeof v == DIM_MAX)
			return err_set(e, ERR_DATA, "\"embedding\" has more than %d numbers", DIM_MAX);
		buf_add(vec, &v, sizeof v);
		for (p = after; p < end && strchr(" \t\r", *p); p++)
			;
		if (p >= end)
			return p == end ? 0 : err_set(e, ERR_DATA, "\"embedding\" does not end");
		if (*p++ != ',')
			return err_set(e, ERR_DATA, "\"embedding\": want numbers with commas between");
	}
}

static int base64_of(struct buf *vec, const struct member *m, struct err *e)
{
	struct buf bytes = BUF_INIT;
	int r = 0;
	if (m->n / 4 * 3 > 4 * (DIM_MAX + 1) || base64_get(&bytes, m->value + 1, m->n - 2) || !bytes.len ||
	    bytes.len % 4)
		r = err_set(e, ERR_DATA, "\"embedding\": want base64 of 1 to %d floats of 4 bytes", DIM_MAX);
	for (size_t i = 0; !r && i < bytes.len; i += 4) {
		float v = get_lef32(bytes.p + i);
		buf_add(vec, &v, sizeof v);
	}
	buf_release(&bytes);
	return r;
}

static int embedding_of(struct jsonl_in *r, const struct member *m, struct err *e)
{
	buf_clear(&r->vec);
	if (*m->value == '[' && m->value[m->n - 1] == ']')
		return array_of(&r->vec, m->value, m->n, e);
	if (is_string(m))
		return base64_of(&r->vec, m, e);
	return err_set(e, ERR_DATA, "\"embedding\": want an array of numbers or base64");
}

static int put_text_of(struct jsonl_in *r, struct err *e)
{
	const struct member *title = members_get(&r->members, "title"), *text = members_get(&r->members, "text");
	if (!text || is_null(text))
		text = members_get(&r->members, "content");
	if (!text || is_null(text))
		return err_set(e, ERR_DATA, "no \"text\" and no \"content\"");
	if (!is_string(text))
		return err_set(e, ERR_DATA, "\"text\" is no string");
	buf_adds(&r->line, ",\"text\":\"");
	if (is_string(title) && title->n > 2) {
		add_inner(&r->line, title);
		buf_addc(&r->line, ' ');
	}
	add_inner(&r->line, text);
	buf_addc(&r->line, '"');
	return 0;
}

/* Is it a part of the record that has its place, or what the other kind of it would be? */
static bool has_place(const struct jsonl_in *r, const struct member *m)
{
	static const char *const names[] = {"id", "text", "content", "metadata", "embedding"};
	const char *key = (const char *)r->members.keys.p + m->key_at;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(key, names[i]) && m->n_key == strlen(names[i]))
			return true;
	return !strcmp(key, "title") && (is_null(m) || members_get(&r->meta, "title"));
}

static int put_meta_of(struct jsonl_in *r, struct err *e)
{
	const struct member *m = members_get(&r->members, "metadata");
	const char *comma = "";
	r->meta.n = 0;
	if (m && !is_null(m) && members_of(&r->meta, m->value, m->n, e))
		return err_prefix(e, "\"metadata\"");
	buf_adds(&r->line, ",\"metadata\":{");
	for (size_t i = 0; i < r->meta.n; i++, comma = ",") {
		buf_adds(&r->line, comma);
		buf_add(&r->line, r->meta.p[i].raw, r->meta.p[i].n_raw);
	}
	for (size_t i = 0; i < r->members.n; i++) {
		if (has_place(r, &r->members.p[i]))
			continue;
		buf_adds(&r->line, comma);
		buf_add(&r->line, r->members.p[i].raw, r->members.p[i].n_raw);
		comma = ",";
	}
	buf_adds(&r->line, "}}");
	return 0;
}

int jsonl_in(struct jsonl_in *r, const void *line, size_t n, bool vectors, struct err *e)
{
	const char *p = line;
	if (n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3)) {
		p += 3;
		n -= 3;
	}
	buf_clear(&r->line);
	r->has_vec = false;
	if (members_of(&r->members, p, n, e))
		return -1;
	const struct member *id = members_get(&r->members, "id"), *vec = members_get(&r->members, "embedding");
	if (!id)
		return err_set(e, ERR_DATA, "no \"id\"");
	buf_adds(&r->line, "{\"id\":");
	buf_add(&r->line, id->value, id->n);
	if (put_text_of(r, e) || put_meta_of(r, e))
		return -1;
	r->has_vec = vec && !is_null(vec);
	return r->has_vec && vectors ? embedding_of(r, vec, e) : 0;
}

void jsonl_in_release(struct jsonl_in *r)
{
	buf_release(&r->line);
	buf_release(&r->vec);
	members_release(&r->members);
	members_release(&r->meta);
}
