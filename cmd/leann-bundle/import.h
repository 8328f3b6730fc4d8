/* import: what an index from elsewhere needs on this machine. */
#ifndef LEANN_BUNDLE_IMPORT_H
#define LEANN_BUNDLE_IMPORT_H

#include "base/js.h"
#include "fmt/index.h"

/*
 * Is the model of the index on this machine, as it was? model: name or folder, NULL: the index's. ""
 * when it is, else "missing" or "other", and what to do in *todo, appended.
 */
const char *model_state(const struct index *ix, const char *model, struct js *todo);
/*
 * The roots of the manifest m with dir (absolute) for the deepest folder that all of them are below
 * or are: set in m.
 */
int roots_move(struct js *m, const char *dir, struct err *e) MUST_CHECK;

#endif
