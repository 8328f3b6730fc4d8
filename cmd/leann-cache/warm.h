/* warm: read indexes ahead, and say what was read and what was left. */
#ifndef LEANN_CACHE_WARM_H
#define LEANN_CACHE_WARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct warm_opts {
	uint64_t max_bytes;		/* of all indexes that may be read; 0: leann_warm()'s */
	bool index_only;		/* leave the embedding server alone */
};

int warm(char *const *paths, size_t n, const struct warm_opts *o, struct err *e) MUST_CHECK;

#endif
