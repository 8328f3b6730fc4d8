/*
 * items: the passages of a stream as other stores keep them: an id, a text, metadata, a place, a vector.
 * What each of them is: leann-to-jsonl(1).
 *
 *	struct items s;
 *	struct item it;
 *	if (items_open(&s, 0, "stdin", true, e)) ...
 *	while ((k = items_next(&s, &it, e)) > 0)	0: END seen and right; -1: error
 *		item_json(&it, ITEM_VEC_LIST, &line);	a line of JSON, without its newline
 *	items_release(&s);
 *
 * Memory: two words a passage, for ids that are there twice; stored files lie in a nameless scratch file.
 */
#ifndef LEANN_PORT_ITEMS_H
#define LEANN_PORT_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "fmt/context.h"
#include "fmt/meta.h"
#include "fmt/record.h"
#include "fmt/stream.h"
#include "port/record_line.h"

/* A passage. Bytes are borrowed until the next items_next(). */
struct item {
	struct buf id, title, text;	/* UTF-8; title: only where has_title */
	bool has_title;
	struct buf metadata;		/* JSON: an object, or what the record had */
	struct buf path;		/* of an ordinary file, below its root; raw bytes */
	uint64_t first_line, last_line;	/* from 1; 0: there is no file to look into */
	const float *vec;		/* dim of them; NULL in a stream of chunks */
	size_t dim;
};

/* Ids that were given: open addressing, by 64 bits of a hash, 0 for none. */
struct item_ids {
	uint64_t *h, *last;		/* (cap), a power of two; last: the number of the latest made of it */
	size_t n, cap;
};

struct items {
	struct stream_in in;
	struct rec_check check;
	struct item it;			/* its buffers are used again */
	struct item_ids ids;
	struct meta_places metas;	/* of the latest file */
	enum context context;		/* in texts, to be taken off */
	unsigned flags;			/* of the latest file */
	int spool;			/* its bytes, where it is stored and has records; -1: none yet */
	uint64_t n_spooled;
	float vec[DIM_MAX];
	struct members members;
	struct buf line, scratch;
	uint64_t n;			/* items given */
};

/* vectors: a stream without them is an error. Texts must be there in either kind, or be in stored records. */
int items_open(struct items *s, int fd, const char *name, bool vectors, struct err *e) MUST_CHECK;
int items_next(struct items *s, struct item *it, struct err *e) MUST_CHECK;
void items_release(struct items *s);

/* item_ids.c: id with " 2", " 3", ... behind it until nobody has it, which it then has. */
void item_ids_make(struct item_ids *s, struct buf *id);
void item_ids_release(struct item_ids *s);

/* item_json.c */
enum item_vec { ITEM_VEC_NONE, ITEM_VEC_LIST, ITEM_VEC_BASE64 };
/* Appends the line that leann-to-jsonl(1) describes, without a newline. */
void item_json(const struct item *it, enum item_vec how, struct buf *out);
/* Appends m as an object; numbers with as many digits as bring them back. */
void item_meta_json(const struct meta *m, struct buf *out);

#endif
