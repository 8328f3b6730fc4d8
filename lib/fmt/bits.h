/*
 * bits: unsigned numbers of a common width, end to end, lowest bit first; and
 * columns, which add a least value. Layout: leann-index(5), "Columns".
 */
#ifndef LEANN_FMT_BITS_H
#define LEANN_FMT_BITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

unsigned bits_width(uint64_t v);			/* bits that v needs; 0 for 0 */
/* Append n numbers of width bits (0..64) and pad to a whole byte. */
void bits_pack(struct buf *b, const uint64_t *v, size_t n, unsigned width);
/* Number i; the caller has checked that (i + 1) * width bits are inside p. */
uint64_t bits_get(const uint8_t *p, size_t i, unsigned width);

/* A zigzag code keeps small negative numbers small. */
uint64_t zigzag(int64_t v);
int64_t unzigzag(uint64_t u);

struct column {
	uint64_t min;
	unsigned width;			/* 0..64 bits */
	size_t n;
	const uint8_t *p;
};
enum { COLUMN_HEAD = 16 };
/* Append a column: least value, width, numbers, zeros to a multiple of 8 bytes. */
void column_pack(struct buf *b, const uint64_t *v, size_t n);
/* Open a column of n numbers at *p, which moves behind it; *left shrinks. */
int column_open(struct column *c, const uint8_t **p, size_t *left, size_t n, const char *what,
		struct err *e) MUST_CHECK;
uint64_t column_get(const struct column *c, size_t i);	/* i < n */

#endif
