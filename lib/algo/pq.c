/* Product quantisation: storage and tables; see pq.h. Training is in pq_train.c. */
#include "algo/pq.h"

#include <string.h>

#include "base/le.h"
#include "base/mem.h"

/*
 * For one vector: a question is worth no BLAS, which takes milliseconds to load, and its scores come out the
 * same on every machine.
 */
float pq_dot(const float *a, const float *b, size_t n)
{
	float s[8] = {0}, rest = 0;
	size_t i = 0;
	for (; i + 8 <= n; i += 8)
		for (size_t k = 0; k < 8; k++)
			s[k] += a[i + k] * b[i + k];
	for (; i < n; i++)
		rest += a[i] * b[i];
	return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7])) + rest;
}

void pq_release(struct pq *pq)
{
	mem_free(pq->rot);
	mem_free(pq->rot_scale);
	mem_free(pq->cent);
	mem_free(pq->cent_scale);
	mem_free(pq->rotf);
	if (pq->centf != pq->bookf)
		mem_free(pq->centf);
	mem_free(pq->bookf);
	mem_free(pq->norms);
	*pq = (struct pq)PQ_INIT;
}

static void expand(const int8_t *q, size_t n, float scale, float *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (float)q[i] * scale;
}

/* The codebook of every byte: bookf itself, or all pairs of the entries for the two halves. */
static float *pairs_of_halves(const struct pq *pq)
{
	size_t h = pq->dsub / 2, n_half = PQ_NIBBLE * h;
	float *cent = mem_array(pq->m * pq->ksub * pq->dsub, sizeof *cent), *out = cent;
	for (size_t j = 0; j < pq->m; j++) {
		const float *low = pq->bookf + 2 * j * n_half, *high = low + n_half;
		for (size_t i = 0; i < pq->ksub; i++, out += pq->dsub) {
			memcpy(out, low + i % PQ_NIBBLE * h, h * sizeof *out);
			memcpy(out + h, high + i / PQ_NIBBLE * h, h * sizeof *out);
		}
	}
	return cent;
}

void pq_load(struct pq *pq, const int8_t *rot, const uint8_t *rot_scale_le, const int8_t *cent,
	     const uint8_t *cent_scale_le)
{
	size_t n_books = pq_n_books(pq), n_book = pq_book_size(pq) * pq_book_dims(pq);
	pq->drot = pq->m * pq->dsub;
	pq->rot = mem_array(pq->drot * pq->dim, 1);
	pq->rot_scale = mem_array(pq->drot, sizeof *pq->rot_scale);
	pq->rotf = mem_array(pq->drot * pq->dim, sizeof *pq->rotf);
	pq->cent = mem_array(n_books * n_book, 1);
	pq->cent_scale = mem_array(n_books, sizeof *pq->cent_scale);
	pq->bookf = mem_array(n_books * n_book, sizeof *pq->bookf);
	pq->norms = mem_calloc(pq->m * PQ_KSUB_MAX, sizeof *pq->norms);
	memcpy(pq->rot, rot, pq->drot * pq->dim);
	memcpy(pq->cent, cent, n_books * n_book);
	for (size_t i = 0; i < pq->drot; i++) {
		pq->rot_scale[i] = get_lef32(rot_scale_le + 4 * i);
		expand(rot + i * pq->dim, pq->dim, pq->rot_scale[i], pq->rotf + i * pq->dim);
	}
	for (size_t j = 0; j < n_books; j++) {
		pq->cent_scale[j] = get_lef32(cent_scale_le + 4 * j);
		expand(cent + j * n_book, n_book, pq->cent_scale[j], pq->bookf + j * n_book);
	}
	pq->centf = pq->nibbles ? pairs_of_halves(pq) : pq->bookf;
	for (size_t j = 0; j < pq->m; j++)
		for (size_t i = 0; i < pq->ksub; i++) {
			const float *c = pq->centf + (j * pq->ksub + i) * pq->dsub;
			pq->norms[j * PQ_KSUB_MAX + i] = pq_dot(c, c, pq->dsub);
		}
}

void pq_decode(const struct pq *pq, const uint8_t *code, float *out)
{
	for (size_t j = 0; j < pq->m; j++)
		memcpy(out + j * pq->dsub, pq->centf + (j * pq->ksub + code[j]) * pq->dsub,
		       pq->dsub * sizeof *out);
}

void pq_rotate(const struct pq *pq, const float *x, float *out)
{
	for (size_t i = 0; i < pq->drot; i++)
		out[i] = pq_dot(x, pq->rotf + i * pq->dim, pq->dim);
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
		for (size_t i = 0; i < pq->ksub; i++)
			lut[j * PQ_KSUB_MAX + i] =
				pq_dot(qrot + j * pq->dsub,
				       pq->centf + (j * pq->ksub + i) * pq->dsub, pq->dsub);
}
