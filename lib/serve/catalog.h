/*
 * catalog: indexes by name, each in its present edition. An index that is published anew is opened
 * by the next who asks for it, while others go on with the one they have; an edition is closed when
 * the last has let go of it, so that no reader sees a mix.
 *
 *	struct catalog *c = catalog_new();
 *	if (catalog_add(c, NULL, "notes.leann", e)) ...
 *	struct edition *ed = catalog_take(c, i);	... ed->ix ...
 *	edition_drop(ed);
 *	catalog_free(c);
 *
 * Any thread may call all of them; an index that is added stays.
 */
#ifndef LEANN_SERVE_CATALOG_H
#define LEANN_SERVE_CATALOG_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "leann.h"

enum { CATALOG_MAX = 256 };	/* indexes */

struct catalog;

/* What a name stood for when it was opened. */
struct edition {
	struct leann_index *ix;
	const char *name, *path;	/* live as the catalog */
	unsigned number;		/* 1 for the first of this name, then upwards */
};

struct catalog *catalog_new(void);
/* Nobody has an edition any more. */
void catalog_free(struct catalog *c);
/*
 * Open the index at path. name NULL: the file's without ".leann", or the folder's for
 * DIR/.leann/index.leann; "-2" and so on behind it where it is taken. ERR_USAGE: a name given is.
 */
int catalog_add(struct catalog *c, const char *name, const char *path, struct err *e) MUST_CHECK;
size_t catalog_n(const struct catalog *c);
/* Its place; no such: CATALOG_MAX, which is no place however many are added. */
size_t catalog_find(const struct catalog *c, const char *name, size_t n_name);
const char *catalog_name(const struct catalog *c, size_t i);
/* The present edition of index i, one more holder; opened now where the file is another. */
struct edition *catalog_take(struct catalog *c, size_t i);
void edition_drop(struct edition *ed);
/* A question to index i took so long; the mean of all since the start, below 0: there was none. */
void catalog_timed(struct catalog *c, size_t i, double ms);
double catalog_mean_ms(const struct catalog *c, size_t i);
/* Why the file that is there now could not be opened, appended to out; nothing: it is served. */
void catalog_trouble(struct catalog *c, size_t i, struct buf *out);

#endif
