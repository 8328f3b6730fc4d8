/*
 * filter: expressions over fields of files and passages (leann-search(1), FILTERS), and the bits of
 * the chunks for which they hold.
 *
 *	struct filter *f;
 *	if (filter_parse("lang = c and size > 10K", &f, e)) ...	message: "column 3: ..."
 *	if (filter_eval(f, &g, now_s, bits, e)) ...		bits: (n_chunks / 64 + 1), any content
 *	filter_free(f);
 *
 * An expression is evaluated column by column: a field of files once a file or language, one of
 * metadata once for each of its values and then by runs of chunks.
 */
#ifndef LEANN_SEARCH_FILTER_H
#define LEANN_SEARCH_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "fmt/meta.h"
#include "search/engine.h"

enum {
	FILTER_BYTES_MAX = 64 << 10,	/* of an expression */
	FILTER_DEPTH_MAX = 64,		/* of parentheses and nots */
};

enum filter_op {
	OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_IN, OP_NOT_IN, OP_CONTAINS, OP_STARTS, OP_ENDS,
	OP_GLOB, OP_NOT_GLOB, OP_IS,
};

/* A value as it was written, and what it may stand for. */
struct filter_value {
	size_t at, n;			/* in struct filter's text; NUL-terminated */
	size_t column;			/* of the expression, from 1 */
	bool is_int, is_num, is_time, is_bool;
	int64_t i;			/* is_int */
	double d;			/* is_num; it may be is_int, too */
	int64_t lo, hi;			/* is_time: seconds since 1970, from lo, before hi */
	bool b;
};

enum filter_kind { FILTER_AND, FILTER_OR, FILTER_NOT, FILTER_TEST };

struct filter_node {
	enum filter_kind kind;
	size_t a, b;			/* nodes; of FILTER_NOT a alone */
	/* FILTER_TEST */
	enum filter_op op;
	size_t column;
	size_t name;			/* in text */
	size_t first, n;		/* values */
};

struct filter {
	struct filter_node *node;
	struct filter_value *value;
	size_t n_nodes, n_values, root;
	struct buf text;
};

/* ERR_USAGE: what is wrong, and in which column. */
int filter_parse(const char *expr, struct filter **out, struct err *e) MUST_CHECK;
void filter_free(struct filter *f);

/* What the bytes may stand for, but for is_time of what is relative: filter_value_now(). */
void filter_value_read(struct filter_value *v, const char *s, int64_t now_s);
/* Does it hold for a value of a field? date: an integer is a time. */
bool filter_test(const struct filter *f, const struct filter_node *t, const struct meta_value *v,
		 bool date);
/* ERR_USAGE: the operator or a value is none for a field of that type. */
int filter_check(const struct filter *f, const struct filter_node *t, enum meta_type type, bool date,
		 struct err *e) MUST_CHECK;

/* ERR_USAGE: a field that the index does not have, a value of another type. */
int filter_eval(const struct filter *f, const struct engine *g, int64_t now_s, uint64_t *bits,
		struct err *e) MUST_CHECK;

#endif
