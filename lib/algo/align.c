/* See align.h. */
#include "algo/align.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

struct pair {
	uint64_t key;			/* of an item and the one after it */
	uint32_t at;
};

struct anchor {				/* a pair that is once in old and once in new */
	uint32_t old, neu;
};

static int by_key(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	return x->key != y->key ? (x->key < y->key ? -1 : 1) : (x->at > y->at) - (x->at < y->at);
}

static int by_new(const void *a, const void *b)
{
	const struct anchor *x = a, *y = b;
	return (x->neu > y->neu) - (x->neu < y->neu);
}

/* The pairs within from..to, by key. */
static struct pair *pairs_of(const uint64_t *key, size_t from, size_t to, size_t *n)
{
	*n = to - from < 2 ? 0 : to - from - 1;
	struct pair *p = mem_array(*n + 1, sizeof *p);
	for (size_t i = 0; i < *n; i++)
		p[i] = (struct pair){hash64(key + from + i, 2 * sizeof *key), (uint32_t)(from + i)};
	qsort(p, *n, sizeof *p, by_key);
	return p;
}

static size_t run_of(const struct pair *p, size_t i, size_t n)
{
	size_t k = i + 1;
	while (k < n && p[k].key == p[i].key)
		k++;
	return k - i;
}

static size_t find_anchors(const struct pair *old, size_t n_old, const struct pair *neu, size_t n_new,
			   struct anchor *out)
{
	size_t n = 0;
	for (size_t i = 0, k = 0; i < n_old && k < n_new;) {
		size_t n_i = run_of(old, i, n_old), n_k = run_of(neu, k, n_new);
		if (old[i].key < neu[k].key) {
			i += n_i;
		} else if (old[i].key > neu[k].key) {
			k += n_k;
		} else {
			if (n_i == 1 && n_k == 1)
				out[n++] = (struct anchor){old[i].at, neu[k].at};
			i += n_i;
			k += n_k;
		}
	}
	qsort(out, n, sizeof *out, by_new);
	return n;
}

/* The longest run of anchors whose old numbers ascend, moved to the front; how many these are. */
static size_t ascending(struct anchor *a, size_t n)
{
	uint32_t *top = mem_array(n + 1, sizeof *top), *before = mem_array(n + 1, sizeof *before);
	size_t n_top = 0;
	for (size_t i = 0; i < n; i++) {
		size_t lo = 0, hi = n_top;
		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;
			if (a[top[mid]].old < a[i].old)
				lo = mid + 1;
			else
				hi = mid;
		}
		before[i] = lo ? top[lo - 1] : UINT32_MAX;
		top[lo] = (uint32_t)i;
		n_top = lo == n_top ? n_top + 1 : n_top;
	}
	struct anchor *kept = mem_array(n_top + 1, sizeof *kept);
	uint32_t at = n_top ? top[n_top - 1] : 0;
	for (size_t i = n_top; i-- > 0; at = before[at])
		kept[i] = a[at];
	for (size_t i = 0; i < n_top; i++)
		a[i] = kept[i];
	mem_free(kept);
	mem_free(top);
	mem_free(before);
	return n_top;
}

/* Each anchor, and its equal neighbours, of what lies between lo_* and hi_*. */
static void spread(const uint64_t *old, const uint64_t *neu, const struct anchor *a, size_t n,
		   const size_t lo[2], const size_t hi[2], uint32_t *from)
{
	size_t next_old = lo[0], next_new = lo[1];	/* taken are those below */
	for (size_t k = 0; k < n; k++) {
		size_t o = a[k].old, w = a[k].neu;
		if (o < next_old || w < next_new)
			continue;
		while (o > next_old && w > next_new && old[o - 1] == neu[w - 1]) {
			o--;
			w--;
		}
		for (; o < hi[0] && w < hi[1] && old[o] == neu[w]; o++, w++)
			from[w] = (uint32_t)o;
		next_old = o;
		next_new = w;
	}
}

void align_keys(const uint64_t *old, size_t n_old, const uint64_t *neu, size_t n_new, uint32_t *from)
{
	size_t lo = 0, hi[2] = {n_old, n_new}, n_pairs[2];
	for (size_t i = 0; i < n_new; i++)
		from[i] = ALIGN_NONE;
	for (; lo < n_old && lo < n_new && old[lo] == neu[lo]; lo++)
		from[lo] = (uint32_t)lo;
	while (hi[0] > lo && hi[1] > lo && old[hi[0] - 1] == neu[hi[1] - 1])
		from[--hi[1]] = (uint32_t)--hi[0];
	struct pair *p = pairs_of(old, lo, hi[0], &n_pairs[0]), *q = pairs_of(neu, lo, hi[1], &n_pairs[1]);
	size_t most = n_pairs[0] < n_pairs[1] ? n_pairs[0] : n_pairs[1];
	struct anchor *a = mem_array(most + 1, sizeof *a);
	size_t n = find_anchors(p, n_pairs[0], q, n_pairs[1], a);
	n = ascending(a, n);
	spread(old, neu, a, n, (const size_t[2]){lo, lo}, hi, from);
	mem_free(a);
	mem_free(p);
	mem_free(q);
}
