/* msgpack through libmsgpackc; the only file that includes it. See mp.h. */
#include "fmt/mp.h"

#include <msgpack.h>
#include <string.h>

#include "base/mem.h"

enum { DEPTH_MAX = 6 };

struct mp_doc {
	msgpack_unpacked u;
};

#define O(v) ((const msgpack_object *)(v))
#define V(o) ((const struct mp *)(o))

struct mp_doc *mp_new(void)
{
	struct mp_doc *d = mem_alloc(sizeof *d);
	msgpack_unpacked_init(&d->u);
	return d;
}

void mp_free(struct mp_doc *d)
{
	if (!d)
		return;
	msgpack_unpacked_destroy(&d->u);
	mem_free(d);
}

/* What a first byte announces: bytes after it to skip, and values that follow. */
struct head {
	size_t n_size;		/* bytes of the length that follows */
	size_t n_body;		/* fixed bytes after that */
	size_t n_items;		/* values nested in it */
	bool counted;		/* the length counts items (array, map), not bytes */
	bool pairs;
};

static int first_byte(uint8_t c, struct head *h, const char **why)
{
	*h = (struct head){0};
	if (c < 0x80 || c >= 0xe0 || c == 0xc0 || c == 0xc2 || c == 0xc3)
		return 0;
	if (c < 0x90)
		h->n_items = 2 * (c & 15u);
	else if (c < 0xa0)
		h->n_items = c & 15u;
	else if (c < 0xc0)
		h->n_body = c & 31u;
	else if (c >= 0xc4 && c <= 0xc6)
		h->n_size = (size_t)1 << (c - 0xc4);
	else if (c == 0xca || c == 0xcb)
		h->n_body = c == 0xca ? 4 : 8;
	else if (c >= 0xcc && c <= 0xcf)
		h->n_body = (size_t)1 << (c - 0xcc);
	else if (c >= 0xd0 && c <= 0xd3)
		h->n_body = (size_t)1 << (c - 0xd0);
	else if (c >= 0xd9 && c <= 0xdb)
		h->n_size = (size_t)1 << (c - 0xd9);
	else if (c == 0xdc || c == 0xde) {
		h->n_size = 2;
		h->counted = true;
		h->pairs = c == 0xde;
	} else {
		*why = c == 0xdd   ? "array32"
		       : c == 0xdf ? "map32"
		       : c == 0xc1 ? "byte 0xc1"
				   : "ext";
		return -1;
	}
	return 0;
}

/*
 * Walk one value without allocating: a stack of items left per level. Refuses what
 * would make the decoder reserve more than the input is worth.
 */
static int scan(const uint8_t *p, size_t n, struct err *e)
{
	size_t left[DEPTH_MAX + 1] = {1}, depth = 0, at = 0;
	for (;;) {
		struct head h;
		const char *why = "";
		while (!left[depth]) {
			if (!depth)
				goto end;
			depth--;
		}
		left[depth]--;
		if (at >= n)
			return err_set(e, ERR_DATA, "msgpack cut short at byte %zu", at);
		if (first_byte(p[at], &h, &why))
			return err_set(e, ERR_DATA, "msgpack byte %zu: %s is not allowed", at, why);
		if (h.n_size > n - at - 1)
			return err_set(e, ERR_DATA, "msgpack cut short at byte %zu", at);
		size_t len = 0;
		for (size_t i = 0; i < h.n_size; i++)
			len = len << 8 | p[at + 1 + i];
		size_t items = h.counted ? (h.pairs ? 2 * len : len) : h.n_items;
		size_t body = h.counted ? 0 : h.n_body + len;
		if (body > n - at - 1 - h.n_size || items > n - at - 1 - h.n_size)
			return err_set(e, ERR_DATA,
				       "msgpack byte %zu: %zu %s announced, %zu bytes left", at,
				       body ? body : items, body ? "bytes" : "items",
				       n - at - 1 - h.n_size);
		at += 1 + h.n_size + body;
		if (items) {
			if (depth == DEPTH_MAX)
				return err_set(e, ERR_DATA,
					       "msgpack byte %zu: nested deeper than %d", at,
					       DEPTH_MAX);
			left[++depth] = items;
		}
	}
end:
	if (at != n)
		return err_set(e, ERR_DATA, "%zu bytes after the msgpack value", n - at);
	return 0;
}

int mp_parse(struct mp_doc *d, const uint8_t *p, size_t n, const struct mp **out, struct err *e)
{
	size_t off = 0;
	if (scan(p, n, e))
		return -1;
	msgpack_unpack_return r = msgpack_unpack_next(&d->u, (const char *)p, n, &off);
	if (r == MSGPACK_UNPACK_NOMEM_ERROR)
		mem_none("msgpack");
	if ((r != MSGPACK_UNPACK_SUCCESS && r != MSGPACK_UNPACK_EXTRA_BYTES) || off != n)
		return err_set(e, ERR_DATA, "msgpack of %zu bytes does not decode (%d at %zu)", n,
			       (int)r, off);
	*out = V(&d->u.data);
	return 0;
}

enum mp_type mp_type(const struct mp *v)
{
	if (!v)
		return MP_NONE;
	switch (O(v)->type) {
	case MSGPACK_OBJECT_NIL: return MP_NIL;
	case MSGPACK_OBJECT_BOOLEAN: return MP_BOOL;
	case MSGPACK_OBJECT_POSITIVE_INTEGER: return MP_UINT;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER: return MP_INT;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64: return MP_REAL;
	case MSGPACK_OBJECT_STR: return MP_STR;
	case MSGPACK_OBJECT_BIN: return MP_BIN;
	case MSGPACK_OBJECT_ARRAY: return MP_ARR;
	case MSGPACK_OBJECT_MAP: return MP_MAP;
	default: return MP_NONE;
	}
}

const char *mp_type_name(enum mp_type t)
{
	static const char *const name[] = {"nothing", "nil", "bool", "uint", "negative integer",
					   "float", "str", "bin", "array", "map"};
	return name[t];
}

size_t mp_len(const struct mp *v)
{
	switch (mp_type(v)) {
	case MP_ARR: return O(v)->via.array.size;
	case MP_MAP: return O(v)->via.map.size;
	case MP_STR: return O(v)->via.str.size;
	case MP_BIN: return O(v)->via.bin.size;
	default: return 0;
	}
}

const struct mp *mp_at(const struct mp *arr, size_t i)
{
	if (mp_type(arr) != MP_ARR || i >= O(arr)->via.array.size)
		return NULL;
	return V(&O(arr)->via.array.ptr[i]);
}

bool mp_pair(const struct mp *map, size_t i, const struct mp **key, const struct mp **val)
{
	if (mp_type(map) != MP_MAP || i >= O(map)->via.map.size)
		return false;
	*key = V(&O(map)->via.map.ptr[i].key);
	*val = V(&O(map)->via.map.ptr[i].val);
	return true;
}

const struct mp *mp_get(const struct mp *map, const char *key)
{
	const struct mp *k, *v;
	size_t n_key = strlen(key);
	for (size_t i = 0; mp_pair(map, i, &k, &v); i++)
		if (mp_type(k) == MP_STR && mp_len(k) == n_key &&
		    !memcmp(O(k)->via.str.ptr, key, n_key))
			return v;
	return NULL;
}

uint64_t mp_u64(const struct mp *v)
{
	return mp_type(v) == MP_UINT ? O(v)->via.u64 : 0;
}

int64_t mp_i64(const struct mp *v)
{
	if (mp_type(v) == MP_INT)
		return O(v)->via.i64;
	return mp_type(v) == MP_UINT && O(v)->via.u64 <= INT64_MAX ? (int64_t)O(v)->via.u64 : 0;
}

double mp_real(const struct mp *v)
{
	switch (mp_type(v)) {
	case MP_REAL: return O(v)->via.f64;
	case MP_UINT: return (double)O(v)->via.u64;
	case MP_INT: return (double)O(v)->via.i64;
	default: return 0;
	}
}

bool mp_bool(const struct mp *v)
{
	return mp_type(v) == MP_BOOL && O(v)->via.boolean;
}

const uint8_t *mp_bytes(const struct mp *v, size_t *n)
{
	*n = 0;
	if (mp_type(v) == MP_STR) {
		*n = O(v)->via.str.size;
		return (const uint8_t *)O(v)->via.str.ptr;
	}
	if (mp_type(v) == MP_BIN) {
		*n = O(v)->via.bin.size;
		return (const uint8_t *)O(v)->via.bin.ptr;
	}
	return NULL;
}

/* The packer's callback; unlike the stock one it takes empty bodies. A buf cannot fail. */
static int add(void *ctx, const char *p, size_t n)
{
	buf_add(ctx, p, n);
	return 0;
}

static msgpack_packer packer(struct buf *b)
{
	msgpack_packer pk;
	msgpack_packer_init(&pk, b, add);
	return pk;
}

/* Every pack call reports through add(), which returns 0: a failure would be our bug. */
static void must(int rc)
{
	if (rc) {
		struct err e;
		err_set(&e, ERR_SYS, "msgpack: cannot pack (%d)", rc);
		err_die(&e);
	}
}

void mp_put_nil(struct buf *b)
{
	msgpack_packer pk = packer(b);
	must(msgpack_pack_nil(&pk));
}

void mp_put_bool(struct buf *b, bool v)
{
	msgpack_packer pk = packer(b);
	must(v ? msgpack_pack_true(&pk) : msgpack_pack_false(&pk));
}

void mp_put_u64(struct buf *b, uint64_t v)
{
	msgpack_packer pk = packer(b);
	must(msgpack_pack_uint64(&pk, v));
}

void mp_put_i64(struct buf *b, int64_t v)
{
	msgpack_packer pk = packer(b);
	must(msgpack_pack_int64(&pk, v));
}

void mp_put_f32(struct buf *b, float v)
{
	msgpack_packer pk = packer(b);
	must(msgpack_pack_float(&pk, v));
}

void mp_put_f64(struct buf *b, double v)
{
	msgpack_packer pk = packer(b);
	must(msgpack_pack_double(&pk, v));
}

void mp_put_str(struct buf *b, const char *s)
{
	mp_put_strn(b, s, strlen(s));
}

void mp_put_strn(struct buf *b, const void *s, size_t n)
{
	msgpack_packer pk = packer(b);
	must(msgpack_pack_str(&pk, n));
	must(msgpack_pack_str_body(&pk, s, n));
}

void mp_put_bin(struct buf *b, const void *p, size_t n)
{
	msgpack_packer pk = packer(b);
	must(msgpack_pack_bin(&pk, n));
	must(msgpack_pack_bin_body(&pk, p, n));
}

void mp_put_arr(struct buf *b, size_t n)
{
	msgpack_packer pk = packer(b);
	must(msgpack_pack_array(&pk, n));
}

void mp_put_map(struct buf *b, size_t n)
{
	msgpack_packer pk = packer(b);
	must(msgpack_pack_map(&pk, n));
}

void mp_put(struct buf *b, const struct mp *v)
{
	msgpack_packer pk = packer(b);
	must(msgpack_pack_object(&pk, *O(v)));
}
