/*
 * Quantisers linked into the programs; see pq_shipped.h.
 *
 * Recall@3 after re-ranking R, parts of 1,200 passages (all 918 of exercism), codes of 24 bytes,
 * shipped beside one of their own (3 x 64, 2 x 64 for exercism: 15 and 10 KB in the index),
 * and the mean cosine of embeddings to what the shipped codes stand for:
 *
 *	            cosine  shipped: 16    24    32    48   trained: 16    24
 *	exercism      .833         .985  .996  .998  .998         .980  .991
 *	pyfunc        .838         .942  .969  .982  .993         .949  .974
 *	squad-sents   .712         .945  .969  .980  .992         .967  .984
 *	scifact       .710         .886  .931  .952  .972         .952  .976
 *
 * Where embeddings are met well, .80 and more, it replaces a trained one at the same R, 24;
 * elsewhere at twice that. Of 2,500 passages the trained one, 3 x 256 by then, is ahead
 * everywhere (pyfunc, 24: .960 beside .971; scifact, 48: .969 beside .979).
 */
#include "algo/pq_shipped.h"

#include "base/le.h"

enum {
	HEAD = 32,
	ROWS_MAX = 1200,
};

/* What leann-index(5) has at the head of a member "pq"; false: n bytes are not one. */
static bool head(const uint8_t *p, size_t n, struct pq *pq)
{
	if (n < HEAD)
		return false;
	*pq = (struct pq){.dim = get_le32(p), .m = get_le32(p + 4), .ksub = get_le32(p + 8),
			  .dsub = get_le32(p + 12), .residual = get_le32(p + 16) != 0,
			  .seed = get_le64(p + 24)};
	size_t drot = pq->m * pq->dsub;
	return !get_le32(p + 20) && pq->ksub && pq->ksub <= PQ_KSUB_MAX && drot && drot <= pq->dim &&
	       n == HEAD + 4 * drot + 4 * pq->m + drot * pq->dim + pq->ksub * drot;
}

bool pq_shipped_fits(const struct pq_params *params, size_t dim, const uint8_t *p, size_t n)
{
	struct pq pq;
	struct pq_shape s;
	struct err ignored;
	if (params->residual || params->bits == 4 || !head(p, n, &pq) || pq.dim != dim ||
	    pq_shape_for(params, ROWS_MAX, dim, &s, &ignored))
		return false;
	return s.m == pq.m && (!params->ksub || params->ksub == pq.ksub) &&
	       (!params->dsub || params->dsub == pq.dsub);
}

bool pq_shipped_serves(size_t n)
{
	return n <= ROWS_MAX;
}

int pq_shipped_load(struct pq *pq, const uint8_t *p, size_t n, struct err *e)
{
	if (!head(p, n, pq))
		return err_set(e, ERR_DATA, "a codebook of %zu bytes: not one of leann-index(5)", n);
	size_t drot = pq->m * pq->dsub;
	const uint8_t *scales = p + HEAD, *rot = scales + 4 * (drot + pq->m);
	pq_load(pq, (const int8_t *)rot, scales, (const int8_t *)rot + drot * pq->dim,
		scales + 4 * drot);
	return 0;
}
