/* fresh: are the files of an index as they were indexed? */
#ifndef LEANN_SERVE_FRESH_H
#define LEANN_SERVE_FRESH_H

#include "base/js.h"
#include "fmt/index.h"

enum { FRESH_SOME = 256, FRESH_MANY = 20000 };	/* files to look at */

struct fresh {
	size_t n_looked, n_changed, n_missing;	/* missing: or unreadable */
};

/* Of up to n_max files, spread evenly: by size and time few of them are read. */
int fresh_look(const struct index *ix, size_t n_max, struct fresh *f, struct err *e) MUST_CHECK;
/* looked, changed and missing, as members of o. */
void fresh_set(struct js *o, const struct fresh *f);

#endif
