/* What an index becomes when chunks are put behind those it has; see build.h. */
#include <math.h>
#include <string.h>

#include "base/le.h"
#include "base/mem.h"
#include "build.h"
#include "fmt/csr.h"

/* Mean of x.x^ / |x^| over the chunks that were embedded: x.x^ is Rx.y, y the decoded vector. */
static int measure(const struct build *b, const struct changes *x, const struct rows *rows,
		   double *mean, struct err *e)
{
	const struct pq *pq = &b->x.pq;
	float *v = mem_array(pq->dim, sizeof *v), *rx = mem_array(pq->drot, sizeof *rx),
	      *y = mem_array(pq->drot, sizeof *y);
	double sum = 0;
	int r = 0;
	for (size_t i = 0; i < rows->n && !r; i++) {
		if (!x->exact.p[i])
			continue;
		r = rows->read(rows->ctx, i, 1, v, e);
		pq_rotate(pq, v, rx);
		pq_decode(pq, b->x.codes + (x->n_old + i) * pq->m, y);
		double len = sqrt((double)pq_dot(y, y, pq->drot));
		sum += len > 0 ? (double)pq_dot(rx, y, pq->drot) / len : 0;
	}
	*mean = sum / (double)x->n_embedded;
	mem_free(v);
	mem_free(rx);
	mem_free(y);
	return r;
}

int build_embedded(struct build *b, struct collect *c, double *reconstruction, struct par *par,
		   struct err *e)
{
	const struct changes *x = &c->changes;
	struct rows rows = {c->spool.n, c->spool.dim, spool_read, &c->spool};
	size_t m = b->x.pq.m;
	*reconstruction = 0;
	if (!x->n_embedded)
		return 0;
	uint8_t *codes = mem_array(rows.n, m);
	int r = pq_encode(&b->x.pq, &rows, NULL, NULL, par, codes, e);
	for (size_t i = 0; i < rows.n && !r; i++)
		if (x->exact.p[i])
			memcpy(b->x.codes + (x->n_old + i) * m, codes + i * m, m);
	mem_free(codes);
	return r ? r : measure(b, x, &rows, reconstruction, e);
}

static int load_graph(struct build *b, const struct index *ix, struct err *e)
{
	struct csr c = CSR_INIT;
	if (!ix->anchor_graph.p)
		return 0;
	if (csr_unpack(ix->anchor_graph.p, ix->anchor_graph.n, &c, e))
		return err_prefix(e, "%s: damaged index: member anchor-graph", ix->b.path);
	b->anchor_graph = (struct graph){c.n, c.offs, c.edges, c.entry};
	return 0;
}

/* The anchors of the base, with the new chunks in their lists. */
static int load_anchors(struct build *b, const struct index *ix, const struct rows *rows,
			struct par *par, struct err *e)
{
	const struct rec_anchors *a = &ix->anchors;
	anchors_load(&b->x.anchors, a->m, a->dim, a->q, a->scale);
	b->x.anchors.seed = a->seed;
	b->entry = mem_calloc(a->m + 1, sizeof *b->entry);
	b->list_size = mem_calloc(a->m + 1, sizeof *b->list_size);
	for (size_t i = 0; i < a->m; i++) {
		b->entry[i] = get_le32(ix->anchor_entry + 4 * i);
		b->list_size[i] = get_le32(ix->anchor_size + 4 * i);
	}
	if (!rows->n || !a->m)
		return 0;
	b->x.assign = mem_array(rows->n, sizeof *b->x.assign);
	if (anchors_assign(rows, &b->x.anchors, par, b->x.assign, NULL, e))
		return -1;
	for (size_t i = 0; i < rows->n; i++)
		b->list_size[b->x.assign[i]]++;
	return 0;
}

int build_append(struct build *b, struct collect *c, struct par *par, struct err *e)
{
	const struct changes *x = &c->changes;
	struct rows rows = {c->spool.n, c->spool.dim, spool_read, &c->spool};
	size_t m = c->codebook.m, n = x->n_old + rows.n;
	build_load_codes(b, c, n);
	if (build_embedded(b, c, &b->reconstruction, par, e) ||
	    load_anchors(b, &x->base, &rows, par, e) || load_graph(b, &x->base, e))
		return -1;
	b->packed = mem_alloc(pq_packed_bytes(n, m));
	pq_pack(b->x.codes, n, m, b->packed);
	return 0;
}
