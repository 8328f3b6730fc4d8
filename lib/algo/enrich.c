/* Filling in what a stream lacks; see enrich.h. */
#include "algo/enrich.h"

#include <string.h>

#include "algo/pq_shipped.h"
#include "base/mem.h"

const char *const enrich_book_names[] = {"auto", "shipped", "train", NULL};

enum enrich_book enrich_book_of(const char *word)
{
	size_t i = 0;
	while (enrich_book_names[i + 1] && strcmp(word, enrich_book_names[i]))
		i++;
	return (enum enrich_book)i;
}

void enrich_release(struct enrich *x)
{
	anchors_release(&x->anchors);
	pq_release(&x->pq);
	mem_free(x->assign);
	mem_free(x->cosine);
	mem_free(x->codes);
	*x = (struct enrich)ENRICH_INIT;
}

int enrich_anchors(const struct rows *rows, const uint16_t *group, const struct enrich_params *p,
		   struct par *par, struct enrich *x, struct err *e)
{
	if (!rows->n)
		return 0;
	if (!x->anchors.n && anchors_train(rows, group, &p->anchors, par, &x->anchors, e))
		return -1;
	if (x->assign)
		return 0;
	x->assign = mem_array(rows->n, sizeof *x->assign);
	x->cosine = mem_array(rows->n, sizeof *x->cosine);
	return anchors_assign(rows, &x->anchors, par, x->assign, x->cosine, e);
}

/* The shipped codebook into x, if it is told for or serves. */
static int try_shipped(const struct rows *rows, const struct enrich_params *p, struct enrich *x,
		       struct err *e)
{
	bool fits = p->n_shipped && pq_shipped_fits(&p->pq, rows->dim, p->shipped, p->n_shipped);
	if (p->book == ENRICH_BOOK_SHIPPED && !fits)
		return err_set(e, ERR_USAGE,
			       "codebook shipped: none comes with this program for this model and "
			       "codes of this shape: take codebook train");
	if (p->book == ENRICH_BOOK_TRAIN || !fits ||
	    (p->book == ENRICH_BOOK_AUTO && !pq_shipped_serves(rows->n)))
		return 0;
	x->shipped = true;
	return pq_shipped_load(&x->pq, p->shipped, p->n_shipped, e);
}

int enrich_pq(const struct rows *rows, const uint16_t *group, const struct enrich_params *p,
	      struct par *par, struct enrich *x, struct err *e)
{
	bool residual = x->pq.m ? x->pq.residual : p->pq.residual;
	if (!rows->n)
		return 0;
	if (residual && enrich_anchors(rows, group, p, par, x, e))
		return -1;
	if (!x->pq.m && try_shipped(rows, p, x, e))
		return -1;
	if (!x->pq.m && pq_train(rows, residual ? &x->anchors : NULL, residual ? x->assign : NULL,
				 &p->pq, par, &x->pq, e))
		return -1;
	if (x->codes)
		return 0;
	x->codes = mem_array(rows->n * x->pq.m, 1);
	return pq_encode(&x->pq, rows, &x->anchors, x->assign, par, x->codes, e);
}
