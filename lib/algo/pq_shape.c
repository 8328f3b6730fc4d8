/*
 * The shape of the codes: how many sub-vectors, dimensions and centroids; see pq.h.
 *
 * The model is a fixed cost of m dsub (dim + ksub) numbers: 124 KB at a byte each for 24 x 8 x
 * 256 at 384 dimensions, which is much for a small collection. Rotation and centroids need no
 * bytes, though: with 15 levels for the one and 31 for the other, which leaves 3.7 and 4.5 bits
 * once packed, recall@3 after re-ranking 16 is that of 255 levels within the error of measuring
 * (5 x 256, 5,000 passages: scifact .971 beside .972, squad-sents .976 and .972, pyfunc .963 and
 * .966). A collection of n rows may spend 5 n + 24 dim bytes; where that is too little
 * dimensions and centroids go. Mean of the three sets, 2,500 passages, re-ranking 16:
 *
 *	8 x 128  6 x 256  5 x 256  6 x 128  5 x 128  4 x 128  3 x 256  3 x 128  3 x 64  2 x 64
 *	.967     .980     .978     .967     .973     .964     .955     .947     .936    .878
 *
 * Of 4-bit codes a sub-vector is two halves: dsub is even, and centroids cost 16 a dimension.
 */
#include <stdbool.h>
#include <stdio.h>

#include "algo/pq.h"

enum {
	DSUB = 8, /* dimensions a sub-vector where dim has room: 8 bits for 8 dimensions */
	RECORD_MAX = 15 << 20, /* the model travels in one record of a stream */
	BUDGET_ROW = 5, /* bytes */
	BUDGET_DIM = 24, /* bytes: 9 KB at 384 */
	FINE = 127, /* largest magnitude of an entry: 255 levels */
	COARSE_ROT = 7,
	COARSE_CENT = 15,
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

/* What a model takes in an index, about: a byte an entry, or 3.7 and 4.5 bits of coarse ones. */
static size_t cost(const struct pq_shape *s, size_t book, size_t dim)
{
	size_t n_rot = s->m * s->dsub * dim, n_cent = s->m * s->dsub * book;
	return s->rot_top == FINE ? n_rot + n_cent : (n_rot * 37 + n_cent * 45) / 80;
}

/* The richest model within the budget, else the cheapest of all. */
static void fit_budget(size_t n, size_t dim, size_t dsub_max, bool nibbles, struct pq_shape *s)
{
	/* dsub 0: all there are */
	static const struct {
		size_t dsub, ksub;
		bool fine;
	} step[] = {{0, 256, true},  {0, 256, false}, {6, 256, false}, {5, 256, false},
		    {5, 128, false}, {4, 128, false}, {3, 128, false}, {3, 64, false},
		    {2, 64, false},  {2, 32, false},  {1, 64, false},  {1, 16, false}};
	for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
		size_t n_cent = nibbles ? PQ_NIBBLE : step[i].ksub;
		if (step[i].dsub > dsub_max || (nibbles && step[i].dsub % 2))
			continue;
		s->dsub = step[i].dsub ? step[i].dsub : dsub_max;
		s->ksub = nibbles ? PQ_KSUB_MAX : step[i].ksub;
		s->rot_top = step[i].fine ? FINE : COARSE_ROT;
		s->cent_top = step[i].fine ? FINE : COARSE_CENT;
		if (cost(s, n_cent, dim) <= BUDGET_ROW * n + BUDGET_DIM * dim)
			break;
	}
}

int pq_shape_for(const struct pq_params *p, size_t n, size_t dim, struct pq_shape *s, struct err *e)
{
	bool nibbles = p->bits == 4;
	size_t dsub;
	if (p->bits && p->bits != 4 && p->bits != 8)
		return err_set(e, ERR_USAGE, "codes of %zu-bit numbers: want 8 or 4", p->bits);
	*s = (struct pq_shape){.m = p->m ? p->m : dim / 16 ? dim / 16 : 1, .rot_top = FINE, .cent_top = FINE};
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
