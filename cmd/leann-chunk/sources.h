/* sources: what sources.c and its neighbours share; see chunk.h. */
#ifndef LEANN_CMD_SOURCES_H
#define LEANN_CMD_SOURCES_H

#include "chunk.h"
#include "sys/walk.h"

/* Index of the root that has this path and is shown so. */
int sources_root(struct sources *s, const char *path, const char *shown, size_t *i,
		 struct err *e) MUST_CHECK;
/* Takes rel and shown over. */
void sources_add(struct sources *s, struct source src, struct counts *counts);
/* All that is taken below a directory; path has no links. */
int sources_dir(struct sources *s, const struct chunk_opts *c, const char *path, const char *shown,
		struct counts *counts, struct err *e) MUST_CHECK;
/* What links of such a directory lead to: follow.c. */
int sources_follow(struct sources *s, const struct chunk_opts *c, const char *path, const char *shown,
		   const struct buf *links, struct counts *counts, struct err *e) MUST_CHECK;
/* How directories are walked. */
struct walk sources_walk(const struct chunk_opts *c);
void sources_warn(void *c, const char *msg);	/* c: const struct chunk_opts */

#endif
