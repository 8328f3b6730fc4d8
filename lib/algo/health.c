/* Quantisation error; see health.h. */
#include "algo/health.h"

#include <math.h>

#include "base/mem.h"

enum { N_QUERIES = 64, N_BEST = 100, N_ROWS = 4096 };

struct pairs {
	double *exact, *approx;
	size_t n;
};

/* The best of one query, itself left out, with exact cosines. */
static int sample_query(const struct rows *rows, const struct search_codes *codes, uint32_t id,
			struct par *par, struct pairs *p, struct err *e)
{
	struct search_hit hits[N_BEST + 1];
	struct search_params params = {.n_best = N_BEST + 1};
	float *q = mem_array(2 * rows->dim, sizeof *q), *x = q + rows->dim;
	int r = rows->read(rows->ctx, id, 1, q, e);
	size_t n = r ? 0 : search_scan(codes, q, &params, par, hits);
	for (size_t i = 0; i < n && !r; i++) {
		if (hits[i].chunk == id)
			continue;
		r = rows->read(rows->ctx, hits[i].chunk, 1, x, e);
		if (r)
			break;
		float approx = hits[i].approx;
		search_exact(&hits[i], x, q, rows->dim);
		p->approx[p->n] = approx;
		p->exact[p->n++] = hits[i].score;
	}
	mem_free(q);
	return r;
}

/* Mean absolute residual of the least-squares line from approx to exact. */
static double fit_error(const struct pairs *p)
{
	double sx = 0, sy = 0, sxx = 0, sxy = 0, sum = 0, n = (double)p->n;
	if (!p->n)
		return 0;
	for (size_t i = 0; i < p->n; i++) {
		sx += p->approx[i];
		sy += p->exact[i];
		sxx += p->approx[i] * p->approx[i];
		sxy += p->approx[i] * p->exact[i];
	}
	double var = sxx - sx * sx / n;
	double a = var > 1e-12 ? (sxy - sx * sy / n) / var : 0, b = (sy - a * sx) / n;
	for (size_t i = 0; i < p->n; i++)
		sum += fabs(p->exact[i] - (a * p->approx[i] + b));
	return sum / n;
}

int health_quantization(const struct rows *rows, const struct search_codes *codes, uint64_t seed,
			struct par *par, double *error, struct err *e)
{
	uint32_t ids[N_QUERIES];
	size_t n = rows->n < N_QUERIES ? rows->n : N_QUERIES;
	struct pairs p = {mem_array(N_QUERIES * (N_BEST + 1), sizeof(double)),
			  mem_array(N_QUERIES * (N_BEST + 1), sizeof(double)), 0};
	int r = 0;
	rows_sample(rows->n, n, seed, ids);
	for (size_t i = 0; i < n && !r; i++)
		r = sample_query(rows, codes, ids[i], par, &p, e);
	*error = fit_error(&p);
	mem_free(p.exact);
	mem_free(p.approx);
	return r;
}

/*
 * Cosine of the unit vector x to R^T d, or to a + R^T d, d what the code stands for; R has
 * orthonormal rows, so that it is found in rotated space. y: room for 3 drot floats.
 */
static double code_cosine(const struct pq *pq, const float *x, const float *a, const uint8_t *code,
			  float *y)
{
	float *d = y + pq->drot, *ra = d + pq->drot;
	double dot = 0, len2 = 0;
	pq_rotate(pq, x, y);
	pq_decode(pq, code, d);
	for (size_t i = 0; i < pq->drot; i++) {
		dot += (double)y[i] * d[i];
		len2 += (double)d[i] * d[i];
	}
	if (a) {
		pq_rotate(pq, a, ra);
		for (size_t i = 0; i < pq->drot; i++)
			len2 += 2. * ra[i] * d[i];
		for (size_t i = 0; i < pq->dim; i++) {
			dot += (double)x[i] * a[i];
			len2 += (double)a[i] * a[i];
		}
	}
	return len2 > 0 ? dot / sqrt(len2) : 0;
}

int health_reconstruction(const struct rows *rows, const struct pq *pq,
			  const struct anchors *anchors, const uint32_t *assign,
			  const uint8_t *codes, uint64_t seed, double *mean, struct err *e)
{
	size_t n = rows->n < N_ROWS ? rows->n : N_ROWS;
	uint32_t *ids = mem_array(n, sizeof *ids);
	float *x = mem_array(rows->dim + 3 * pq->drot, sizeof *x);
	int r = 0;
	*mean = 0;
	rows_sample(rows->n, n, seed, ids);
	for (size_t i = 0; i < n && !r; i++) {
		size_t id = ids[i];
		const float *a = assign ? anchors->vec + (size_t)assign[id] * pq->dim : NULL;
		r = rows->read(rows->ctx, id, 1, x, e);
		if (!r)
			*mean += code_cosine(pq, x, a, codes + id * pq->m, x + rows->dim) / (double)n;
	}
	mem_free(ids);
	mem_free(x);
	return r;
}
