/* The manifest's own checksum; see bundle_manifest.h. */
#include "fmt/bundle_manifest.h"

#include <string.h>

#include "base/hash.h"
#include "fmt/tar.h"

int manifest_hex(const char *s, uint64_t *v)
{
	*v = 0;
	for (int i = 0; i < 16; i++) {
		char c = s[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return -1;
		*v = *v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return 0;
}

uint64_t manifest_sum(const uint8_t *file, size_t n)
{
	size_t at = TAR_BLOCK + strlen(MANIFEST_HEAD);
	struct hash *h = hash_new();
	hash_add(h, file, at);
	hash_add(h, "0000000000000000", 16);
	hash_add(h, file + at + 16, n - at - 16);
	uint64_t v = hash_get(h);
	hash_free(h);
	return v;
}

uint64_t manifest_sum_said(const uint8_t *file)
{
	uint64_t v;
	const char *s = (const char *)file + TAR_BLOCK + strlen(MANIFEST_HEAD);
	return manifest_hex(s, &v) ? 0 : v;
}
