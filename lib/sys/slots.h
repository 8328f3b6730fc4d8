/*
 * slots: a cache in a file of bounded size, shared by programs that run at the same time, without
 * locks: leann-cache(5). Nothing about it is an error: what cannot be read was not there.
 *
 *	struct slots *s = slots_open(path, n_slots, value_max);	NULL: no cache
 *	if (!slots_get(s, &key, value, &n)) { ... slots_put(s, &key, value, n); }
 *	slots_close(s);
 *
 * A key has one of four places; the one written longest ago is replaced. A value written by half
 * is known by its checksum. All functions take NULL for s.
 */
#ifndef LEANN_SYS_SLOTS_H
#define LEANN_SYS_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLOTS_VALUE_MAX = 1 << 16, SLOTS_MAX = 1 << 20 };

struct slots;

struct slots_key {
	uint64_t h[2];
};

/* n_slots: a multiple of 4, up to SLOTS_MAX. A file of another shape is made anew. */
struct slots *slots_open(const char *path, size_t n_slots, size_t value_max);
void slots_close(struct slots *s);
/* value has room for value_max bytes. */
bool slots_get(struct slots *s, const struct slots_key *k, void *value, size_t *n);
void slots_put(struct slots *s, const struct slots_key *k, const void *value, size_t n);
/* Count that k was asked for; was it before, so that it may be worth a place? */
bool slots_again(struct slots *s, const struct slots_key *k);

struct slots_stat {
	uint64_t n_slots, n_used, used_bytes, max_bytes, n_hits, n_misses;
};
/* False: no cache there. */
bool slots_stat(const char *path, struct slots_stat *st);

#endif
