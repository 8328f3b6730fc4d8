/*
 * Pairs of word and group: new ones in the order of passages, and those of before in order of words.
 * When there is no more room the new ones are sorted, each bit string of 11 once (their groups
 * ascend already), and merged with the old. See rare.h.
 */
#include "algo/rare.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

enum { NEW_MIN = 1 << 12, NEW_MAX = 1 << 22, DIGIT = 11, N_DIGITS = 3 };

struct rare {
	size_t most;
	uint64_t *fresh, *scratch;	/* (cap) */
	size_t n_fresh, cap;
	uint64_t *kept;			/* ascending */
	size_t n_kept;
};

struct rare *rare_new(size_t most)
{
	struct rare *r = mem_calloc(1, sizeof *r);
	r->most = most;
	return r;
}

void rare_free(struct rare *r)
{
	if (!r)
		return;
	mem_free(r->fresh);
	mem_free(r->scratch);
	mem_free(r->kept);
	mem_free(r);
}

/* By word; pairs of one word stay in their order. */
static void sort_fresh(struct rare *r)
{
	for (unsigned pass = 0; pass < N_DIGITS; pass++) {
		size_t at[(1 << DIGIT) + 1] = {0};
		unsigned shift = 32 + pass * DIGIT;
		for (size_t i = 0; i < r->n_fresh; i++)
			at[(r->fresh[i] >> shift & ((1 << DIGIT) - 1)) + 1]++;
		for (size_t i = 1; i <= 1 << DIGIT; i++)
			at[i] += at[i - 1];
		for (size_t i = 0; i < r->n_fresh; i++)
			r->scratch[at[r->fresh[i] >> shift & ((1 << DIGIT) - 1)]++] = r->fresh[i];
		uint64_t *t = r->fresh;
		r->fresh = r->scratch;
		r->scratch = t;
	}
}

/* Kept and fresh pairs as one, each once, at most most + 1 of a word. */
static void settle(struct rare *r)
{
	if (!r->n_fresh)
		return;
	sort_fresh(r);
	uint64_t *all = mem_array(r->n_kept + r->n_fresh, sizeof *all);
	size_t n = 0, of_word = 0, i = 0, j = 0;
	while (i < r->n_kept || j < r->n_fresh) {
		bool old = j == r->n_fresh || (i < r->n_kept && r->kept[i] <= r->fresh[j]);
		uint64_t x = old ? r->kept[i++] : r->fresh[j++];
		if (n && all[n - 1] == x)
			continue;
		of_word = n && all[n - 1] >> 32 == x >> 32 ? of_word + 1 : 1;
		if (of_word <= r->most + 1)
			all[n++] = x;
	}
	mem_free(r->kept);
	r->kept = mem_realloc(all, n * sizeof *all);
	r->n_kept = n;
	r->n_fresh = 0;
}

static void make_room(struct rare *r, size_t n)
{
	size_t want = r->cap ? r->cap : NEW_MIN;
	if (r->n_fresh + n <= r->cap)
		return;
	if (r->n_fresh + n > NEW_MAX)
		settle(r);
	while (want < r->n_fresh + n)
		want *= 2;
	if (want <= r->cap)
		return;
	r->cap = want;
	r->fresh = mem_realloc(r->fresh, want * sizeof *r->fresh);
	mem_free(r->scratch);
	r->scratch = mem_array(want, sizeof *r->scratch);
}

void rare_add(struct rare *r, const struct words *w, uint32_t group)
{
	make_room(r, w->n);
	for (size_t i = 0; i < w->n; i++)
		r->fresh[r->n_fresh++] = w->p[i].hash >> 32 << 32 | group;
}

void rare_add_hashes(struct rare *r, const uint64_t *hash, size_t n, uint32_t group)
{
	make_room(r, n);
	for (size_t i = 0; i < n; i++)
		r->fresh[r->n_fresh++] = hash[i] >> 32 << 32 | group;
}

const uint64_t *rare_pairs(struct rare *r, size_t *n)
{
	settle(r);
	*n = r->n_kept;
	return r->kept;
}
