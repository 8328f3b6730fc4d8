/* The header record's keys, and the failure record; see stream.h and leann-stream(5). */
#include "fmt/stream_head.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/opts.h"
#include "base/utf8.h"

void shead_release(struct shead *h)
{
	buf_release(&h->map);
	h->n_pairs = 0;
}

void shead_copy(struct shead *to, const struct shead *from)
{
	memcpy(to->kind, from->kind, sizeof to->kind);
	to->major = from->major;
	to->minor = from->minor;
	to->n_pairs = from->n_pairs;
	buf_clear(&to->map);
	buf_add(&to->map, from->map.p, from->map.len);
}

/* Parse the pairs as one map into doc; NULL when there are none. */
static const struct mp *as_map(const struct shead *h, struct mp_doc *doc, struct buf *b)
{
	const struct mp *v = NULL;
	struct err e;
	mp_put_map(b, h->n_pairs);
	buf_add(b, h->map.p, h->map.len);
	return mp_parse(doc, b->p, b->len, &v, &e) ? NULL : v;
}

void shead_set_packed(struct shead *h, const char *key, const struct buf *packed)
{
	struct mp_doc *doc = mp_new();
	struct buf old = BUF_INIT, neu = BUF_INIT;
	const struct mp *map = as_map(h, doc, &old), *k, *v;
	bool done = false;
	size_t n_key = strlen(key), n, n_pairs = h->n_pairs;
	for (size_t i = 0; mp_pair(map, i, &k, &v); i++) {
		const uint8_t *p = mp_bytes(k, &n);
		mp_put(&neu, k);
		if (p && n == n_key && !memcmp(p, key, n)) {
			buf_add(&neu, packed->p, packed->len);
			done = true;
		} else {
			mp_put(&neu, v);
		}
	}
	if (!done) {
		mp_put_str(&neu, key);
		buf_add(&neu, packed->p, packed->len);
		n_pairs++;
	}
	buf_release(&h->map);
	h->map = neu;
	h->n_pairs = n_pairs;
	buf_release(&old);
	mp_free(doc);
}

void shead_set_str(struct shead *h, const char *key, const char *val)
{
	struct buf b = BUF_INIT;
	mp_put_str(&b, val);
	shead_set_packed(h, key, &b);
	buf_release(&b);
}

void shead_set_u64(struct shead *h, const char *key, uint64_t val)
{
	struct buf b = BUF_INIT;
	mp_put_u64(&b, val);
	shead_set_packed(h, key, &b);
	buf_release(&b);
}

void shead_set_bool(struct shead *h, const char *key, bool val)
{
	struct buf b = BUF_INIT;
	mp_put_bool(&b, val);
	shead_set_packed(h, key, &b);
	buf_release(&b);
}

static void put_text_or_bin(struct buf *b, const char *s)
{
	size_t n = strlen(s);
	if (utf8_valid(s, n))
		mp_put_strn(b, s, n);
	else
		mp_put_bin(b, s, n);
}

void shead_add_prog(struct shead *h, const char *name, size_t n_args, char **args)
{
	struct mp_doc *doc = mp_new();
	struct buf raw = BUF_INIT, b = BUF_INIT;
	const struct mp *prog = mp_get(as_map(h, doc, &raw), "prog");
	size_t n = mp_len(prog);
	mp_put_arr(&b, n + 1);
	for (size_t i = 0; i < n; i++)
		mp_put(&b, mp_at(prog, i));
	mp_put_arr(&b, 3);
	mp_put_str(&b, name);
	mp_put_str(&b, LEANN_VERSION);
	mp_put_arr(&b, n_args);
	for (size_t i = 0; i < n_args; i++)
		put_text_or_bin(&b, args[i]);
	shead_set_packed(h, "prog", &b);
	buf_release(&b);
	buf_release(&raw);
	mp_free(doc);
}

/* A copy of one key's value, parsed into doc over b; NULL when absent. */
static const struct mp *look(const struct shead *h, const char *key, struct mp_doc *doc,
			     struct buf *b)
{
	return mp_get(as_map(h, doc, b), key);
}

bool shead_has(const struct shead *h, const char *key)
{
	struct mp_doc *doc = mp_new();
	struct buf b = BUF_INIT;
	bool r = look(h, key, doc, &b) != NULL;
	buf_release(&b);
	mp_free(doc);
	return r;
}

bool shead_packed(const struct shead *h, const char *key, struct buf *out)
{
	struct mp_doc *doc = mp_new();
	struct buf b = BUF_INIT;
	const struct mp *v = look(h, key, doc, &b);
	if (v)
		mp_put(out, v);
	buf_release(&b);
	mp_free(doc);
	return v != NULL;
}

int shead_str(const struct shead *h, const char *key, char *out, size_t cap, struct err *e)
{
	struct mp_doc *doc = mp_new();
	struct buf b = BUF_INIT;
	const struct mp *v = look(h, key, doc, &b);
	size_t n;
	const uint8_t *p = mp_bytes(v, &n);
	int r = 0;
	out[0] = 0;
	if (v && (mp_type(v) != MP_STR || n >= cap || memchr(p, 0, n) || !utf8_valid(p, n)))
		r = err_set(e, ERR_DATA,
			    "header: %s: want UTF-8 text shorter than %zu bytes, got %s of %zu",
			    key, cap, mp_type_name(mp_type(v)), n);
	else if (v) {
		memcpy(out, p, n);
		out[n] = 0;
	}
	buf_release(&b);
	mp_free(doc);
	return r;
}

int shead_u64(const struct shead *h, const char *key, uint64_t def, uint64_t max, uint64_t *out,
	      struct err *e)
{
	struct mp_doc *doc = mp_new();
	struct buf b = BUF_INIT;
	const struct mp *v = look(h, key, doc, &b);
	int r = 0;
	*out = def;
	if (v && (mp_type(v) != MP_UINT || mp_u64(v) > max))
		r = err_set(e, ERR_DATA, "header: %s: want a uint up to %llu, got %s %llu", key,
			    (unsigned long long)max, mp_type_name(mp_type(v)),
			    (unsigned long long)mp_u64(v));
	else if (v)
		*out = mp_u64(v);
	buf_release(&b);
	mp_free(doc);
	return r;
}

int shead_bool(const struct shead *h, const char *key, bool def, bool *out, struct err *e)
{
	struct mp_doc *doc = mp_new();
	struct buf b = BUF_INIT;
	const struct mp *v = look(h, key, doc, &b);
	int r = 0;
	*out = def;
	if (v && mp_type(v) != MP_BOOL)
		r = err_set(e, ERR_DATA, "header: %s: want bool, got %s", key,
			    mp_type_name(mp_type(v)));
	else if (v)
		*out = mp_bool(v);
	buf_release(&b);
	mp_free(doc);
	return r;
}

static int get_args(const struct mp *v, struct buf *out, struct err *e)
{
	if (mp_type(v) != MP_ARR || mp_len(v) > STREAM_ARGS_MAX)
		return err_set(e, ERR_DATA, "header: chunk_args: want an array of at most %d bin",
			       STREAM_ARGS_MAX);
	for (size_t i = 0; i < mp_len(v); i++) {
		size_t n;
		const uint8_t *p = mp_bytes(mp_at(v, i), &n);
		if (mp_type(mp_at(v, i)) != MP_BIN || (n && memchr(p, 0, n)))
			return err_set(e, ERR_DATA, "header: chunk_args: item %zu is no argument", i);
		if (n)
			buf_add(out, p, n);
		buf_addc(out, 0);
	}
	return 0;
}

int shead_args(const struct shead *h, bool *there, struct buf *out, size_t *n, struct err *e)
{
	struct mp_doc *doc = mp_new();
	struct buf b = BUF_INIT;
	const struct mp *v = look(h, "chunk_args", doc, &b);
	buf_clear(out);
	*there = v != NULL;
	*n = mp_len(v);
	int r = v ? get_args(v, out, e) : 0;
	buf_release(&b);
	mp_free(doc);
	return r;
}

void shead_set_args(struct shead *h, const struct buf *args)
{
	struct buf packed = BUF_INIT;
	size_t n = 0;
	for (size_t i = 0; i < args->len; i++)
		n += !args->p[i];
	mp_put_arr(&packed, n);
	for (size_t at = 0, k; at < args->len; at += k + 1) {
		k = strlen((const char *)args->p + at);
		mp_put_bin(&packed, args->p + at, k);
	}
	shead_set_packed(h, "chunk_args", &packed);
	buf_release(&packed);
}

int shead_bin_at(const struct shead *h, const char *key, size_t i, struct buf *out, size_t *n_items,
		 struct err *e)
{
	struct mp_doc *doc = mp_new();
	struct buf b = BUF_INIT;
	const struct mp *v = look(h, key, doc, &b), *item = mp_at(v, i);
	int r = 0;
	*n_items = mp_len(v);
	if (v && mp_type(v) != MP_ARR)
		r = err_set(e, ERR_DATA, "header: %s: want an array of bin, got %s", key,
			    mp_type_name(mp_type(v)));
	else if (item && mp_type(item) != MP_BIN)
		r = err_set(e, ERR_DATA, "header: %s: item %zu is %s, want bin", key, i,
			    mp_type_name(mp_type(item)));
	else if (item) {
		size_t n;
		const uint8_t *p = mp_bytes(item, &n);
		buf_add(out, p, n);
	}
	buf_release(&b);
	mp_free(doc);
	return r;
}

static bool is_str(const struct mp *v, const char *s)
{
	size_t n;
	const uint8_t *p = mp_bytes(v, &n);
	return mp_type(v) == MP_STR && n == strlen(s) && !memcmp(p, s, n);
}

/* Is key i of the map the same string as key? */
static bool same_str(const struct mp *map, size_t i, const struct mp *key)
{
	const struct mp *k, *v;
	size_t n, n_key;
	const uint8_t *p, *p_key = mp_bytes(key, &n_key);
	if (!mp_pair(map, i, &k, &v) || !(p = mp_bytes(k, &n)))
		return false;
	return n == n_key && !memcmp(p, p_key, n);
}

int shead_parse(struct stream_in *s, const struct stream_rec *r, struct err *e)
{
	const struct mp *v = r->v, *map = mp_at(v, 5), *key, *val;
	struct shead *h = &s->head;
	size_t n;
	if (r->tag != TAG_HEADER || !is_str(mp_at(v, 1), "leann"))
		return err_set(e, ERR_DATA, "%s: record 0: not the header of a leann stream",
			       s->name);
	if (mp_type(mp_at(v, 2)) != MP_UINT || mp_type(mp_at(v, 3)) != MP_UINT)
		return stream_in_bad(s, e, "header without a version");
	if (mp_u64(mp_at(v, 2)) != STREAM_MAJOR)
		return stream_in_bad(
			s, e,
			"stream version %llu.%llu, this program reads %d.x: use programs of "
			"one release",
			(unsigned long long)mp_u64(mp_at(v, 2)),
			(unsigned long long)mp_u64(mp_at(v, 3)), STREAM_MAJOR);
	const uint8_t *kind = mp_bytes(mp_at(v, 4), &n);
	if (mp_type(mp_at(v, 4)) != MP_STR || n >= sizeof h->kind || memchr(kind, 0, n))
		return stream_in_bad(s, e, "header without a kind");
	memcpy(h->kind, kind, n);
	h->kind[n] = 0;
	if (strcmp(h->kind, "chunks") && strcmp(h->kind, "vectors"))
		return stream_in_bad(
			s, e, "a stream of kind \"%s\": \"chunks\" and \"vectors\" are known",
			h->kind);
	if (mp_type(map) != MP_MAP)
		return stream_in_bad(s, e, "header without a map of keys");
	h->major = STREAM_MAJOR;
	h->minor = STREAM_MINOR;
	h->n_pairs = mp_len(map);
	if (h->n_pairs > STREAM_KEYS_MAX)
		return stream_in_bad(s, e, "header with %zu keys, the limit is %d", h->n_pairs,
				     STREAM_KEYS_MAX);
	for (size_t i = 0; mp_pair(map, i, &key, &val); i++) {
		if (mp_type(key) != MP_STR)
			return stream_in_bad(s, e, "header key %zu is %s, want str", i,
					     mp_type_name(mp_type(key)));
		for (size_t k = 0; k < i; k++)
			if (same_str(map, k, key))
				return stream_in_bad(s, e, "header key %zu is there twice", i);
		mp_put(&h->map, key);
		mp_put(&h->map, val);
	}
	return 0;
}

int stream_failed(const struct stream_in *s, const struct stream_rec *r, struct err *e)
{
	size_t n_who, n_msg;
	const uint8_t *who = mp_bytes(mp_at(r->v, 2), &n_who);
	const uint8_t *msg = mp_bytes(mp_at(r->v, 3), &n_msg);
	uint64_t code = mp_u64(mp_at(r->v, 1));
	if (mp_type(mp_at(r->v, 1)) != MP_UINT || !who || !msg)
		return stream_in_bad(s, e, "failure record is not [126, code, program, message]");
	if (n_who > 60)
		n_who = 60;
	if (n_msg > 800)
		n_msg = 800;
	return err_set(e, code == 75 ? ERR_TEMP : ERR_DATA, "stopped: %.*s failed: %.*s",
		       (int)n_who, (const char *)who, (int)n_msg, (const char *)msg);
}

int stream_out_head(struct stream_out *s, const struct shead *h, struct err *e)
{
	struct buf b = BUF_INIT;
	mp_put_arr(&b, 6);
	mp_put_u64(&b, TAG_HEADER);
	mp_put_str(&b, "leann");
	mp_put_u64(&b, STREAM_MAJOR);
	mp_put_u64(&b, STREAM_MINOR);
	mp_put_str(&b, h->kind);
	mp_put_map(&b, h->n_pairs);
	buf_add(&b, h->map.p, h->map.len);
	if (isatty(s->out.fd)) {
		buf_release(&b);
		return err_set(
			e, ERR_USAGE,
			"stdout is a terminal: a leann stream is binary: send it to the next "
			"program, to a file, or through 'leann-bundle text'");
	}
	int r = stream_out_buf(s, &b, e);
	buf_release(&b);
	return r;
}
