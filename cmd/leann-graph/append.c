/* What an index becomes when chunks are put behind those it has; see build.h. */
#include <string.h>

#include "algo/health.h"
#include "base/le.h"
#include "base/mem.h"
#include "build.h"
#include "search/engine.h"

int build_embedded(struct build *b, struct collect *c, uint64_t seed, double *reconstruction,
		   struct par *par, struct err *e)
{
	struct changes *x = &c->changes;
	struct rows rows = {x->vecs.n, x->vecs.dim, spool_read, &x->vecs};
	size_t m = b->x.pq.m, k = 0;
	*reconstruction = 0;
	if (!rows.n)
		return 0;
	uint8_t *codes = mem_array(rows.n, m);
	int r = pq_encode(&b->x.pq, &rows, NULL, NULL, par, codes, e) ||
		health_reconstruction(&rows, &b->x.pq, NULL, NULL, codes, seed, reconstruction, e);
	for (size_t i = 0; i < x->exact.len; i++)
		if (x->exact.p[i])
			memcpy(b->x.codes + (x->n_old + i) * m, codes + k++ * m, m);
	mem_free(codes);
	return r ? -1 : 0;
}

static int load_graph(struct build *b, const struct index *ix, struct err *e)
{
	return ix->anchor_graph.p ? engine_unpack_graph(ix, &ix->anchor_graph, "anchor-graph",
							ix->anchors.m, &b->anchor_graph, e)
				  : 0;
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
	b->x.cosine = mem_array(rows->n, sizeof *b->x.cosine);
	if (anchors_assign(rows, &b->x.anchors, par, b->x.assign, b->x.cosine, e))
		return -1;
	for (size_t i = 0; i < rows->n; i++)
		b->list_size[b->x.assign[i]]++;
	return 0;
}

/* The share of the chunks that were embedded now which an anchor covers; kept ones are no exact rows. */
static double coverage(const struct build *b, const struct changes *x)
{
	size_t n = 0;
	for (size_t i = 0; b->x.cosine && i < x->exact.len; i++)
		n += x->exact.p[i] && b->x.cosine[i] >= ANCHORS_COVER_COS;
	return x->n_embedded ? (double)n / (double)x->n_embedded : 0;
}

int build_append(struct build *b, struct collect *c, const struct build_settings *s, struct par *par,
		 struct err *e)
{
	const struct changes *x = &c->changes;
	struct rows rows = {c->spool.n, c->spool.dim, spool_read, &c->spool};
	size_t m = c->codebook.m, n = x->n_old + rows.n;
	build_load_codes(b, c, n);
	if (build_embedded(b, c, s->seed, &b->reconstruction, par, e) ||
	    load_anchors(b, &x->base, &rows, par, e) || load_graph(b, &x->base, e))
		return -1;
	b->health.coverage = coverage(b, x);
	b->packed = mem_alloc(pq_packed_bytes(n, m));
	pq_pack(b->x.codes, n, m, b->packed);
	build_drop_copies(b, c, false, n);
	return 0;
}
