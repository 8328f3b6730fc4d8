/*
 * registry: the list of a user's indexes, a file of leann-state(5); nothing is ever searched for.
 *
 *	struct registry r;
 *	if (registry_read(&r, e)) ...		no file: no entries
 *	const struct registry_entry *n = registry_by_name(&r, "notes");
 *	registry_release(&r);
 *
 * registry_add() and registry_drop() change the file under a lock and replace it whole.
 */
#ifndef LEANN_SYS_REGISTRY_H
#define LEANN_SYS_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { REGISTRY_MAX = 4096 };	/* entries */

struct registry_entry {
	char *name, *path;	/* name: registry_name_ok(); path: absolute */
	int64_t made_s;		/* since 1970 */
};

struct registry {
	struct registry_entry *e;	/* n, in the order in which they were added */
	size_t n;
};

int registry_read(struct registry *r, struct err *e) MUST_CHECK;
void registry_release(struct registry *r);
/* NULL: none. */
const struct registry_entry *registry_by_name(const struct registry *r, const char *name);
const struct registry_entry *registry_by_path(const struct registry *r, const char *path);
/* 1 to 200 bytes, UTF-8 without control characters or "/", the first neither "." nor "-". */
bool registry_name_ok(const char *name);

/*
 * Add path, absolute, or note that it was made anew. name NULL: that which it has, else one made of
 * the path, with "-2" behind it when that is taken. ERR_USAGE: another path has that name.
 */
int registry_add(const char *path, const char *name, int64_t now_s, struct err *e) MUST_CHECK;
/* Take path out; that it is not there is fine. */
int registry_drop(const char *path, struct err *e) MUST_CHECK;

#endif
