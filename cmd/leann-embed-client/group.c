/* Groups and batches; see group.h. */
#include "group.h"

#include <stdlib.h>

#include "base/mem.h"

struct item *group_add(struct group *g)
{
	if (g->n_items == g->cap_items) {
		g->cap_items = g->cap_items ? 2 * g->cap_items : 64;
		g->items = mem_realloc(g->items, g->cap_items * sizeof *g->items);
	}
	g->items[g->n_items] = (struct item){.off = g->bytes.len};
	return &g->items[g->n_items++];
}

/* The order of lengths, and of the stream among equals. */
static int by_length(const void *a, const void *b)
{
	const struct item *x = *(struct item *const *)a, *y = *(struct item *const *)b;
	if (x->n_tokens != y->n_tokens)
		return x->n_tokens < y->n_tokens ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Cut the sorted chunks into batches of bounded texts and tokens. */
static void cut_batches(struct group *g, const struct window_limits *l)
{
	g->batches = mem_array(g->n_order + 1, sizeof *g->batches);
	for (size_t i = 0; i < g->n_order;) {
		size_t n = 0, n_tokens = 0;
		while (i + n < g->n_order && n < l->batch_texts) {
			n_tokens += g->items[g->order[i + n]].n_tokens;
			if (n && n_tokens > l->batch_tokens)
				break;
			n++;
		}
		g->batches[g->n_batches++] = (struct batch){.g = g, .first = i, .n = n};
		i += n;
	}
}

void group_close(struct group *g, const struct window_limits *l)
{
	struct item **sorted = mem_array(g->n_chunks + 1, sizeof *sorted);
	size_t k = 0;
	for (size_t i = 0; i < g->n_items; i++)
		if (g->items[i].is_chunk && !g->items[i].kept && !g->items[i].again)
			sorted[k++] = &g->items[i];
	qsort(sorted, k, sizeof *sorted, by_length);
	g->order = mem_array(k + 1, sizeof *g->order);
	for (size_t i = 0; i < k; i++)
		g->order[i] = (size_t)(sorted[i] - g->items);
	g->n_order = k;
	mem_free(sorted);
	cut_batches(g, l);
	g->closed = true;
}

void group_free(struct group *g)
{
	for (size_t i = 0; i < g->n_batches; i++)
		mem_free(g->batches[i].rows);
	for (size_t i = g->n_written; i < g->n_items; i++)
		same_drop(g->items[i].same);
	mem_free(g->batches);
	mem_free(g->order);
	mem_free(g->items);
	buf_release(&g->bytes);
	mem_free(g);
}
