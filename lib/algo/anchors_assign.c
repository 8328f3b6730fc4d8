/* Rows to their nearest anchors; see anchors.h. */
#include "algo/anchors.h"
#include "algo/kmeans.h"
#include "base/mem.h"

struct assign_ctx {
	const struct anchors *a;
	float *norms, *scratch;
	uint32_t *assign;
	float *cosine;
};

static void assign_tile(void *ctx, size_t first, size_t n, const float *x, size_t i_worker)
{
	struct assign_ctx *c = ctx;
	const struct anchors *a = c->a;
	uint32_t id[ROWS_TILE];
	float best[ROWS_TILE];
	kmeans_nearest(x, n, a->dim, a->dim, a->vec, a->n, c->norms,
		       c->scratch + i_worker * KMEANS_SCRATCH(a->n), id, best);
	for (size_t i = 0; i < n; i++) {
		/* best = |a|^2 - 2 x.a, |a| = 1 */
		float cosine = (c->norms[id[i]] - best[i]) / 2;
		if (c->assign)
			c->assign[first + i] = id[i];
		if (c->cosine)
			c->cosine[first + i] = cosine;
	}
}

int anchors_assign(const struct rows *rows, const struct anchors *a, struct par *par,
		   uint32_t *assign, float *cosine, struct err *e)
{
	if (!rows->n)
		return 0;
	if (!a->n)
		return err_set(e, ERR_DATA, "%zu rows and no anchor to assign them to", rows->n);
	struct assign_ctx c = {.a = a, .assign = assign, .cosine = cosine};
	c.norms = mem_array(a->n, sizeof *c.norms);
	c.scratch = mem_array(par_n_threads(par) * KMEANS_SCRATCH(a->n), sizeof *c.scratch);
	kmeans_norms(a->vec, a->n, a->dim, c.norms);
	int r = rows_each(rows, par, assign_tile, &c, e);
	mem_free(c.norms);
	mem_free(c.scratch);
	return r;
}
