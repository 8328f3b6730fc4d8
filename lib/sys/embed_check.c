/* Is a reply what was asked for, in every number; see embed_impl.h. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/le.h"
#include "sys/embed_impl.h"

#define NORM_SLACK 1e-3			/* |norm - 1| of a normalised row */

/* Row i has this norm: right, or made right where the model leaves that to us. */
static int fix_norm(const struct embed *h, size_t i, double norm, float *row, struct err *e)
{
	if (h->info.normalized && fabs(norm - 1) > NORM_SLACK)
		return err_set(e, ERR_DATA, "row %zu: norm %g, want 1", i, norm);
	if (norm < FLT_MIN)
		return err_set(e, ERR_DATA, "row %zu: norm %g has no direction", i, norm);
	for (size_t k = 0; !h->info.normalized && k < h->info.dim; k++)
		row[k] = (float)(row[k] / norm);
	return 0;
}

/* Copy the rows, every number checked. */
static int take_rows(const struct embed *h, const struct wire_reply *rep, const struct request *q,
		     struct err *e)
{
	size_t dim = h->info.dim;
	float *out = q->out;
	for (size_t i = 0; i < rep->n; i++) {
		double sum = 0;
		for (size_t k = 0; k < dim; k++) {
			float x = get_lef32(rep->f32 + 4 * (i * dim + k));
			if (!isfinite(x))
				return err_set(e, ERR_DATA, "row %zu: float %zu is %s", i, k,
					       isnan(x) ? "not a number" : "infinite");
			out[i * dim + k] = x;
			sum += (double)x * x;
		}
		if (!q->scores && fix_norm(h, i, sqrt(sum), out + i * dim, e))
			return -1;
	}
	return 0;
}

static int check_rows(struct embed *h, const struct wire_reply *rep, const struct request *q,
		      struct err *e)
{
	const struct wire_info *got = &rep->info;
	if (rep->is_info)
		return err_set(e, ERR_DATA, "info, %zu embeddings were asked for", q->n);
	if (strcmp(got->sha256, h->info.sha256))
		return err_set(e, ERR_DATA, "model %s (%.12s), it was %s (%.12s) before",
			       got->model, got->sha256, h->info.model, h->info.sha256);
	if (got->dim != h->info.dim)
		return err_set(e, ERR_DATA, "%zu floats, model has %zu", got->dim, h->info.dim);
	if (rep->n != q->n)
		return err_set(e, ERR_DATA, "%zu embeddings, %zu were asked for", rep->n, q->n);
	if (take_rows(h, rep, q, e))
		return -1;
	h->n_cut += rep->n_cut;
	h->n_tokens += rep->n_tokens;
	return 0;
}

static int take_info(struct embed *h, const struct wire_reply *rep, struct err *e)
{
	if (!rep->is_info)
		return err_set(e, ERR_DATA, "embeddings, info was asked for");
	h->info = rep->info;
	h->has_info = true;
	return 0;
}

int embed_check(struct embed *h, const struct wire_reply *rep, const struct request *q,
		struct err *e)
{
	return q->out ? check_rows(h, rep, q, e) : take_info(h, rep, e);
}
