/* write: the finished index as one file. */
#ifndef LEANN_GRAPH_WRITE_H
#define LEANN_GRAPH_WRITE_H

#include "base/js.h"
#include "base/shipped.h"
#include "build.h"

/* path's lock is held by the caller. */
int write_index(const char *path, struct collect *c, const struct build *b,
		const struct build_settings *s, struct err *e) MUST_CHECK;

/*
 * The keys of the manifest that bundle_write() does not make itself, into the object m. codebook:
 * that of the program which stands for member pq, or NULL.
 */
int make_manifest(struct js *m, const struct collect *c, const struct build *b,
		  const struct build_settings *s, const struct shipped *codebook,
		  struct err *e) MUST_CHECK;

#endif
