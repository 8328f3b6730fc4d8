/* Encoding rows as product-quantised codes; see pq.h. */
#include "algo/kmeans.h"
#include "algo/pq.h"
#include "base/mem.h"
#include "vec/blas.h"

struct encode_ctx {
	const struct pq *pq;
	const struct anchors *anchors; /* NULL unless residual */
	const uint32_t *assign;
	float *delta; /* (ROWS_TILE, dim) a worker, for residual */
	float *rotated; /* (ROWS_TILE, drot) a worker */
	float *scratch; /* KMEANS_SCRATCH(ksub) a worker */
	uint8_t *codes;
};

static void encode_tile(void *ctx, size_t first, size_t n, const float *x, size_t i_worker)
{
	struct encode_ctx *c = ctx;
	const struct pq *pq = c->pq;
	float *rotated = c->rotated + i_worker * ROWS_TILE * pq->drot;
	float *scratch = c->scratch + i_worker * KMEANS_SCRATCH(pq->ksub);
	uint32_t id[ROWS_TILE];
	if (pq->residual) {
		float *delta = c->delta + i_worker * ROWS_TILE * pq->dim;
		for (size_t i = 0; i < n; i++) {
			const float *a = c->anchors->vec + (size_t)c->assign[first + i] * pq->dim;
			for (size_t d = 0; d < pq->dim; d++)
				delta[i * pq->dim + d] = x[i * pq->dim + d] - a[d];
		}
		x = delta;
	}
	blas_nt(n, pq->drot, pq->dim, 1, x, pq->dim, pq->rotf, pq->dim, 0, rotated, pq->drot);
	for (size_t j = 0; j < pq->m; j++) {
		kmeans_nearest(rotated + j * pq->dsub, n, pq->drot, pq->dsub,
			       pq->centf + j * pq->ksub * pq->dsub, pq->ksub,
			       pq->norms + j * PQ_KSUB_MAX, scratch, id, NULL);
		for (size_t i = 0; i < n; i++)
			c->codes[(first + i) * pq->m + j] = (uint8_t)id[i];
	}
}

int pq_encode(const struct pq *pq, const struct rows *rows, const struct anchors *anchors,
	      const uint32_t *assign, struct par *par, uint8_t *codes, struct err *e)
{
	size_t n_workers = par_n_threads(par);
	struct encode_ctx c = {.pq = pq, .anchors = anchors, .assign = assign, .codes = codes};
	if (pq->residual)
		c.delta = mem_array(n_workers * ROWS_TILE * pq->dim, sizeof *c.delta);
	c.rotated = mem_array(n_workers * ROWS_TILE * pq->drot, sizeof *c.rotated);
	c.scratch = mem_array(n_workers * KMEANS_SCRATCH(pq->ksub), sizeof *c.scratch);
	int r = rows_each(rows, par, encode_tile, &c, e);
	mem_free(c.delta);
	mem_free(c.rotated);
	mem_free(c.scratch);
	return r;
}
