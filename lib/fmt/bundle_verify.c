/* Every checksum and tar header of a bundle; see bundle.h. */
#include <string.h>

#include "base/hash.h"
#include "fmt/bundle.h"
#include "fmt/bundle_manifest.h"
#include "fmt/tar.h"

int bundle_verify(const struct bundle *b, struct err *e)
{
	for (size_t i = 0; i < b->n_members; i++) {
		const struct bundle_member *m = &b->member[i];
		uint8_t want[TAR_BLOCK];
		uint64_t x = hash64(m->p - TAR_BLOCK, (size_t)(TAR_BLOCK + tar_padded(m->n)));
		if (x != m->xxh3)
			return bundle_damaged(b, e,
				       "checksum of member %s: %016llx, the manifest says %016llx",
				       m->name, (unsigned long long)x, (unsigned long long)m->xxh3);
		if (tar_header(m->name, m->n, want, e))
			return -1;
		if (memcmp(want, m->p - TAR_BLOCK, TAR_BLOCK))
			return bundle_damaged(b, e, "tar header of member %s disagrees with the manifest",
				       m->name);
	}
	for (size_t i = b->n_map - TAR_TAIL; i < b->n_map; i++)
		if (b->map[i])
			return bundle_damaged(b, e, "byte %zu after the last member is not 0", i);
	return 0;
}
