/*
 * lists: anchors numbered so that neighbours in meaning have numbers near each other: their lists
 * then lie near each other in a file, and those of a query in few stretches of it.
 *
 *	lists_renumber(&anchors, assign, n);
 */
#ifndef LEANN_ALGO_LISTS_H
#define LEANN_ALGO_LISTS_H

#include <stddef.h>
#include <stdint.h>

#include "algo/anchors.h"

/*
 * An order of n rows of dim: halved at the middle of the direction in which they spread most
 * (Sproull, "Refinements to nearest-neighbor searching in k-dimensional trees", Algorithmica 6,
 * 1991), and each half again: order[i] is the i-th row. O(n dim log n), the same everywhere.
 */
void lists_order(const float *vec, size_t n, size_t dim, uint32_t *order);
/* The anchors in that order, and what assign (n) says of them. */
void lists_renumber(struct anchors *a, uint32_t *assign, size_t n);

#endif
