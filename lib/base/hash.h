/*
 * hash: XXH3, whole or streamed (xxhash.h lives in hash.c alone), and sha256 of a file's
 * bytes.
 */
#ifndef LEANN_BASE_HASH_H
#define LEANN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash64(const void *p, size_t n);			/* XXH3, seed 0 */
void hash128(const void *p, size_t n, uint64_t out[2]);		/* the same of 128 bits: low, high */

struct hash;							/* a running XXH3 */
struct hash *hash_new(void);
void hash_add(struct hash *h, const void *p, size_t n);
uint64_t hash_get(const struct hash *h);
void hash_free(struct hash *h);

/* SHA-256 (FIPS 180-4), streamed: model files are pinned by it. */
struct sha256 {
	uint32_t h[8];
	uint64_t n_bytes;
	uint8_t block[64];
};
void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *p, size_t n);
void sha256_bytes(struct sha256 *s, uint8_t out[32]);	/* finishes */
void sha256_hex(struct sha256 *s, char out[65]);		/* finishes; NUL-terminated */

#endif
