/* leann_impl: what is behind the handles of leann.h. */
#ifndef LEANN_SEARCH_LEANN_IMPL_H
#define LEANN_SEARCH_LEANN_IMPL_H

#include "leann.h"
#include "search/engine.h"

struct leann_index {
	struct engine g;
	struct leann_info info;		/* borrows from g */
};

struct leann_filter {
	const struct leann_index *ix;
	uint64_t *allow;
	size_t n;			/* chunks it lets through */
};

/* *from as the caller's *to, which may be NULL; returns -1. */
int leann_fail(struct leann_error *to, const struct err *from);

#endif
