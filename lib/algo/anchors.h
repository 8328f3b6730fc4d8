/*
 * anchors: a few unit vectors that stand for many; stored as int8 rows and a scale each.
 *
 *	struct anchors_params p = ANCHORS_PARAMS_DEFAULT; struct anchors a = ANCHORS_INIT;
 *	if (anchors_train(&rows, NULL, &p, par, &a, e)) ...
 *	anchors_assign(&rows, &a, par, assign, cosine, e);
 *	anchors_release(&a);
 *
 * Rows are unit vectors. Everything uses a->vec, the values that come back from the
 * int8 form, so that a reader of the stored form sees the same numbers.
 */
#ifndef LEANN_ALGO_ANCHORS_H
#define LEANN_ALGO_ANCHORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algo/rows.h"
#include "base/err.h"
#include "base/par.h"

enum anchors_strategy {
	ANCHORS_RANDOM, /* rows drawn alike */
	ANCHORS_KMEANS, /* spherical k-means of the sample */
	ANCHORS_MAX_COVERAGE, /* greedy: the row that covers most that is uncovered */
	ANCHORS_STRATIFIED, /* k-means within each group of rows */
};
/* "random", "kmeans", "max-coverage", "stratified-kmeans", NULL */
extern const char *const anchors_strategy_names[];

#define ANCHORS_COVER_COS .5f /* an anchor covers the rows at this cosine or more */

enum { ANCHORS_COUNT_MAX = 32768 };

struct anchors_params {
	enum anchors_strategy strategy;
	size_t count; /* 0: anchors_auto_count() */
	size_t samples; /* rows to look at; 0: 64 an anchor, 8192..65536 */
	double diversity_threshold; /* least 1 - cosine between two anchors, 0..1 */
	size_t min_per_group; /* stratified: anchors of a group at least, while it has rows */
	bool equal; /* stratified: groups get alike shares, not by size */
	uint64_t seed;
};
#define ANCHORS_PARAMS_DEFAULT                                                                     \
	{                                                                                          \
		.strategy = ANCHORS_KMEANS, .min_per_group = 1                                     \
	}

struct anchors {
	size_t n, dim;
	enum anchors_strategy strategy;
	uint64_t seed;
	int8_t *q; /* (n, dim) row-major */
	float *scale; /* (n): 1 / |q| */
	float *vec; /* (n, dim) = q * scale, unit length to 1e-6 */
};
#define ANCHORS_INIT                                                                               \
	{                                                                                          \
		0                                                                                  \
	}

void anchors_release(struct anchors *a);
/* From stored form: q (n, dim), scale_le n little-endian f32. Copies. a must be ANCHORS_INIT. */
void anchors_load(struct anchors *a, size_t n, size_t dim, const int8_t *q,
		  const uint8_t *scale_le);

/*
 * The number of anchors for n rows: the least of 2 sqrt(n), n / 160 or, up to 16, n / 64,
 * anchors_max_count(), and at least 1; 0 for no rows. n / 160 caps their cost at 2.5 bytes a chunk of 384 dimensions;
 * from 102,400 rows on 2 sqrt(n) does (2 bytes at 131,000). leann-anchors(1) has coverage by count.
 */
size_t anchors_auto_count(size_t n, size_t dim);
/* The most anchors that a record of the stream holds at this dim. */
size_t anchors_max_count(size_t dim);

/*
 * Choose and train. group: NULL, or the group of each row (rows->n), for ANCHORS_STRATIFIED.
 * More anchors than rows are not made; rows that are all alike give fewer. An anchor nearer
 * than the diversity threshold to one before it is replaced by the sample row farthest from
 * all anchors, and dropped when that row is too near as well. 0 rows: 0 anchors.
 */
int anchors_train(const struct rows *rows, const uint16_t *group, const struct anchors_params *p,
		  struct par *par, struct anchors *a, struct err *e) MUST_CHECK;

/* Nearest anchor of every row, ties to the lowest number, and its cosine; either may be NULL. */
int anchors_assign(const struct rows *rows, const struct anchors *a, struct par *par,
		   uint32_t *assign, float *cosine, struct err *e) MUST_CHECK;

struct anchors_health {
	double coverage; /* share of rows with cosine >= ANCHORS_COVER_COS to their anchor */
	double balance; /* 1 - Gini coefficient of the list sizes; 1 = all alike */
	double mean_cosine;
	size_t n_empty; /* anchors that are nearest to no row */
};
void anchors_health(const uint32_t *assign, const float *cosine, size_t n_rows, size_t n_anchors,
		    struct anchors_health *h);

/* Shares of total for groups of n_rows[]: >= min_each where rows allow, at most its rows. */
void anchors_allocate(const size_t *n_rows, size_t n_groups, size_t total, size_t min_each,
		      bool equal, size_t *share);

/* For anchors_train(): greedy cover of unit rows x (n, dim) by k of them; ids as chosen. */
void anchors_cover(const float *x, size_t n, size_t dim, size_t k, struct par *par, uint32_t *ids);

#endif
