/* Quantisation error; see health.h. */
#include "algo/health.h"

#include <math.h>

#include "base/mem.h"

enum { N_QUERIES = 64, N_BEST = 100 };

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
