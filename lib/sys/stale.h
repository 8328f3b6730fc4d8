/*
 * stale: are the files of an index as they were indexed?
 *
 *	struct stale s = STALE_INIT; s.ix = &ix;
 *	for (i...) if (stale_file(&s, i, &st, e)) ...	-1: as source_passage()
 *	stale_release(&s);
 *
 * A file of the size and time of modification that the index has for it counts as unchanged, and is
 * not read; one of another size as changed; else its bytes decide.
 */
#ifndef LEANN_SYS_STALE_H
#define LEANN_SYS_STALE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "fmt/index.h"
#include "sys/readfile.h"
#include "sys/source.h"

struct stale {
	const struct index *ix;
	const char *root;	/* absolute; the files are below it now; NULL: where they were */
	bool checksum;		/* read every file, whatever its size and time say */
	size_t n_read;		/* files whose bytes were read, added up */
	struct index_paths paths;	/* its path: of the latest file, relative to its root */
	/* private */
	struct buf bytes, at;
	struct readfile rf;
};
#define STALE_INIT {.rf = READFILE_INIT, .paths = INDEX_PATHS_INIT}

/* Not SOURCE_RECUT; stored and removed files are fresh. Ask in ascending order. */
int stale_file(struct stale *s, size_t i, enum source_status *out, struct err *e) MUST_CHECK;
void stale_release(struct stale *s);

#endif
