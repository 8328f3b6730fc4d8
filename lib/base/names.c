/* See names.h. */
#include "base/names.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

/* The slot of the string, or the empty one where it would be. */
static size_t find(const struct names *n, const void *p, size_t len)
{
	size_t mask = n->n_slots - 1, s = (size_t)hash64(p, len) & mask;
	for (; n->slot[s]; s = (s + 1) & mask) {
		const struct names_item *x = &n->item[n->slot[s] - 1];
		if (x->len == len && !memcmp(n->bytes.p + x->at, p, len))
			break;
	}
	return s;
}

static void grow(struct names *n)
{
	mem_free(n->slot);
	n->n_slots = n->n_slots ? 2 * n->n_slots : 64;
	n->slot = mem_calloc(n->n_slots, sizeof *n->slot);
	for (size_t i = 0; i < n->n; i++)
		n->slot[find(n, n->bytes.p + n->item[i].at, n->item[i].len)] = i + 1;
}

void names_put(struct names *n, const void *p, size_t len, uint32_t value)
{
	if (2 * n->n >= n->n_slots)
		grow(n);
	size_t s = find(n, p, len);
	if (n->slot[s]) {
		n->item[n->slot[s] - 1].value = value;
		return;
	}
	if (n->n == n->cap) {
		n->cap = n->cap ? 2 * n->cap : 64;
		n->item = mem_realloc(n->item, n->cap * sizeof *n->item);
	}
	n->item[n->n++] = (struct names_item){n->bytes.len, len, value};
	n->slot[s] = n->n;
	buf_add(&n->bytes, p, len);
	buf_addc(&n->bytes, 0);
}

bool names_has(const struct names *n, const void *p, size_t len, uint32_t *value)
{
	size_t s = n->n_slots ? n->slot[find(n, p, len)] : 0;
	if (s)
		*value = n->item[s - 1].value;
	return s != 0;
}

uint32_t names_get(const struct names *n, const void *p, size_t len)
{
	uint32_t value;
	return names_has(n, p, len, &value) ? value : NAMES_NONE;
}

void names_release(struct names *n)
{
	buf_release(&n->bytes);
	mem_free(n->item);
	mem_free(n->slot);
	*n = (struct names)NAMES_INIT;
}
