/* Product quantisation: storage, encoding, tables; see pq.h. Training is in pq_train.c. */
#include "algo/pq.h"

#include <string.h>

#include "algo/kmeans.h"
#include "base/le.h"
#include "base/mem.h"
#include "vec/blas.h"

void pq_release(struct pq *pq)
{
	mem_free(pq->rot);
	mem_free(pq->rot_scale);
	mem_free(pq->cent);
	mem_free(pq->cent_scale);
	mem_free(pq->rotf);
	mem_free(pq->centf);
	mem_free(pq->norms);
	*pq = (struct pq)PQ_INIT;
}

static void expand(const int8_t *q, size_t n, float scale, float *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (float)q[i] * scale;
}

void pq_load(struct pq *pq, const int8_t *rot, const uint8_t *rot_scale_le, const int8_t *cent,
	     const uint8_t *cent_scale_le)
{
	size_t n_cent = pq->ksub * pq->dsub;
	pq->drot = pq->m * pq->dsub;
	pq->rot = mem_array(pq->drot * pq->dim, 1);
	pq->rot_scale = mem_array(pq->drot, sizeof *pq->rot_scale);
	pq->rotf = mem_array(pq->drot * pq->dim, sizeof *pq->rotf);
	pq->cent = mem_array(pq->m * n_cent, 1);
	pq->cent_scale = mem_array(pq->m, sizeof *pq->cent_scale);
	pq->centf = mem_array(pq->m * n_cent, sizeof *pq->centf);
	pq->norms = mem_calloc(pq->m * PQ_KSUB_MAX, sizeof *pq->norms);
	memcpy(pq->rot, rot, pq->drot * pq->dim);
	memcpy(pq->cent, cent, pq->m * n_cent);
	for (size_t i = 0; i < pq->drot; i++) {
		pq->rot_scale[i] = get_lef32(rot_scale_le + 4 * i);
		expand(rot + i * pq->dim, pq->dim, pq->rot_scale[i], pq->rotf + i * pq->dim);
	}
	for (size_t j = 0; j < pq->m; j++) {
		pq->cent_scale[j] = get_lef32(cent_scale_le + 4 * j);
		expand(cent + j * n_cent, n_cent, pq->cent_scale[j], pq->centf + j * n_cent);
		kmeans_norms(pq->centf + j * n_cent, pq->ksub, pq->dsub,
			     pq->norms + j * PQ_KSUB_MAX);
	}
}

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

void pq_decode(const struct pq *pq, const uint8_t *code, float *out)
{
	for (size_t j = 0; j < pq->m; j++)
		memcpy(out + j * pq->dsub, pq->centf + (j * pq->ksub + code[j]) * pq->dsub,
		       pq->dsub * sizeof *out);
}

void pq_rotate(const struct pq *pq, const float *x, float *out)
{
	blas_nt(1, pq->drot, pq->dim, 1, x, pq->dim, pq->rotf, pq->dim, 0, out, pq->drot);
}

size_t pq_packed_bytes(size_t n, size_t m)
{
	return (n + PQ_BLOCK - 1) / PQ_BLOCK * PQ_BLOCK * m;
}

void pq_pack(const uint8_t *codes, size_t n, size_t m, uint8_t *packed)
{
	memset(packed, 0, pq_packed_bytes(n, m));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m; j++)
			packed[i / PQ_BLOCK * PQ_BLOCK * m + j * PQ_BLOCK + i % PQ_BLOCK] =
				codes[i * m + j];
}

void pq_lut(const struct pq *pq, const float *q, float *lut, float *qrot)
{
	pq_rotate(pq, q, qrot);
	memset(lut, 0, pq->m * PQ_KSUB_MAX * sizeof *lut);
	for (size_t j = 0; j < pq->m; j++)
		blas_nt(1, pq->ksub, pq->dsub, 1, qrot + j * pq->dsub, pq->dsub,
			pq->centf + j * pq->ksub * pq->dsub, pq->dsub, 0, lut + j * PQ_KSUB_MAX,
			PQ_KSUB_MAX);
}
