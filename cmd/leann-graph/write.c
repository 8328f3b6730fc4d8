/* Members of a new index, and all of it as a file; see write.h and leann-index(5). */
#include "write.h"

#include <string.h>

#include "base/le.h"
#include "fmt/copies.h"
#include "fmt/csr.h"
#include "fmt/index.h"
#include "fmt/index_lists.h"

/* Members that are made here; they live until the file is written. */
struct made {
	struct buf pq, anchors, anchor_graph, chunk_graph, assign, lists, copies, le;
};

static void made_release(struct made *d)
{
	buf_release(&d->pq);
	buf_release(&d->anchors);
	buf_release(&d->anchor_graph);
	buf_release(&d->chunk_graph);
	buf_release(&d->assign);
	buf_release(&d->lists);
	buf_release(&d->copies);
	buf_release(&d->le);
}

/* n floats little-endian, appended to d->le; returns where. */
static size_t add_le(struct made *d, const float *v, size_t n)
{
	size_t at = d->le.len;
	buf_zero(&d->le, 4 * n);
	for (size_t i = 0; i < n; i++)
		put_lef32(d->le.p + at + 4 * i, v[i]);
	return at;
}

static int make_graph(const struct graph *g, struct buf *out, struct err *e)
{
	struct csr c = {g->n, g->offs, g->edges, g->entry};
	return g->n ? csr_pack(&c, out, e) : 0;
}

static int make_members(struct made *d, const struct build *b, struct err *e)
{
	size_t rot = add_le(d, b->x.pq.rot_scale, b->x.pq.drot),
	       cent = add_le(d, b->x.pq.cent_scale, pq_n_books(&b->x.pq));
	size_t scale = add_le(d, b->x.anchors.scale, b->x.anchors.n);
	struct rec_codebook k = {.dim = b->x.pq.dim,
				 .m = b->x.pq.m,
				 .ksub = b->x.pq.ksub,
				 .dsub = b->x.pq.dsub,
				 .residual = b->x.pq.residual,
				 .nibbles = b->x.pq.nibbles,
				 .seed = b->x.pq.seed,
				 .rot = b->x.pq.rot,
				 .rot_scale = d->le.p + rot,
				 .cent = b->x.pq.cent,
				 .cent_scale = d->le.p + cent};
	struct rec_anchors a = {.m = b->x.anchors.n,
				.dim = b->x.anchors.dim,
				.seed = b->x.anchors.seed,
				.q = b->x.anchors.q,
				.scale = d->le.p + scale};
	index_put_pq(&d->pq, &k);
	index_put_anchors(&d->anchors, &a, b->entry, b->list_size);
	if (make_graph(&b->anchor_graph, &d->anchor_graph, e) ||
	    make_graph(&b->chunk_graph, &d->chunk_graph, e))
		return -1;
	return 0;
}

static void add_part(struct bundle_part *part, size_t *n, const char *name, const void *p,
		     size_t len)
{
	if (len)
		part[(*n)++] = (struct bundle_part){name, p, len};
}

static void drop_part(struct bundle_part *part, size_t *n, const char *name)
{
	size_t k = 0;
	for (size_t i = 0; i < *n; i++)
		if (strcmp(part[i].name, name))
			part[k++] = part[i];
	*n = k;
}

static void make_assign(struct made *d, const struct build *b, size_t n)
{
	struct buf wide = BUF_INIT;
	for (size_t i = 0; i < n; i++) {
		uint64_t v = b->x.assign[i];
		buf_add(&wide, &v, sizeof v);
	}
	column_pack(&d->assign, (const uint64_t *)(const void *)wide.p, n);
	buf_release(&wide);
}

static void make_copies(struct made *d, const struct collect *c)
{
	struct copies x = copies_in(&c->copies);
	copies_pack(&x, &d->copies);
}

int write_index(const char *path, struct collect *c, const struct build *b,
		const struct build_settings *s, struct err *e)
{
	struct js *m = js_new_obj();
	struct made d = {0};
	struct bundle_part part[20];
	size_t n_parts = 0, n = c->changes.n_old + c->spool.n;
	int r = -1;
	if (n && make_members(&d, b, e))
		goto out;
	/* readers have a codebook that this program came with: name it */
	const struct shipped *codebook = shipped_same(d.pq.p, d.pq.len);
	if (make_manifest(m, c, b, s, codebook, e) || index_build_parts(c->ib, part, &n_parts, e))
		goto out;
	if (n && s->tiny)
		drop_part(part, &n_parts, "chunks");
	if (n) {
		if (b->x.pq.residual)
			make_assign(&d, b, n);
		if (b->lists)
			index_put_lists(&d.lists, b->x.assign, n, b->x.anchors.n);
		if (b->copies)
			make_copies(&d, c);
		add_part(part, &n_parts, "hashes", c->hashes.p, c->hashes.len);
		add_part(part, &n_parts, "terms", c->terms.p, c->terms.len);
		add_part(part, &n_parts, "postings", c->postings.p, c->postings.len);
		add_part(part, &n_parts, "codes", b->packed, pq_packed_bytes(b->n_codes, b->x.pq.m));
		add_part(part, &n_parts, "copies", d.copies.p, d.copies.len);
		add_part(part, &n_parts, "pq", d.pq.p, codebook ? 0 : d.pq.len);
		add_part(part, &n_parts, "anchors", d.anchors.p, d.anchors.len);
		add_part(part, &n_parts, "anchor-graph", d.anchor_graph.p, d.anchor_graph.len);
		add_part(part, &n_parts, "chunk-graph", d.chunk_graph.p, d.chunk_graph.len);
		add_part(part, &n_parts, "assign", d.assign.p, d.assign.len);
		add_part(part, &n_parts, "lists", d.lists.p, d.lists.len);
	}
	r = bundle_publish(path, -1, m, part, n_parts, e);
out:
	js_free(m);
	made_release(&d);
	return r;
}
