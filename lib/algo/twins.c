/* Texts that are the same: an open hash table of their 128-bit hashes; see twins.h. */
#include "algo/twins.h"

#include "base/hash.h"
#include "base/mem.h"

struct twin {
	uint64_t h[2];
	uint32_t number1;	/* number + 1; 0: free */
};

struct twins {
	struct twin *slot;	/* (cap), cap a power of two */
	size_t n, cap;
};

struct twins *twins_new(void)
{
	struct twins *t = mem_calloc(1, sizeof *t);
	t->cap = 1024;
	t->slot = mem_calloc(t->cap, sizeof *t->slot);
	return t;
}

void twins_free(struct twins *t)
{
	if (t)
		mem_free(t->slot);
	mem_free(t);
}

/* The slot of h, or the free one where it would be. */
static struct twin *find(const struct twins *t, const uint64_t h[2])
{
	size_t i = (size_t)h[0] & (t->cap - 1);
	while (t->slot[i].number1 && (t->slot[i].h[0] != h[0] || t->slot[i].h[1] != h[1]))
		i = (i + 1) & (t->cap - 1);
	return &t->slot[i];
}

static void grow(struct twins *t)
{
	struct twins big = {mem_calloc(2 * t->cap, sizeof *big.slot), t->n, 2 * t->cap};
	for (size_t i = 0; i < t->cap; i++)
		if (t->slot[i].number1)
			*find(&big, t->slot[i].h) = t->slot[i];
	mem_free(t->slot);
	*t = big;
}

uint32_t twins_add(struct twins *t, const char *text, size_t n, uint32_t number)
{
	uint64_t h[2];
	hash128(text, n, h);
	struct twin *s = find(t, h);
	if (s->number1)
		return s->number1 - 1;
	*s = (struct twin){{h[0], h[1]}, number + 1};
	if (++t->n > t->cap / 4 * 3)
		grow(t);
	return number;
}
