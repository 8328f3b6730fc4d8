/* collection: what can be done to an index that has a name: rename, copy, describe. */
#ifndef LEANN_REGISTRY_COLLECTION_H
#define LEANN_REGISTRY_COLLECTION_H

#include <stdbool.h>

#include "base/err.h"
#include "base/js.h"

/*
 * Call it as. An index that lies with the user's own data under its name, NAME.leann, is renamed
 * with it, under the lock of its writers; any other stays where it is.
 */
int collection_rename(const char *name, const char *as, double wait_s, struct err *e) MUST_CHECK;
/* A copy called as at path (NULL: with the user's own data), and its metadata. ERR_USAGE: it is there. */
int collection_copy(const char *name, const char *as, const char *path, struct err *e) MUST_CHECK;
/*
 * Set changes, if any, to its metadata; then say what it is: as JSON, or for people.
 */
int collection_describe(const char *name, const struct js *changes, bool json, struct err *e) MUST_CHECK;

#endif
