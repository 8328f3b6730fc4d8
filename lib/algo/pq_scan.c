/*
 * Scoring of packed codes against a query's tables; see pq.h. Plain C: the inner loops
 * run over the 64 vectors of a block, column by column.
 */
#include <math.h>
#include <string.h>

#include "algo/pq.h"
#include "base/mem.h"

/* Two floats side by side; gcc and clang, any processor. */
typedef float f32x2 __attribute__((vector_size(8)));

static float inverse(float norm2)
{
	return norm2 > 1e-20f ? 1 / sqrtf(norm2) : 0;
}

/* sum[i] = sum over j of table[j][code j of vector i], i < PQ_BLOCK; 8 ns a vector at m = 24 */
static void sum_block(const uint8_t *block, size_t m, const float *table, float *sum)
{
	size_t j = 0;
	memset(sum, 0, PQ_BLOCK * sizeof *sum);
	for (; j + 4 <= m; j += 4) { /* four columns a turn: a quarter of the loads of sum */
		const uint8_t *c = block + j * PQ_BLOCK;
		const float *t = table + j * PQ_KSUB_MAX;
		for (size_t i = 0; i < PQ_BLOCK; i++)
			sum[i] += (t[c[i]] + t[PQ_KSUB_MAX + c[i + PQ_BLOCK]]) +
				  (t[2 * PQ_KSUB_MAX + c[i + 2 * PQ_BLOCK]] +
				   t[3 * PQ_KSUB_MAX + c[i + 3 * PQ_BLOCK]]);
	}
	for (; j < m; j++)
		for (size_t i = 0; i < PQ_BLOCK; i++)
			sum[i] += table[j * PQ_KSUB_MAX + block[j * PQ_BLOCK + i]];
}

/* Both sums at once from pairs (dot, norm): one load serves two, 10-12 ns a vector at m = 24. */
static void score_8(const struct pq_pairs *q, const uint8_t *codes, float *score)
{
	f32x2 a = {0}, b = {0}, c = {0}, d = {0}, e = {0}, f = {0}, g = {0}, h = {0};
	const uint8_t *p = codes;
	const f32x2 *t = q->pair;
	for (size_t j = 0; j < q->m; j++, p += PQ_BLOCK, t += PQ_KSUB_MAX) {
		a += t[p[0]];
		b += t[p[1]];
		c += t[p[2]];
		d += t[p[3]];
		e += t[p[4]];
		f += t[p[5]];
		g += t[p[6]];
		h += t[p[7]];
	}
	f32x2 all[8] = {a, b, c, d, e, f, g, h};
	for (size_t i = 0; i < 8; i++)
		score[i] = all[i][0] * inverse(all[i][1]);
}

/* The same operations in the same order for one. */
static float score_1(const struct pq_pairs *q, const uint8_t *code)
{
	f32x2 a = {0};
	const f32x2 *t = q->pair;
	for (size_t j = 0; j < q->m; j++, code += PQ_BLOCK, t += PQ_KSUB_MAX)
		a += t[*code];
	return a[0] * inverse(a[1]);
}

void pq_pairs_init(struct pq_pairs *t, const struct pq *pq, const float *lut)
{
	f32x2 *pair = mem_aligned(64, pq->m * PQ_KSUB_MAX * sizeof *pair);
	for (size_t i = 0; i < pq->m * PQ_KSUB_MAX; i++)
		pair[i] = (f32x2){lut[i], pq->norms[i]};
	*t = (struct pq_pairs){pq->m, pair};
}

void pq_pairs_release(struct pq_pairs *t)
{
	mem_free(t->pair);
	*t = (struct pq_pairs){0};
}

void pq_score_lanes(const struct pq_pairs *t, const uint8_t *block, uint64_t lanes,
		    float score[PQ_BLOCK])
{
	for (size_t at = 0; at < PQ_BLOCK; at += 8) {
		unsigned some = lanes >> at & 255;
		unsigned but_one = some & (some - 1);
		if (but_one & (but_one - 1)) { /* three at least */
			score_8(t, block + at, score + at);
			continue;
		}
		for (size_t i = at; some; i++, some >>= 1)
			if (some & 1)
				score[i] = score_1(t, block + i);
	}
}

void pq_scan(const struct pq *pq, const uint8_t *packed, size_t first, size_t n, const float *lut,
	     float *out)
{
	struct pq_pairs t;
	float score[PQ_BLOCK];
	pq_pairs_init(&t, pq, lut);
	for (size_t at = 0; at < n; at += PQ_BLOCK) {
		size_t k = n - at < PQ_BLOCK ? n - at : PQ_BLOCK;
		pq_score_lanes(&t, packed + (first + at) * pq->m, UINT64_MAX >> (PQ_BLOCK - k),
			       score);
		memcpy(out + at, score, k * sizeof *out);
	}
	pq_pairs_release(&t);
}

void pq_residual_init(struct pq_residual *r, const struct pq *pq, const struct anchors *anchors)
{
	r->n_anchors = anchors->n;
	r->drot = pq->drot;
	r->rot = mem_array(anchors->n * pq->drot, sizeof *r->rot);
	r->norm2 = mem_array(anchors->n, sizeof *r->norm2);
	for (size_t i = 0; i < anchors->n; i++) {
		double s = 0;
		pq_rotate(pq, anchors->vec + i * pq->dim, r->rot + i * pq->drot);
		for (size_t d = 0; d < pq->drot; d++)
			s += (double)r->rot[i * pq->drot + d] * r->rot[i * pq->drot + d];
		r->norm2[i] = (float)s;
	}
}

void pq_residual_release(struct pq_residual *r)
{
	mem_free(r->rot);
	mem_free(r->norm2);
	*r = (struct pq_residual){0};
}

/* a . d^ of one packed code */
static float cross(const struct pq *pq, const float *a, const uint8_t *code)
{
	float s = 0;
	for (size_t j = 0; j < pq->m; j++) {
		const float *c = pq->centf + (j * pq->ksub + code[j * PQ_BLOCK]) * pq->dsub;
		for (size_t d = 0; d < pq->dsub; d++)
			s += a[j * pq->dsub + d] * c[d];
	}
	return s;
}

void pq_scan_residual(const struct pq *pq, const struct pq_residual *r, const uint8_t *packed,
		      size_t first, size_t n, const uint32_t *assign, const float *lut,
		      const float *qrot, float *out)
{
	float sum[PQ_BLOCK], norm[PQ_BLOCK];
	float *anchor_dot = mem_array(r->n_anchors, sizeof *anchor_dot);
	for (size_t a = 0; a < r->n_anchors; a++)
		anchor_dot[a] = pq_dot(qrot, r->rot + a * r->drot, r->drot);
	for (size_t at = 0; at < n; at += PQ_BLOCK) {
		const uint8_t *block = packed + (first + at) * pq->m;
		sum_block(block, pq->m, lut, sum);
		sum_block(block, pq->m, pq->norms, norm);
		for (size_t i = 0; i < PQ_BLOCK && at + i < n; i++) {
			uint32_t a = assign[at + i];
			float norm2 = r->norm2[a] + norm[i] +
				      2 * cross(pq, r->rot + (size_t)a * r->drot, block + i);
			out[at + i] = (anchor_dot[a] + sum[i]) * inverse(norm2);
		}
	}
	mem_free(anchor_dot);
}
