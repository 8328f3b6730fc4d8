/*
 * scan: which of many codes have a sum of table entries that reaches a bound.
 *
 * Codes are bytes, m a vector, in blocks of 64 vectors, column by column: code j of vector i at
 * i / 64 * 64 m + j * 64 + i % 64 (pq.h packs them). The sum of a vector is that of
 * table[j * 256 + its code j] over its m columns: whole numbers, so every level finds the same.
 * Where a byte shuffle looks up 16 to 64 codes at a time, a vector costs less than a nanosecond
 * (Andre, Kermarrec, Le Scouarnec, "Quicker ADC", TPAMI 2021).
 *
 *	const struct scan_kernel *k = scan_of(level);
 *	k->reach(&table, codes, n_blocks, mask);	mask[b]: in, who is asked; out, who reaches
 */
#ifndef LEANN_VEC_SCAN_H
#define LEANN_VEC_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "vec/simd.h"

enum {
	SCAN_BLOCK = 64,	/* vectors of a block */
	SCAN_ENTRIES = 256,	/* of a column of the table: any byte is a valid code */
	SCAN_M_MAX = 257,	/* columns: sums of 255s fit 16 bits */
};

struct scan_table {
	const uint8_t *entry;	/* (m, SCAN_ENTRIES), 64-byte aligned */
	size_t m;		/* 1 to SCAN_M_MAX */
	uint16_t least;		/* a sum reaches this or does not */
};

struct scan_kernel {
	const char *name;	/* "scalar", "avx2", "vbmi", "neon" */
	/* Exact scores that take as long as a block does here: fewer vectors are better scored. */
	unsigned few;
	/*
	 * Bit i of mask[b] asks of vector i of block b; it is cleared where the sum does not
	 * reach. Blocks of which nothing is asked are not read.
	 */
	void (*reach)(const struct scan_table *t, const uint8_t *codes, size_t n_blocks,
		      uint64_t *mask);
};

extern const struct scan_kernel scan_scalar;
#if defined(__x86_64__)
extern const struct scan_kernel scan_avx2;
extern const struct scan_kernel scan_vbmi;	/* AVX-512 and VBMI */
#endif
#if defined(__aarch64__)
extern const struct scan_kernel scan_neon;
#endif

/* That of a level of this machine, or of those below it. */
const struct scan_kernel *scan_of(enum simd s);
/* That of simd_pick()'s level, asked once; plain C where $LEANN_SIMD names one that is not here. */
const struct scan_kernel *scan_best(void);

#endif
