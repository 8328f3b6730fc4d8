/*
 * meta_cols: member "meta" of an index, read: for each field the values that it has, and which
 * chunks have them. Layout: leann-index(5).
 *
 *	struct meta_cols *c;
 *	if (meta_cols_open(&c, p, n, n_chunks, e)) ...		p stays mapped; numbers proven
 *	meta_cols_values(c, f, NULL, each, ctx, e);		all values of field f
 *	meta_cols_runs(c, f, NULL, each, ctx, e);		runs of chunks with one of them
 *	struct meta_reader *r = meta_reader_new(c);
 *	meta_reader_get(r, chunk, &m, e);			all fields of a chunk
 *
 * What is in the frames is checked when it is read. Columns never change; a reader is for one thread.
 */
#ifndef LEANN_FMT_META_COLS_H
#define LEANN_FMT_META_COLS_H

#include "fmt/meta.h"

enum {
	META_FIELDS_MAX = 1024,
	META_RUNS = 4096,		/* of a block */
	META_VALUES_BYTES = 1 << 16,	/* of a block of values: it ends with the first value beyond */
	META_RAW_MAX = 1 << 17,		/* of any block */
	META_DIR_MAX = 16 << 20,
	META_HEAD = 16,
};
#define META_NONE UINT32_MAX		/* no value */

struct meta_block {
	uint64_t at;			/* of its frame, in data */
	uint32_t n_packed, n_raw;
	uint32_t n;			/* runs, or values */
	uint32_t first, first_value;	/* chunk and next value; of values only first_value */
	uint32_t n_chunks, n_new;	/* of runs: chunks in it, values that are new in it */
};

/* By name, then by type: a name may have values of several types. */
struct meta_field {
	char name[META_KEY_MAX + 1];
	enum meta_type type;
	uint32_t n_values;
	struct meta_block *runs, *values;
	size_t n_runs, n_value_blocks;	/* blocks */
	uint64_t n_bytes;		/* of its blocks in the file */
};

struct meta_cols {
	const uint8_t *data;
	size_t n_chunks, n_fields;
	struct meta_field *field;
};

int meta_cols_open(struct meta_cols **out, const uint8_t *p, size_t n, size_t n_chunks,
		   struct err *e) MUST_CHECK;
void meta_cols_free(struct meta_cols *c);
/* What is looked for: what else there is may be left out, and where it is a whole block costs nothing. */
struct meta_wanted {
	const bool *values;		/* (n_values + 1) these, and runs of them: all others are left out */
	const char *ending;		/* texts that end so */
	const uint64_t *within;		/* runs in these chunks, a bit each */
};
/* In order: value i; its string is borrowed for the call. w NULL: all. */
int meta_cols_values(const struct meta_cols *c, const struct meta_field *f, const struct meta_wanted *w,
		     int (*each)(void *ctx, uint32_t i, const struct meta_value *v, struct err *e),
		     void *ctx, struct err *e) MUST_CHECK;
/*
 * In order: n chunks from first on have the value, which may be META_NONE. With w NULL all chunks are
 * covered.
 */
int meta_cols_runs(const struct meta_cols *c, const struct meta_field *f, const struct meta_wanted *w,
		   int (*each)(void *ctx, uint32_t first, uint32_t n, uint32_t value, struct err *e),
		   void *ctx, struct err *e) MUST_CHECK;
/* Of f->n_runs blocks, those with runs in these chunks. */
size_t meta_cols_blocks(const struct meta_field *f, const uint64_t *within);
/* Decodes everything. */
int meta_cols_verify(const struct meta_cols *c, struct err *e) MUST_CHECK;

struct meta_reader;
struct meta_reader *meta_reader_new(const struct meta_cols *c);
void meta_reader_free(struct meta_reader *r);
/*
 * All that the chunk has, into m. Where a name has values of several types a chunk has one of them;
 * a damaged index that gives more has the last.
 */
int meta_reader_get(struct meta_reader *r, uint32_t chunk, struct meta *m, struct err *e) MUST_CHECK;

#endif
