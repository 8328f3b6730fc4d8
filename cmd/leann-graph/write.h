/* write: the finished index as one file. */
#ifndef LEANN_GRAPH_WRITE_H
#define LEANN_GRAPH_WRITE_H

#include "build.h"

/* path's lock is held by the caller. */
int write_index(const char *path, struct collect *c, const struct build *b, const struct build_settings *s,
		struct err *e) MUST_CHECK;

#endif
