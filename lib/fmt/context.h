/*
 * context: where a passage is, as a line before its text in what is embedded: leann-stream(5), "Context".
 *
 *	context_put(CONTEXT_FULL, flags, path, n_path, &meta, &out);	"notes/bread.md > Baking\n", or nothing
 *
 * The same path and metadata give the same bytes wherever it is made: when a file is cut, and when a
 * passage is embedded again.
 */
#ifndef LEANN_FMT_CONTEXT_H
#define LEANN_FMT_CONTEXT_H

#include "base/buf.h"
#include "base/err.h"
#include "fmt/index.h"
#include "fmt/meta.h"

/* Values stay inside one process; names are on disk and on pipes. */
enum context { CONTEXT_NONE, CONTEXT_PATH, CONTEXT_FULL, CONTEXT_N };
extern const char *const context_names[];	/* "none", "path", "full" */

enum {
	CONTEXT_TOKENS = 32,		/* of a passage's limit that its own text leaves */
	CONTEXT_PATH_WEIGHT = 20,	/* of the path; the line: CONTEXT_TOKENS */
	CONTEXT_COMPONENTS = 3,		/* of the path, its last ones */
};

/* The value of that name, n bytes; CONTEXT_N: there is none. */
enum context context_named(const char *name, size_t n);
/* From a stream's header. A word that is not known is an error. */
int context_of_head(const struct shead *h, enum context *out, struct err *e) MUST_CHECK;
/* From an index's manifest, likewise. */
int context_of_index(const struct index *ix, enum context *out, struct err *e) MUST_CHECK;
/*
 * Append the line: of a passage whose file has these flags (enum file_flag) and this path below its root, and
 * metadata m.
 */
void context_put(enum context c, unsigned flags, const void *path, size_t n_path,
		 const struct meta *m, struct buf *out);

#endif
