/*
 * csr: a graph as bytes: each node's neighbours, ascending, coded by interpolation.
 *
 *	struct csr c = {n, offs, edges, entry}; csr_pack(&c, &buf, e);
 *	struct csr d = CSR_INIT; csr_unpack(p, n_bytes, &d, e); csr_release(&d);
 *
 * Layout (all numbers little-endian):
 *
 *	offset  size  what
 *	0       4     "LGR1"
 *	4       4     n, number of nodes
 *	8       4     entry node, < n (0 when n is 0)
 *	12      4     D, the largest degree, <= 1024
 *	16      8     E, number of edges
 *	24      4 B   B = ceil(n / 64) block ends: block b's bytes are data[end[b-1] .. end[b]-1]
 *	24+4B   ..    data: end[B-1] bytes, nothing after
 *
 * A block holds 64 nodes (the last one fewer) as one bit string: bits fill bytes from bit 0
 * up, the last byte is filled with 0 bits. Each node, in order: its degree d as a number of
 * 0..D, then, if d > 0, its neighbours v[0] < ... < v[d-1] by binary interpolative coding
 * (Moffat, Stuiver, Information Retrieval 3, 2000): list(v, 0 .. n-1) is
 *
 *	list of k > 0 values in lo..hi: with m = floor(k / 2), code v[m] as a number of
 *	lo+m .. hi-(k-1-m); then the list of the m values before it in lo .. v[m]-1,
 *	then the list of the k-1-m values after it in v[m]+1 .. hi. An empty list takes no bits.
 *
 * A number x of lo..hi is coded as y = x - lo in truncated binary: with r = hi - lo + 1,
 * w = floor(log2 r), u = 2^(w+1) - r: if y < u then the field y of w bits, else the field
 * (y + u) >> 1 of w bits and then the bit (y + u) & 1. A field is written least significant
 * bit first. r = 1 takes no bits.
 *
 * The reader refuses: a wrong magic, sizes that do not add up, D > 1024 or larger than the
 * largest degree, an edge count that is not E or over 64 a byte where n > 4096 (no graph
 * comes near), d > n - 1, a self-loop, a block that is not
 * exactly as long as its bits, bits set in the padding.
 */
#ifndef LEANN_FMT_CSR_H
#define LEANN_FMT_CSR_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum {
	CSR_DEGREE_MAX = 1024,
	CSR_BLOCK = 64, /* nodes */
};

struct csr {
	size_t n;
	uint64_t *offs; /* (n + 1): node i's neighbours are edges[offs[i] .. offs[i+1]-1] */
	uint32_t *edges;
	uint32_t entry;
};
#define CSR_INIT                                                                                   \
	{                                                                                          \
		0                                                                                  \
	}

/* Neighbours must ascend, be < n and not the node itself: ERR_DATA otherwise. Appends to b. */
int csr_pack(const struct csr *c, struct buf *b, struct err *e) MUST_CHECK;
/* All of the n_bytes at p; c must be CSR_INIT. offs and edges are c's own. */
int csr_unpack(const uint8_t *p, size_t n_bytes, struct csr *c, struct err *e) MUST_CHECK;
void csr_release(struct csr *c);

#endif
