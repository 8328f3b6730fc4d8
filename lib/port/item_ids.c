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
	for (size_t i = 0; i < s->cap; i++)
		if (s->h[i])
			t.h[place_of(&t, s->h[i])] = s->h[i];
	t.n = s->n;
	mem_free(s->h);
	*s = t;
}

/* Was it new? Two ids with one hash: the second gets a number that it did not need. */
static bool take(struct item_ids *s, const struct buf *id)
{
	uint64_t h = hash64(id->p, id->len);
	size_t i;
	if (2 * s->n >= s->cap)
		grow(s);
	h += !h;
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
	for (uint64_t k = 2; !take(s, id); k++) {
		id->len = n;
		buf_printf(id, " %" PRIu64, k);
	}
}

void item_ids_release(struct item_ids *s)
{
	mem_free(s->h);
	*s = (struct item_ids){0};
}
