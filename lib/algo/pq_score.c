/* Approximate cosines of chosen vectors, for graph walks; pq_scan.c does all of them. See pq.h. */
#include <math.h>

#include "algo/pq.h"

static float score_plain(const struct pq *pq, const uint8_t *code, const float *lut)
{
	float dot = 0, norm2 = 0;
	for (size_t j = 0; j < pq->m; j++) {
		dot += lut[j * PQ_KSUB_MAX + code[j * PQ_BLOCK]];
		norm2 += pq->norms[j * PQ_KSUB_MAX + code[j * PQ_BLOCK]];
	}
	return norm2 > 0 ? dot / sqrtf(norm2) : 0;
}

/* q.(a + d^) / |a + d^| with a the rotated anchor */
static float score_residual(const struct pq *pq, const float *a, const uint8_t *code,
			    const float *qrot)
{
	float dot = 0, norm2 = 0;
	for (size_t j = 0; j < pq->m; j++) {
		const float *c = pq->centf + (j * pq->ksub + code[j * PQ_BLOCK]) * pq->dsub;
		for (size_t d = 0; d < pq->dsub; d++) {
			float x = a[j * pq->dsub + d] + c[d];
			dot += qrot[j * pq->dsub + d] * x;
			norm2 += x * x;
		}
	}
	return norm2 > 0 ? dot / sqrtf(norm2) : 0;
}

void pq_score(const struct pq *pq, const struct pq_residual *r, const uint8_t *packed,
	      const uint32_t *assign, const float *lut, const float *qrot, const uint32_t *ids,
	      size_t n, float *out)
{
	for (size_t k = 0; k < n; k++) {
		size_t i = ids[k];
		const uint8_t *code = packed + i / PQ_BLOCK * PQ_BLOCK * pq->m + i % PQ_BLOCK;
		out[k] = r ? score_residual(pq, r->rot + (size_t)assign[i] * r->drot, code, qrot)
			   : score_plain(pq, code, lut);
	}
}
