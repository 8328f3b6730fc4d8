/*
 * names: byte strings and a number for each, found by hash.
 *
 *	struct names n = NAMES_INIT;
 *	names_put(&n, p, len, 7);		a later number for the same string replaces the first
 *	i = names_get(&n, p, len);		NAMES_NONE: not there
 *	names_release(&n);
 *
 * Reading from several threads at once is safe.
 */
#ifndef LEANN_BASE_NAMES_H
#define LEANN_BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define NAMES_NONE UINT32_MAX

struct names_item {
	size_t at, len;			/* in bytes; a NUL follows */
	uint32_t value;
};

struct names {
	struct buf bytes;
	struct names_item *item;
	size_t n, cap;
	size_t *slot;			/* (n_slots) item + 1; 0: empty */
	size_t n_slots;
};
#define NAMES_INIT {.bytes = BUF_INIT}

void names_put(struct names *n, const void *p, size_t len, uint32_t value);
/* Is it there? Then *value is its number. */
bool names_has(const struct names *n, const void *p, size_t len, uint32_t *value);
uint32_t names_get(const struct names *n, const void *p, size_t len);
/* String i in the order of names_put(), NUL-terminated. */
static inline const char *names_at(const struct names *n, size_t i)
{
	return (const char *)n->bytes.p + n->item[i].at;
}
void names_release(struct names *n);

#endif
