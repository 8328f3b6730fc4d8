/*
 * registry: the list of a user's indexes, a file of leann-state(5); nothing is ever searched for.
 *
 *	struct registry r;
 *	if (registry_read(&r, e)) ...		no file: no entries
 *	const struct registry_entry *n = registry_by_name(&r, "notes");
 *	registry_release(&r);
 *
 * The functions that change the file do so under a lock and replace it whole.
 */
#ifndef LEANN_SYS_REGISTRY_H
#define LEANN_SYS_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/js.h"

enum {
	REGISTRY_MAX = 4096,		/* entries */
	REGISTRY_META_MAX = 64,		/* keys of one */
	REGISTRY_VALUE_MAX = 1024,	/* bytes of a value */
};

struct registry_entry {
	char *name, *path;	/* name: registry_name_ok(); path: absolute */
	int64_t made_s;		/* since 1970 */
	struct js *meta;	/* what its owner says of it: strings by key; NULL: nothing */
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
/*
 * Call an index as, and say that it is at path now (NULL: where it was). ERR_DATA: no entry has
 * the old name; ERR_USAGE: another has the new one, or it is none.
 */
int registry_rename(const char *name, const char *as, const char *path, struct err *e) MUST_CHECK;
/*
 * Set what changes has to the entry of that name, a key with null to nothing. ERR_DATA: there is no
 * such entry; ERR_USAGE: a key or value that may not be, or too many.
 */
int registry_describe(const char *name, const struct js *changes, struct err *e) MUST_CHECK;

#endif
