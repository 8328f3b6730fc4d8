/*
 * tok_trie: the vocabulary as a double-array trie (Aoe 1989): one step a byte is one addition,
 * one load and one comparison. Two roots: whole words and starts of words, and continuations
 * (entries with their "##" taken off).
 */
#ifndef LEANN_NN_TOK_TRIE_H
#define LEANN_NN_TOK_TRIE_H

#include <stddef.h>
#include <stdint.h>

#define TRIE_NONE UINT32_MAX

struct trie_slot {
	uint32_t base;		/* children of this node are at base + byte */
	uint32_t check;		/* its parent, TRIE_NONE: free */
	uint32_t id;		/* token that ends here, TRIE_NONE: none */
};

struct trie {
	struct trie_slot *slots;	/* padded: base + 255 is always inside */
	uint32_t n_slots;
	uint32_t root_start, root_cont;
};

struct trie_word {
	const uint8_t *p;	/* borrowed while building */
	uint32_t n, id;
};

/* Words in any order; of equal ones the last wins. prefix marks continuations. Sorts the words. */
void trie_build(struct trie *t, struct trie_word *words, size_t n_words, const char *prefix);
void trie_release(struct trie *t);

/* Bytes of the longest entry under root that starts p (0: none); its id in *id. */
static inline size_t trie_longest(const struct trie *t, uint32_t root, const uint8_t *p, size_t n,
				  uint32_t *id)
{
	uint32_t s = root;
	size_t best = 0;
	for (size_t i = 0; i < n;) {
		uint32_t next = t->slots[s].base + p[i];
		if (t->slots[next].check != s)
			break;
		s = next;
		i++;
		if (t->slots[s].id != TRIE_NONE) {
			best = i;
			*id = t->slots[s].id;
		}
	}
	return best;
}

#endif
