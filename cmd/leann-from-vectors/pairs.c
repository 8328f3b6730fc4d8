/* Texts and their embeddings; see pairs.h. */
#include "pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int by_id(const void *a, const void *b)
{
	int64_t x = ((const struct pair *)a)->id, y = ((const struct pair *)b)->id;
	return x < y ? -1 : x > y;
}

int pairs_open(struct pairs *p, const struct vecfile *v, struct err *e)
{
	*p = (struct pairs){.v = v};
	if (!v->ids)
		return 0;
	p->by_id = mem_array(v->n ? v->n : 1, sizeof *p->by_id);
	for (size_t i = 0; i < v->n; i++)
		p->by_id[i] = (struct pair){vecfile_id(v, i), (uint32_t)i};
	qsort(p->by_id, v->n, sizeof *p->by_id, by_id);
	for (size_t i = 1; i < v->n; i++)
		if (p->by_id[i].id == p->by_id[i - 1].id)
			return err_set(e, ERR_DATA, "id %lld has two embeddings", (long long)p->by_id[i].id);
	return 0;
}

/* The record's id as a number of 64 bits, a string or not. */
static int number_of(const struct jsonl_in *r, int64_t *id, struct err *e)
{
	const struct member *m = members_get(&r->members, "id");
	char s[24], *end;
	size_t quote = m && *m->value == '"', n = m ? m->n - 2 * quote : 0;
	if (n && n < sizeof s) {
		memcpy(s, m->value + quote, n);
		s[n] = 0;
		errno = 0;
		*id = strtoll(s, &end, 10);
		if (!*end && !errno && !strchr(" \t+", *s))
			return 0;
	}
	return err_set(e, ERR_DATA, "its id is no integer: the embeddings go by those of FAISS");
}

int pairs_next(struct pairs *p, const struct jsonl_in *r, size_t *row, struct err *e)
{
	struct pair key = {0};
	if (!p->by_id) {
		if (p->n_used == p->v->n)
			return err_set(e, ERR_DATA, "there are %zu embeddings, and more texts", p->v->n);
		*row = p->n_used++;
		return 0;
	}
	if (number_of(r, &key.id, e))
		return -1;
	const struct pair *got = bsearch(&key, p->by_id, p->v->n, sizeof key, by_id);
	if (!got)
		return err_set(e, ERR_DATA, "no embedding has id %lld", (long long)key.id);
	p->n_used++;			/* ids are all different, or import_add() says so */
	*row = got->row;
	return 0;
}

int pairs_end(const struct pairs *p, struct err *e)
{
	if (p->n_used != p->v->n)
		return err_set(e, ERR_DATA, "there are %zu embeddings, and %zu texts", p->v->n, p->n_used);
	return 0;
}

void pairs_release(struct pairs *p)
{
	mem_free(p->by_id);
	*p = (struct pairs){0};
}
