/*
 * meta: metadata of a passage: keys and values, ordered by key. What keys and values can be:
 * leann-stream(5), "Metadata".
 *
 *	struct meta m = META_INIT;
 *	meta_set_str(&m, "symbol", "main", 4); meta_set_int(&m, "page", 3);
 *	put_meta(&body, file, off, sub_off, &m);		a record of a stream
 *	meta_release(&m);
 *
 * Setters return false, and change nothing, where the key is none or there are META_KEYS_MAX.
 */
#ifndef LEANN_FMT_META_H
#define LEANN_FMT_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "fmt/record.h"

enum {
	META_KEYS_MAX = 64,	/* of a passage */
	META_KEY_MAX = 63,	/* bytes */
	META_STR_MAX = 1024,	/* bytes of a value */
};

enum meta_type { META_STR, META_INT, META_REAL, META_BOOL, META_N_TYPES };
extern const char *const meta_type_names[];	/* "text", "integer", "number", "bool" */

struct meta_value {
	enum meta_type type;
	const char *s;		/* META_STR: n bytes, NUL-terminated, borrowed */
	size_t n;
	int64_t i;
	double d;
	bool b;
};

struct meta_item {
	uint32_t at, n_str;	/* in text: the key, a NUL, the string, a NUL */
	uint8_t n_key, type;
	union {
		int64_t i;
		double d;
		bool b;
	} u;
};

struct meta {
	struct meta_item *item;	/* (n) by key */
	size_t n, cap;
	struct buf text;
};
#define META_INIT {0}

bool meta_key_ok(const char *key, size_t n);
/* Is it a field of the file itself, which no metadata can set? */
bool meta_key_of_file(const char *key);

/* What is no UTF-8 becomes U+FFFD, a NUL a space; what is over META_STR_MAX is cut off. */
bool meta_set_str(struct meta *m, const char *key, const void *s, size_t n);
bool meta_set_int(struct meta *m, const char *key, int64_t v);
bool meta_set_real(struct meta *m, const char *key, double v);	/* not finite: false */
bool meta_set_bool(struct meta *m, const char *key, bool v);
bool meta_set(struct meta *m, const char *key, const struct meta_value *v);
/* All of from; where both have a key, from's value holds. */
bool meta_merge(struct meta *m, const struct meta *from);
void meta_del(struct meta *m, const char *key);
void meta_clear(struct meta *m);
void meta_release(struct meta *m);
void meta_copy(struct meta *to, const struct meta *from);

static inline const char *meta_key(const struct meta *m, size_t i)
{
	return (const char *)m->text.p + m->item[i].at;
}
/* Item i; a string is borrowed until m changes. */
void meta_at(const struct meta *m, size_t i, struct meta_value *v);
/* Is the key there? Then *v is its value. */
bool meta_get(const struct meta *m, const char *key, struct meta_value *v);
bool meta_value_equal(const struct meta_value *a, const struct meta_value *b);
bool meta_equal(const struct meta *a, const struct meta *b);

/* Tag 69; m is replaced. */
int rec_meta(struct rec_check *c, const struct stream_rec *r, uint64_t *off, uint64_t *sub_off,
	     struct meta *m, struct err *e) MUST_CHECK;
void put_meta(struct buf *b, uint64_t file, uint64_t off, uint64_t sub_off, const struct meta *m);

/* Sets by place, ascending: of a file, or of several one after the other. */
struct meta_place {
	uint64_t off, sub_off;
	struct meta m;
};
struct meta_places {
	struct meta_place *p;
	size_t n, cap;
};
/* Takes m over, which is META_INIT again. */
void meta_places_add(struct meta_places *s, uint64_t off, uint64_t sub_off, struct meta *m);
/* Of p[from] to p[to - 1] the last at or before the place; NULL: none. */
const struct meta *meta_places_find(const struct meta_places *s, size_t from, size_t to,
				    uint64_t off, uint64_t sub_off);
void meta_places_clear(struct meta_places *s);
void meta_places_release(struct meta_places *s);

#endif
