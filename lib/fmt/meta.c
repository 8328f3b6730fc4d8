/* Metadata of passages, and its record; see meta.h. */
#include "fmt/meta.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "fmt/record_get.h"

const char *const meta_type_names[] = {"text", "integer", "number", "bool"};

bool meta_key_ok(const char *key, size_t n)
{
	if (!n || n > META_KEY_MAX || key[0] < 'a' || key[0] > 'z')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!key[i] || !strchr("abcdefghijklmnopqrstuvwxyz0123456789_.-", key[i]))
			return false;
	return true;
}

bool meta_key_of_file(const char *key)
{
	static const char *const fixed[] = {"path", "type", "size", "mtime", "id"};
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		if (!strcmp(key, fixed[i]))
			return true;
	return false;
}

/* The first item whose key is not before this one; *found: it has this key. */
static size_t place_of(const struct meta *m, const char *key, bool *found)
{
	size_t i = 0;
	int d = 1;
	while (i < m->n && (d = strcmp(meta_key(m, i), key)) < 0)
		i++;
	*found = i < m->n && !d;
	return i;
}

static bool put(struct meta *m, const char *key, struct meta_item it, const void *s, size_t n)
{
	bool found;
	size_t n_key = strlen(key), i = place_of(m, key, &found);
	if (!meta_key_ok(key, n_key) || (!found && m->n == META_KEYS_MAX))
		return false;
	if (!found) {
		if (m->n == m->cap) {
			m->cap = m->cap ? 2 * m->cap : 4;
			m->item = mem_realloc(m->item, m->cap * sizeof *m->item);
		}
		memmove(m->item + i + 1, m->item + i, (m->n - i) * sizeof *m->item);
		m->n++;
	}
	it.at = (uint32_t)m->text.len;
	it.n_key = (uint8_t)n_key;
	it.n_str = (uint32_t)n;
	buf_add(&m->text, key, n_key + 1);
	buf_add(&m->text, s, n);
	buf_addc(&m->text, 0);
	m->item[i] = it;
	return true;
}

/* The bytes of s that are a value: UTF-8, without NUL, not too many. */
static void make_str(struct buf *b, const void *s, size_t n)
{
	size_t k = 0, step;
	uint32_t cp;
	utf8_repair(b, s, n < 2 * META_STR_MAX ? n : 2 * META_STR_MAX);
	while (k < b->len && (step = utf8_get(b->p + k, b->len - k, &cp)) && k + step <= META_STR_MAX) {
		if (!b->p[k])
			b->p[k] = ' ';
		k += step;
	}
	b->len = k;
}

bool meta_set_str(struct meta *m, const char *key, const void *s, size_t n)
{
	struct buf b = BUF_INIT;
	make_str(&b, s, n);
	bool done = put(m, key, (struct meta_item){.type = META_STR}, b.p ? b.p : (const uint8_t *)"",
			b.len);
	buf_release(&b);
	return done;
}

bool meta_set_int(struct meta *m, const char *key, int64_t v)
{
	return put(m, key, (struct meta_item){.type = META_INT, .u.i = v}, "", 0);
}

bool meta_set_real(struct meta *m, const char *key, double v)
{
	return isfinite(v) && put(m, key, (struct meta_item){.type = META_REAL, .u.d = v}, "", 0);
}

bool meta_set_bool(struct meta *m, const char *key, bool v)
{
	return put(m, key, (struct meta_item){.type = META_BOOL, .u.b = v}, "", 0);
}

bool meta_set(struct meta *m, const char *key, const struct meta_value *v)
{
	switch (v->type) {
	case META_STR: return meta_set_str(m, key, v->s, v->n);
	case META_INT: return meta_set_int(m, key, v->i);
	case META_REAL: return meta_set_real(m, key, v->d);
	default: return meta_set_bool(m, key, v->b);
	}
}

bool meta_merge(struct meta *m, const struct meta *from)
{
	struct meta_value v;
	bool all = true;
	for (size_t i = 0; i < from->n; i++) {
		meta_at(from, i, &v);
		all &= meta_set(m, meta_key(from, i), &v);
	}
	return all;
}

void meta_del(struct meta *m, const char *key)
{
	bool found;
	size_t i = place_of(m, key, &found);
	if (!found)
		return;
	m->n--;
	memmove(m->item + i, m->item + i + 1, (m->n - i) * sizeof *m->item);
}

void meta_clear(struct meta *m)
{
	m->n = 0;
	buf_clear(&m->text);
}

void meta_release(struct meta *m)
{
	mem_free(m->item);
	buf_release(&m->text);
	*m = (struct meta)META_INIT;
}

void meta_copy(struct meta *to, const struct meta *from)
{
	meta_clear(to);
	(void)meta_merge(to, from);	/* what fitted there fits here */
}

void meta_at(const struct meta *m, size_t i, struct meta_value *v)
{
	const struct meta_item *it = &m->item[i];
	*v = (struct meta_value){.type = (enum meta_type)it->type,
				 .s = meta_key(m, i) + it->n_key + 1, .n = it->n_str};
	switch (v->type) {
	case META_INT: v->i = it->u.i; break;
	case META_REAL: v->d = it->u.d; break;
	case META_BOOL: v->b = it->u.b; break;
	default: break;
	}
}

bool meta_get(const struct meta *m, const char *key, struct meta_value *v)
{
	bool found;
	size_t i = place_of(m, key, &found);
	if (found)
		meta_at(m, i, v);
	return found;
}

bool meta_value_equal(const struct meta_value *a, const struct meta_value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case META_STR: return a->n == b->n && !memcmp(a->s, b->s, a->n);
	case META_INT: return a->i == b->i;
	case META_REAL: return !memcmp(&a->d, &b->d, sizeof a->d);
	default: return a->b == b->b;
	}
}

bool meta_equal(const struct meta *a, const struct meta *b)
{
	struct meta_value v, w;
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		meta_at(a, i, &v);
		meta_at(b, i, &w);
		if (strcmp(meta_key(a, i), meta_key(b, i)) || !meta_value_equal(&v, &w))
			return false;
	}
	return true;
}

/* One pair of the record's map into m. */
static int take_pair(struct rec_check *c, const struct mp *key, const struct mp *val, struct meta *m,
		     struct err *e)
{
	size_t n_key, n;
	const uint8_t *k = mp_bytes(key, &n_key), *s = mp_bytes(val, &n);
	struct meta_value v = {.type = META_STR, .s = s ? (const char *)s : "", .n = n};
	char name[META_KEY_MAX + 1];
	if (mp_type(key) != MP_STR || !meta_key_ok((const char *)k, n_key))
		return stream_in_bad(c->in, e, "metadata: a key of %zu bytes that is no name", n_key);
	memcpy(name, k, n_key);
	name[n_key] = 0;
	switch (mp_type(val)) {
	case MP_STR:
		if (n > META_STR_MAX || (n && (memchr(s, 0, n) || !utf8_valid(s, n))))
			return stream_in_bad(c->in, e, "metadata: %s: %zu bytes: want UTF-8 without NUL, "
					     "at most %d bytes", name, n, META_STR_MAX);
		break;
	case MP_UINT:
	case MP_INT:
		if (mp_type(val) == MP_UINT && mp_u64(val) > INT64_MAX)
			return stream_in_bad(c->in, e, "metadata: %s is over %lld", name,
					     (long long)INT64_MAX);
		v = (struct meta_value){.type = META_INT, .i = mp_i64(val)};
		break;
	case MP_REAL:
		v = (struct meta_value){.type = META_REAL, .d = mp_real(val)};
		if (!isfinite(v.d))
			return stream_in_bad(c->in, e, "metadata: %s is not finite", name);
		break;
	case MP_BOOL: v = (struct meta_value){.type = META_BOOL, .b = mp_bool(val)}; break;
	default:
		return stream_in_bad(c->in, e, "metadata: %s is %s, want str, integer, float or bool",
				     name, mp_type_name(mp_type(val)));
	}
	if (meta_key_of_file(name) || meta_get(m, name, &(struct meta_value){0}))
		return stream_in_bad(c->in, e, "metadata: %s is %s", name,
				     meta_key_of_file(name) ? "the file's own" : "there twice");
	(void)meta_set(m, name, &v);	/* the number of keys was checked */
	return 0;
}

int rec_meta(struct rec_check *c, const struct stream_rec *r, uint64_t *off, uint64_t *sub_off,
	     struct meta *m, struct err *e)
{
	uint64_t file;
	const struct mp *map = mp_at(r->v, 4), *k, *v;
	meta_clear(m);
	if (rec_in_body(c, "metadata", e) || rec_shape(c, r, "metadata", 5, e) ||
	    rec_u64(c, r, 1, "file id", UINT32_MAX, &file, e) ||
	    rec_u64(c, r, 2, "offset", INT64_MAX, off, e) ||
	    rec_u64(c, r, 3, "record offset", UINT32_MAX, sub_off, e))
		return -1;
	if (!c->n_files || file != c->n_files - 1)
		return stream_in_bad(c->in, e, "metadata of file %llu, which is not the latest file",
				     (unsigned long long)file);
	if (*off > c->last_size || (*sub_off && !(c->last_flags & FILE_RECORDS)))
		return stream_in_bad(c->in, e, "metadata from byte %llu, %llu on, of a file of %llu",
				     (unsigned long long)*off, (unsigned long long)*sub_off,
				     (unsigned long long)c->last_size);
	if (c->n_metas && (*off < c->meta_off || (*off == c->meta_off && *sub_off <= c->meta_sub)))
		return stream_in_bad(c->in, e, "metadata of file %llu is not in order",
				     (unsigned long long)file);
	if (mp_type(map) != MP_MAP || mp_len(map) > META_KEYS_MAX)
		return stream_in_bad(c->in, e, "metadata: %zu keys, want a map of at most %d", mp_len(map),
				     META_KEYS_MAX);
	for (size_t i = 0; mp_pair(map, i, &k, &v); i++)
		if (take_pair(c, k, v, m, e))
			return -1;
	c->n_metas++;
	c->meta_off = *off;
	c->meta_sub = *sub_off;
	return 0;
}

void put_meta(struct buf *b, uint64_t file, uint64_t off, uint64_t sub_off, const struct meta *m)
{
	struct meta_value v;
	buf_clear(b);
	mp_put_arr(b, 5);
	mp_put_u64(b, TAG_META);
	mp_put_u64(b, file);
	mp_put_u64(b, off);
	mp_put_u64(b, sub_off);
	mp_put_map(b, m->n);
	for (size_t i = 0; i < m->n; i++) {
		mp_put_str(b, meta_key(m, i));
		meta_at(m, i, &v);
		switch (v.type) {
		case META_STR: mp_put_strn(b, v.s, v.n); break;
		case META_INT: mp_put_i64(b, v.i); break;
		case META_REAL: mp_put_f64(b, v.d); break;
		default: mp_put_bool(b, v.b); break;
		}
	}
}

void meta_places_add(struct meta_places *s, uint64_t off, uint64_t sub_off, struct meta *m)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 16;
		s->p = mem_realloc(s->p, s->cap * sizeof *s->p);
	}
	s->p[s->n++] = (struct meta_place){off, sub_off, *m};
	*m = (struct meta)META_INIT;
}

const struct meta *meta_places_find(const struct meta_places *s, size_t from, size_t to,
				    uint64_t off, uint64_t sub_off)
{
	size_t lo = from, hi = to;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct meta_place *p = &s->p[mid];
		if (p->off < off || (p->off == off && p->sub_off <= sub_off))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo == from ? NULL : &s->p[lo - 1].m;
}

void meta_places_clear(struct meta_places *s)
{
	for (size_t i = 0; i < s->n; i++)
		meta_release(&s->p[i].m);
	s->n = 0;
}

void meta_places_release(struct meta_places *s)
{
	meta_places_clear(s);
	mem_free(s->p);
	*s = (struct meta_places){0};
}
