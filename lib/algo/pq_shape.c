/*
 * The shape of the codes: how many sub-vectors, dimensions and centroids; see pq.h.
 *
 * The model is a fixed cost: m dsub (dim + ksub) bytes, 124 KB for 24 x 8 x 256 at 384
 * dimensions. A collection of n rows may spend 12 n + 54 dim bytes on it. Smaller models
 * lose dimensions first: measured on 2,000 sentences at 24 bytes a code, recall@3 after
 * re-ranking 16 is .995 (8 x 256: 124 KB), .985 (4 x 256: 62 KB), .973 (3 x 256: 46 KB),
 * .962 (3 x 64: 33 KB), .927 (2 x 64: 22 KB), where 8 x 16 (78 KB) has .923.
 *
 * Of 4-bit codes a sub-vector is two halves: dsub is even, and centroids cost 16 a dimension.
 */
#include <stdio.h>

#include "algo/pq.h"

enum {
	DSUB = 8, /* dimensions a sub-vector where dim has room: 8 bits for 8 dimensions */
	RECORD_MAX = 15 << 20, /* the model travels in one record of a stream */
	BUDGET_ROW = 12, /* bytes */
	BUDGET_DIM = 54, /* bytes: 20 KB at 384 */
};

/*
 * m sub-vectors of 8 dimensions, or of dim / m where m divides dim; 0: cannot be served. nibbles:
 * two halves.
 */
static size_t dsub_for(size_t m, size_t dim, bool nibbles)
{
	size_t dsub = m * DSUB <= dim ? DSUB : m && dim % m == 0 ? dim / m : 0;
	if (nibbles && dsub % 2)
		return 0;
	return m && m * dsub * (dim + PQ_KSUB_MAX) <= RECORD_MAX ? dsub : 0;
}

/* "1 to 48, 64, 96": runs of what can be served. */
static int bad_m(size_t m, size_t dim, bool nibbles, struct err *e)
{
	char list[400] = "none";
	size_t n = 0;
	for (size_t i = 1; i <= dim && n < sizeof list - 40; i++) {
		size_t first = i;
		if (!dsub_for(i, dim, nibbles))
			continue;
		while (i < dim && dsub_for(i + 1, dim, nibbles))
			i++;
		n += (size_t)snprintf(list + n, sizeof list - n, "%s%zu", n ? ", " : "", first);
		if (i > first)
			n += (size_t)snprintf(list + n, sizeof list - n, " to %zu", i);
	}
	return err_set(e, ERR_USAGE, "%zu sub-vectors of %zu dimensions cannot be served%s: take %s", m, dim,
		       nibbles ? " by 4-bit codes" : "", list);
}

/* The richest model within the budget, else the cheapest of all. */
static void fit_budget(size_t n, size_t dim, size_t dsub_max, bool nibbles, struct pq_shape *s)
{
	static const struct {
		size_t dsub, ksub;
	} step[] = {{8, 256}, {7, 256}, {6, 256}, {5, 256}, {4, 256}, {3, 256}, {3, 128},
		    {3, 64},  {2, 64},	{2, 32},  {2, 16},  {1, 64},  {1, 16}};
	for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
		size_t n_cent = nibbles ? PQ_NIBBLE : step[i].ksub;
		if (step[i].dsub > dsub_max || (nibbles && step[i].dsub % 2))
			continue;
		s->dsub = step[i].dsub;
		s->ksub = nibbles ? PQ_KSUB_MAX : step[i].ksub;
		if (s->m * s->dsub * (dim + n_cent) <= BUDGET_ROW * n + BUDGET_DIM * dim)
			break;
	}
}

int pq_shape_for(const struct pq_params *p, size_t n, size_t dim, struct pq_shape *s, struct err *e)
{
	bool nibbles = p->bits == 4;
	size_t dsub;
	if (p->bits && p->bits != 4 && p->bits != 8)
		return err_set(e, ERR_USAGE, "codes of %zu-bit numbers: want 8 or 4", p->bits);
	*s = (struct pq_shape){.m = p->m ? p->m : dim / 16 ? dim / 16 : 1};
	while (!p->m && s->m > 1 && !dsub_for(s->m, dim, nibbles))
		s->m--;
	dsub = dsub_for(s->m, dim, nibbles);
	if (!dsub)
		return bad_m(s->m, dim, nibbles, e);
	if (nibbles && p->ksub && p->ksub != PQ_NIBBLE)
		return err_set(e, ERR_USAGE, "4-bit codes with codebooks of %zu: want %d", p->ksub,
			       PQ_NIBBLE);
	if (nibbles && p->dsub % 2)
		return bad_m(s->m, dim, nibbles, e);
	if (p->ksub > PQ_KSUB_MAX || p->dsub > dim / s->m)
		return err_set(e, ERR_USAGE,
			       "%zu sub-vectors of %zu dimensions with %zu centroids: at most "
			       "%zu dimensions and %d centroids can be had",
			       s->m, p->dsub, p->ksub, dim / s->m, PQ_KSUB_MAX);
	if (p->ksub) {
		s->ksub = nibbles ? PQ_KSUB_MAX : p->ksub;
		s->dsub = dsub;
	} else {
		fit_budget(n, dim, dsub, nibbles, s);
	}
	if (p->dsub)
		s->dsub = p->dsub;
	return 0;
}
