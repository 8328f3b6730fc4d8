/* Encoding rows as product-quantised codes; see pq.h. */
#include "algo/kmeans.h"
#include "algo/pq.h"
#include "base/mem.h"
#include "vec/blas.h"

struct encode_ctx {
	const struct pq *pq;
	const struct anchors *anchors; /* NULL unless residual */
	const uint32_t *assign;
	const float *norms; /* (n_books, PQ_KSUB_MAX) squared lengths of their entries */
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
	size_t size = pq_book_size(pq), dims = pq_book_dims(pq);
	for (size_t b = 0; b < pq_n_books(pq); b++) {
		kmeans_nearest(rotated + b * dims, n, pq->drot, dims, pq->bookf + b * size * dims,
			       size, c->norms + b * PQ_KSUB_MAX, scratch, id, NULL);
		for (size_t i = 0; i < n; i++) {
			uint8_t *code = c->codes + (first + i) * pq->m;
			if (!pq->nibbles)
				code[b] = (uint8_t)id[i];
			else if (b % 2 == 0)
				code[b / 2] = (uint8_t)id[i];
			else
				code[b / 2] |= (uint8_t)(id[i] * PQ_NIBBLE);
		}
	}
}

static float *book_norms(const struct pq *pq)
{
	size_t size = pq_book_size(pq), dims = pq_book_dims(pq);
	float *norms = mem_array(pq_n_books(pq) * PQ_KSUB_MAX, sizeof *norms);
	for (size_t b = 0; b < pq_n_books(pq); b++)
		for (size_t i = 0; i < size; i++) {
			const float *c = pq->bookf + (b * size + i) * dims;
			norms[b * PQ_KSUB_MAX + i] = pq_dot(c, c, dims);
		}
	return norms;
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
	float *norms = book_norms(pq);
	c.norms = norms;
	int r = rows_each(rows, par, encode_tile, &c, e);
	mem_free(c.delta);
	mem_free(c.rotated);
	mem_free(c.scratch);
	mem_free(norms);
	return r;
}
