/*
 * interp: ascending numbers as bits: binary interpolative coding (Moffat, Stuiver, Information
 * Retrieval 3, 2000), as leann-index(5) has it under the graphs. Of graphs and of anchors' lists.
 *
 *	struct interp_out o = {.b = &buf};
 *	interp_put_list(&o, v, k, 0, n - 1); interp_put_end(&o);
 *
 *	struct interp_in s = {.p = p, .end = 8 * n_bytes};
 *	interp_get_list(&s, v, k, 0, n - 1); if (!interp_ended(&s)) ...
 *
 * Whatever the bits are, what is read ascends and lies in lo..hi, if k <= hi - lo + 1; whether they
 * were all that was there is what interp_ended() says.
 */
#ifndef LEANN_FMT_INTERP_H
#define LEANN_FMT_INTERP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Bits, written into acc from bit 0 up. */
struct interp_out {
	struct buf *b;
	uint64_t acc;
	unsigned n;
};

/* The field v of n <= 32 bits, least significant first. */
void interp_put_bits(struct interp_out *o, uint32_t v, unsigned n);
/* x of lo..hi */
void interp_put_number(struct interp_out *o, uint32_t x, uint32_t lo, uint32_t hi);
/* k ascending numbers of lo..hi */
void interp_put_list(struct interp_out *o, const uint32_t *v, size_t k, uint32_t lo, uint32_t hi);
/* 0 bits up to a whole byte. */
void interp_put_end(struct interp_out *o);

/* Reading past the end gives 0 bits and is seen afterwards by at > end. */
struct interp_in {
	const uint8_t *p;
	uint64_t at, end; /* bits */
};

uint32_t interp_get_bits(struct interp_in *s, unsigned n);
uint32_t interp_get_number(struct interp_in *s, uint32_t lo, uint32_t hi);
void interp_get_list(struct interp_in *s, uint32_t *v, size_t k, uint32_t lo, uint32_t hi);
/* Was all read, but for less than a byte of 0 bits? */
bool interp_ended(struct interp_in *s);

#endif
