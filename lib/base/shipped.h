/*
 * shipped: codebooks that are part of the programs, so that a small index need not carry one.
 *
 *	const struct shipped *s = shipped_for(model_sha256);	NULL: none for this model
 *	s->p, s->n		the bytes of a member "pq", leann-index(5), borrowed for ever
 *
 * An index names its codebook by 16 hexadecimal digits, the XXH3-64 of these bytes. Files of
 * models/ that were ever released stay linked in: indexes ask for them by that name.
 */
#ifndef LEANN_BASE_SHIPPED_H
#define LEANN_BASE_SHIPPED_H

#include <stddef.h>
#include <stdint.h>

struct shipped {
	const char *model; /* for people */
	const char *sha256[4]; /* the model's identity in each precision, NULL behind the last */
	const uint8_t *p;
	size_t n;
};

/* The codebook for a model, by the identity that streams and indexes have; NULL: none. */
const struct shipped *shipped_for(const char *model_sha256);
/* By name; NULL: this program does not have it. */
const struct shipped *shipped_named(const char *name);
/* The one of exactly these bytes, or NULL. */
const struct shipped *shipped_same(const uint8_t *p, size_t n);
void shipped_name(const struct shipped *s, char out[17]);

#endif
