/* Texts that came before: a table with four places a hash; see same.h. */
#include "same.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

enum {
	N_PLACES = 16384,	/* vectors of 384 numbers: 24 MiB */
	WAYS = 4,
};

struct same_text {
	size_t n_refs;
	float *vec;
};

struct place {
	struct journal_key key;
	struct same_text *t;		/* NULL: none */
	uint32_t n_again;		/* each keeps it from one newcomer */
};

struct same {
	struct place p[N_PLACES];
};

struct same *same_new(void)
{
	return mem_calloc(1, sizeof(struct same));
}

void same_drop(struct same_text *t)
{
	if (!t || --t->n_refs)
		return;
	mem_free(t->vec);
	mem_free(t);
}

void same_free(struct same *s)
{
	for (size_t i = 0; s && i < N_PLACES; i++)
		same_drop(s->p[i].t);
	mem_free(s);
}

struct same_text *same_find(struct same *s, const struct journal_key *k, bool *again)
{
	struct place *set = &s->p[k->h[0] % (N_PLACES / WAYS) * WAYS], *p = set;
	*again = false;
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].t && !memcmp(&set[i].key, k, sizeof *k)) {
			*again = true;
			set[i].n_again++;
			set[i].t->n_refs++;
			return set[i].t;
		}
		if (p->t && (!set[i].t || set[i].n_again < p->n_again))
			p = &set[i];
	}
	if (p->n_again) {
		p->n_again--;
		return NULL;
	}
	same_drop(p->t);
	*p = (struct place){*k, mem_calloc(1, sizeof *p->t), 0};
	p->t->n_refs = 2;
	return p->t;
}

void same_give(struct same_text *t, const float *vec, size_t dim)
{
	if (!t || t->n_refs < 2)
		return;
	t->vec = mem_array(dim, sizeof *t->vec);
	memcpy(t->vec, vec, dim * sizeof *vec);
}

const float *same_vec(const struct same_text *t)
{
	return t->vec;
}
