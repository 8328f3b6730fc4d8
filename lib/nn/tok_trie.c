/* Building the double-array trie; see tok_trie.h. */
#include "nn/tok_trie.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
	PAD = 256,		/* slots past the last used one */
	TRIES = 48,		/* free places looked at before the end of the array is taken */
};

/* A node whose children are yet to be placed: the words [lo, hi) share their first depth bytes. */
struct todo {
	size_t lo, hi;
	uint32_t slot, depth;
};

struct build {
	struct trie *t;
	const struct trie_word *words;
	uint32_t cap;
	uint32_t *next_free, *prev_free;	/* list of free slots through slot 0, ascending */
	struct todo *todo;
	size_t n_todo, cap_todo;
};

static void grow(struct build *b, uint32_t want)
{
	struct trie *t = b->t;
	if (want <= b->cap)
		return;
	uint32_t cap = b->cap ? b->cap : 4096;
	while (cap < want)
		cap *= 2;
	t->slots = mem_realloc(t->slots, (size_t)cap * sizeof *t->slots);
	b->next_free = mem_realloc(b->next_free, (size_t)cap * sizeof *b->next_free);
	b->prev_free = mem_realloc(b->prev_free, (size_t)cap * sizeof *b->prev_free);
	uint32_t last = b->cap ? b->prev_free[0] : 0;	/* slot 0 is the list's head */
	for (uint32_t i = b->cap; i < cap; i++) {
		t->slots[i] = (struct trie_slot){0, TRIE_NONE, TRIE_NONE};
		if (i) {
			b->next_free[last] = i;
			b->prev_free[i] = last;
			last = i;
		}
	}
	b->next_free[last] = 0;
	b->prev_free[0] = last;
	b->cap = cap;
}

static void take(struct build *b, uint32_t slot, uint32_t parent)
{
	b->next_free[b->prev_free[slot]] = b->next_free[slot];
	b->prev_free[b->next_free[slot]] = b->prev_free[slot];
	b->t->slots[slot].check = parent;
	if (slot >= b->t->n_slots)
		b->t->n_slots = slot + 1;
}

/* A base where all n bytes (ascending) fall on free slots. */
static uint32_t find_base(struct build *b, const uint8_t *bytes, unsigned n)
{
	const struct trie *t = b->t;
	uint32_t f = b->next_free[0];
	for (int i = 0; i < TRIES && f && f + PAD < b->cap; i++, f = b->next_free[f]) {
		if (f <= bytes[0])
			continue;
		uint32_t base = f - bytes[0];
		unsigned j = 1;
		while (j < n && t->slots[base + bytes[j]].check == TRIE_NONE)
			j++;
		if (j == n)
			return base;
	}
	return t->n_slots + 1;
}

static void push(struct build *b, struct todo d)
{
	if (b->n_todo == b->cap_todo) {
		b->cap_todo = b->cap_todo ? b->cap_todo * 2 : 256;
		b->todo = mem_realloc(b->todo, b->cap_todo * sizeof *b->todo);
	}
	b->todo[b->n_todo++] = d;
}

static void place_children(struct build *b, struct todo d)
{
	const struct trie_word *w = b->words;
	size_t from[257], lo = d.lo;
	uint8_t bytes[256];
	unsigned n = 0;
	for (; lo < d.hi && w[lo].n == d.depth; lo++)	/* equal words: the last one's id stays */
		b->t->slots[d.slot].id = w[lo].id;
	for (size_t i = lo; i < d.hi; i++)
		if (i == lo || w[i].p[d.depth] != bytes[n - 1]) {
			from[n] = i;
			bytes[n++] = w[i].p[d.depth];
		}
	if (!n)
		return;
	from[n] = d.hi;
	uint32_t base = find_base(b, bytes, n);
	grow(b, base + 2 * PAD);
	b->t->slots[d.slot].base = base;
	for (unsigned i = 0; i < n; i++)
		take(b, base + bytes[i], d.slot);
	for (unsigned i = n; i-- > 0;)
		push(b, (struct todo){from[i], from[i + 1], base + bytes[i], d.depth + 1});
}

/* A word beside its first 8 bytes, as a number: few comparisons look further. */
struct sorted {
	uint64_t first;
	struct trie_word w;
};

static int by_bytes(const void *va, const void *vb)
{
	const struct sorted *sa = va, *sb = vb;
	const struct trie_word *a = &sa->w, *b = &sb->w;
	if (sa->first != sb->first)
		return sa->first < sb->first ? -1 : 1;
	int c = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);
	if (c)
		return c;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static void sort(struct trie_word *words, size_t n)
{
	struct sorted *s = mem_array(n, sizeof *s);
	for (size_t i = 0; i < n; i++) {
		uint8_t first[8] = {0};
		memcpy(first, words[i].p, words[i].n < 8 ? words[i].n : 8);
		s[i].w = words[i];
		s[i].first = 0;
		for (unsigned j = 0; j < 8; j++)
			s[i].first = s[i].first << 8 | first[j];
	}
	qsort(s, n, sizeof *s, by_bytes);
	for (size_t i = 0; i < n; i++)
		words[i] = s[i].w;
	mem_free(s);
}

static uint32_t add_root(struct build *b, struct trie_word *words, size_t n)
{
	grow(b, b->t->n_slots + 2 * PAD);
	uint32_t root = b->next_free[0];
	take(b, root, root);
	b->words = words;
	push(b, (struct todo){0, n, root, 0});
	while (b->n_todo)
		place_children(b, b->todo[--b->n_todo]);
	b->t->slots[root].id = TRIE_NONE;	/* an empty entry is no token */
	return root;
}

void trie_build(struct trie *t, struct trie_word *words, size_t n_words, const char *prefix)
{
	struct build b = {.t = t};
	size_t n_prefix = strlen(prefix), n_cont = 0;
	*t = (struct trie){0};
	sort(words, n_words);
	t->root_start = add_root(&b, words, n_words);
	/* words that share a prefix stay in order without it */
	struct trie_word *cont = mem_array(n_words, sizeof *cont);
	for (size_t i = 0; i < n_words; i++) {
		const struct trie_word *w = &words[i];
		if (w->n > n_prefix && !memcmp(w->p, prefix, n_prefix))
			cont[n_cont++] = (struct trie_word){w->p + n_prefix,
							    w->n - (uint32_t)n_prefix, w->id};
	}
	t->root_cont = add_root(&b, cont, n_cont);
	grow(&b, t->n_slots + PAD);
	mem_free(cont);
	mem_free(b.todo);
	mem_free(b.next_free);
	mem_free(b.prev_free);
}

void trie_release(struct trie *t)
{
	mem_free(t->slots);
	*t = (struct trie){0};
}
