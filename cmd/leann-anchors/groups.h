/* groups: the language of every chunk as a number, counted in the order in which files come. */
#ifndef LEANN_ANCHORS_GROUPS_H
#define LEANN_ANCHORS_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "fmt/pass.h"

struct groups {
	struct buf names; /* NUL-terminated, end to end */
	size_t n;
	uint16_t last; /* of the latest file */
	struct buf of_chunk; /* u16 a chunk */
};
#define GROUPS_INIT                                                                                \
	{                                                                                          \
		.names = BUF_INIT, .of_chunk = BUF_INIT                                            \
	}

pass_see groups_see; /* ctx: struct groups */
const uint16_t *groups_of_chunks(const struct groups *g); /* NULL when there is no chunk */
void groups_release(struct groups *g);

#endif
