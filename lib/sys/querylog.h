/*
 * querylog: how long questions took, in a file of bounded size: leann-state(5). Never the question.
 *
 *	struct query_entry q = {.time_s = time(NULL), .build_id = id, .ms = 12.5, .n_recomputed = 16};
 *	querylog_add(&q, 1);
 *	querylog_stat(id, &st);
 *
 * Nothing about it is an error: what cannot be written is not kept, what cannot be read was not
 * there. Any number of programs write at the same time.
 */
#ifndef LEANN_SYS_QUERYLOG_H
#define LEANN_SYS_QUERYLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUERYLOG_MAX = 32 << 10 };	/* bytes; the older half goes when it has more */

struct query_entry {
	int64_t time_s;		/* since 1970 */
	const char *build_id;	/* of the index: 16 hex digits */
	double ms;
	uint64_t n_recomputed;
};

/* Nothing with $LEANN_NO_LOG. */
void querylog_add(const struct query_entry *q, size_t n);

struct querylog_stat {
	size_t n;		/* 0: none of this index; the rest is 0, too */
	double mean_ms, median_ms, p95_ms, mean_recomputed;
};
void querylog_stat(const char *build_id, struct querylog_stat *st);
/* The median of the first n questions of an index, or the last; below 0: there are fewer. */
double querylog_median_ms(const char *build_id, size_t n, bool last);

#endif
