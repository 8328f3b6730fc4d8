/*
 * mp: msgpack values (libmsgpackc inside, in mp.c alone).
 *
 * Reading: mp_parse() first walks the bytes and refuses array32, map32, ext,
 * nesting over 6, counts and lengths beyond the bytes at hand, and anything after
 * the value, so that hostile headers never reserve memory. Values are borrowed
 * from the struct mp_doc, strings and bins from the bytes given to mp_parse().
 *
 * Writing: mp_put_*() append to a buf and cannot fail.
 */
#ifndef LEANN_FMT_MP_H
#define LEANN_FMT_MP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct mp;			/* one value */
struct mp_doc;			/* a parsed document; reusable */

enum mp_type { MP_NONE, MP_NIL, MP_BOOL, MP_UINT, MP_INT, MP_REAL, MP_STR, MP_BIN, MP_ARR, MP_MAP };

struct mp_doc *mp_new(void);
void mp_free(struct mp_doc *d);
/*
 * Parse exactly n bytes as one value; the earlier value of d is gone. Messages say what and at
 * which byte.
 */
int mp_parse(struct mp_doc *d, const uint8_t *p, size_t n, const struct mp **out,
	     struct err *e) MUST_CHECK;

enum mp_type mp_type(const struct mp *v);		/* MP_NONE for NULL; MP_INT: negative */
const char *mp_type_name(enum mp_type t);
size_t mp_len(const struct mp *v);			/* items of an array, pairs of a map, bytes of str/bin */
const struct mp *mp_at(const struct mp *arr, size_t i);	/* NULL past the end or no array */
const struct mp *mp_get(const struct mp *map, const char *key);
/* Pair i of a map; false past the end. */
bool mp_pair(const struct mp *map, size_t i, const struct mp **key, const struct mp **val);
uint64_t mp_u64(const struct mp *v);			/* 0 unless MP_UINT */
int64_t mp_i64(const struct mp *v);			/* 0 unless an integer that fits */
double mp_real(const struct mp *v);			/* of any number */
bool mp_bool(const struct mp *v);
const uint8_t *mp_bytes(const struct mp *v, size_t *n);	/* of str or bin, else NULL and 0 */

void mp_put_nil(struct buf *b);
void mp_put_bool(struct buf *b, bool v);
void mp_put_u64(struct buf *b, uint64_t v);
void mp_put_i64(struct buf *b, int64_t v);
void mp_put_f32(struct buf *b, float v);
void mp_put_f64(struct buf *b, double v);
void mp_put_str(struct buf *b, const char *s);
void mp_put_strn(struct buf *b, const void *s, size_t n);	/* s must be UTF-8 */
void mp_put_bin(struct buf *b, const void *p, size_t n);
void mp_put_arr(struct buf *b, size_t n);		/* then n values */
void mp_put_map(struct buf *b, size_t n);		/* then n keys and values */
void mp_put(struct buf *b, const struct mp *v);		/* a copy of a parsed value */

#endif
