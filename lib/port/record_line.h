/*
 * record_line: the line of JSON that a record is kept as, and members of an object as they stand in a text.
 *
 *	record_line(&line, id, n_id, text, n_text, "{\"a\": 1.50}", n);		replaces line
 *
 *	struct members m = MEMBERS_INIT;
 *	if (members_of(&m, line, n, e)) ...		what is between the braces: keys, and values' bytes
 *	const struct member *v = members_get(&m, "metadata");
 *	members_release(&m);
 */
#ifndef LEANN_PORT_RECORD_LINE_H
#define LEANN_PORT_RECORD_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* A string of JSON with its quotes, appended; what is no UTF-8 becomes U+FFFD. */
void json_put_str(struct buf *out, const void *p, size_t n);
/* A number that reads back as the same double: 17 digits where 15 do not do. It is finite. */
void json_put_real(struct buf *out, double v);

/* meta: an object's text, kept as it is; NULL: {}. */
void record_line(struct buf *line, const void *id, size_t n_id, const void *text, size_t n_text,
		 const void *meta, size_t n_meta);

struct member {
	size_t key_at, n_key;		/* in keys, unescaped */
	const char *raw;		/* the member from its key's quote to its value's end: n_raw bytes */
	size_t n_raw;
	const char *value;		/* n bytes */
	size_t n;
};
struct members {
	struct member *p;
	size_t n, cap;
	struct buf keys;
};
#define MEMBERS_INIT {NULL, 0, 0, BUF_INIT}

/*
 * Of the object that n bytes at p are; all is borrowed from there. Values are only measured: whether they
 * are JSON is for js_parse(), of a text that they were put together to; brackets and strings are whole.
 */
int members_of(struct members *m, const void *p, size_t n, struct err *e) MUST_CHECK;
const struct member *members_get(const struct members *m, const char *key);
void members_release(struct members *m);

#endif
