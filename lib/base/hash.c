/* XXH3-64 behind our own names. */
#include "base/hash.h"

#include <xxhash.h>

#include "base/mem.h"

uint64_t hash64(const void *p, size_t n)
{
	return XXH3_64bits(p, n);
}

void hash128(const void *p, size_t n, uint64_t out[2])
{
	XXH128_hash_t h = XXH3_128bits(p, n);
	out[0] = h.low64;
	out[1] = h.high64;
}

struct hash *hash_new(void)
{
	XXH3_state_t *s = XXH3_createState();
	if (!s)
		mem_none("a checksum");
	XXH3_64bits_reset(s);
	return (struct hash *)s;
}

void hash_add(struct hash *h, const void *p, size_t n)
{
	XXH3_64bits_update((XXH3_state_t *)h, p, n);
}

uint64_t hash_get(const struct hash *h)
{
	return XXH3_64bits_digest((const XXH3_state_t *)h);
}

void hash_free(struct hash *h)
{
	XXH3_freeState((XXH3_state_t *)h);
}
