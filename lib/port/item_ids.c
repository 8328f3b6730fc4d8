/* Ids that no two passages have; see items.h. */
#include <inttypes.h>

#include "base/hash.h"
#include "base/mem.h"
#include "port/items.h"

/* Its place, or that of the empty slot it would have. */
static size_t place_of(const struct item_ids *s, uint64_t h)
{
	size_t i = (size_t)h & (s->cap - 1);
	while (s->h[i] && s->h[i] != h)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void grow(struct item_ids *s)
{
	struct item_ids t = {.cap = s->cap ? 2 * s->cap : 1024};
	t.h = mem_calloc(t.cap, sizeof *t.h);
	t.last = mem_calloc(t.cap, sizeof *t.last);
	for (size_t i = 0; i < s->cap; i++)
		if (s->h[i]) {
			size_t to = place_of(&t, s->h[i]);
			t.h[to] = s->h[i];
			t.last[to] = s->last[i];
		}
	t.n = s->n;
	mem_free(s->h);
	mem_free(s->last);
	*s = t;
}

static uint64_t hash_of(const struct buf *id)
{
	uint64_t h = hash64(id->p, id->len);
	return h + !h;
}

/* Was it new? Two ids with one hash: the second gets a number that it did not need. */
static bool take(struct item_ids *s, const struct buf *id)
{
	uint64_t h = hash_of(id);
	size_t i;
	if (2 * s->n >= s->cap)
		grow(s);
	i = place_of(s, h);
	if (s->h[i])
		return false;
	s->h[i] = h;
	s->n++;
	return true;
}

void item_ids_make(struct item_ids *s, struct buf *id)
{
	size_t n = id->len;
	uint64_t h = hash_of(id), k = 0;
	if (take(s, id))
		return;
	k = s->last[place_of(s, h)];	/* all up to it are taken: a long line is many passages of one id */
	k = k ? k : 1;
	do {
		id->len = n;
		buf_printf(id, " %" PRIu64, ++k);
	} while (!take(s, id));
	s->last[place_of(s, h)] = k;
}

void item_ids_release(struct item_ids *s)
{
	mem_free(s->h);
	mem_free(s->last);
	*s = (struct item_ids){0};
}
