/* Manifest and members of a new index; see write.h and leann-index(5). */
#include "write.h"

#include <string.h>

#include "base/le.h"
#include "base/opts.h"
#include "fmt/csr.h"
#include "fmt/index.h"

static void set_str(struct js *o, const char *key, const char *val)
{
	js_set(o, key, js_new_str(val));
}

static void set_int(struct js *o, const char *key, uint64_t val)
{
	js_set(o, key, js_new_int((int64_t)val));
}

/* Keys of the stream's header that the index keeps, under their names there. */
static int from_header(struct js *o, const struct shead *h, const char *const *strs, const char *const *uints,
		       struct err *e)
{
	char s[1100];
	uint64_t v;
	for (size_t i = 0; strs[i]; i += 2) {
		if (shead_str(h, strs[i], s, sizeof s, e))
			return -1;
		set_str(o, strs[i + 1], s);
	}
	for (size_t i = 0; uints[i]; i += 2) {
		if (shead_u64(h, uints[i], 0, UINT32_MAX, &v, e))
			return -1;
		set_int(o, uints[i + 1], v);
	}
	return 0;
}

static int put_model(struct js *m, const struct shead *h, struct err *e)
{
	static const char *const strs[] = {"model", "name", "model_sha256", "sha256", "tokenizer_sha256",
					   "tokenizer_sha256", "query_prefix", "query_prefix", "document_prefix",
					   "document_prefix", NULL};
	static const char *const uints[] = {"dim", "dim", "max_tokens", "max_tokens", NULL};
	struct js *o = js_new_obj();
	js_set(m, "model", o);
	return from_header(o, h, strs, uints, e);
}

static int put_chunking(struct js *m, const struct shead *h, struct err *e)
{
	static const char *const strs[] = {NULL};
	static const char *const uints[] = {"chunk_version", "version", "chunk_max_tokens", "max_tokens",
					    "chunk_overlap", "overlap", NULL};
	struct js *o = js_new_obj();
	js_set(m, "chunking", o);
	return from_header(o, h, strs, uints, e);
}

static int put_roots(struct js *m, const struct shead *h, struct err *e)
{
	struct js *a = js_new_arr();
	struct buf b = BUF_INIT;
	size_t n = 1;
	int r = 0;
	js_set(m, "roots", a);
	for (size_t i = 0; i < n && !r; i++) {
		buf_clear(&b);
		r = shead_bin_at(h, "roots", i, &b, &n, e);
		if (!r && i < n)
			js_push(a, js_new_path(b.p ? b.p : (const uint8_t *)"", b.len));
	}
	buf_release(&b);
	return r;
}

static void put_counts(struct js *m, const struct collect *c, const struct build *b)
{
	struct index_counts n;
	struct js *o = js_new_obj();
	index_build_counts(c->ib, &n);
	js_set(m, "counts", o);
	set_int(o, "files", n.n_files);
	set_int(o, "chunks", n.n_chunks);
	set_int(o, "anchors", b->x.anchors.n);
	set_int(o, "source_bytes", n.source_bytes);
	set_int(o, "passage_bytes", n.passage_bytes);
	set_int(o, "stored_bytes", n.stored_bytes);
}

static void put_build(struct js *m, const struct build *b, const struct build_settings *s)
{
	static const char *const complexity[] = {"low", "medium", "high"};
	struct js *o = js_new_obj(), *a = js_new_obj(), *q = js_new_obj(), *g = js_new_obj();
	js_set(m, "build", o);
	set_int(o, "seed", s->seed);
	set_str(o, "backend", "hnsw");
	set_str(o, "complexity", complexity[s->complexity]);
	js_set(o, "anchorSelection", a);
	set_str(a, "type", anchors_strategy_names[b->x.anchors.strategy]);
	set_int(a, "count", b->x.anchors.n);
	js_set(o, "quantization", q);
	set_int(q, "subVectors", b->x.pq.m);
	set_int(q, "codebookSize", b->x.pq.ksub);
	set_int(q, "rotatedDims", b->x.pq.drot);
	js_set(q, "residual", js_new_bool(b->x.pq.residual));
	js_set(o, "graph", g);
	set_str(g, "kind", b->chunk_graph.n ? "chunks" : b->anchor_graph.n ? "anchors" : "none");
	set_int(g, "maxDegree", s->graph.max_degree);
	set_int(g, "efConstruction", s->graph.ef_construction);
}

static void put_quality(struct js *m, const struct build *b)
{
	struct js *o = js_new_obj();
	js_set(m, "quality", o);
	js_set(o, "coverage", js_new_real(b->health.coverage));
	js_set(o, "quantizationError", js_new_real(b->quantization_error));
	js_set(o, "balance", js_new_real(b->health.balance));
}

static int make_manifest(struct js *m, const struct collect *c, const struct build *b,
			 const struct build_settings *s, struct err *e)
{
	set_str(m, "writer", "leann-graph " LEANN_VERSION);
	if (put_model(m, &c->in.head, e) || put_chunking(m, &c->in.head, e) || put_roots(m, &c->in.head, e))
		return err_prefix(e, "stdin");
	set_str(m, "metric", "cosine");
	js_set(m, "languages", index_build_langs(c->ib));
	put_counts(m, c, b);
	if (b->x.pq.m) {
		put_build(m, b, s);
		put_quality(m, b);
	}
	return 0;
}

/* Members that are made here; they live until the file is written. */
struct made {
	struct buf pq, anchors, anchor_graph, chunk_graph, assign, le;
};

static void made_release(struct made *d)
{
	buf_release(&d->pq);
	buf_release(&d->anchors);
	buf_release(&d->anchor_graph);
	buf_release(&d->chunk_graph);
	buf_release(&d->assign);
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
	size_t rot = add_le(d, b->x.pq.rot_scale, b->x.pq.drot), cent = add_le(d, b->x.pq.cent_scale, b->x.pq.m);
	size_t scale = add_le(d, b->x.anchors.scale, b->x.anchors.n);
	struct rec_codebook k = {.dim = b->x.pq.dim, .m = b->x.pq.m, .ksub = b->x.pq.ksub, .dsub = b->x.pq.dsub,
				 .residual = b->x.pq.residual, .seed = b->x.pq.seed, .rot = b->x.pq.rot,
				 .rot_scale = d->le.p + rot, .cent = b->x.pq.cent, .cent_scale = d->le.p + cent};
	struct rec_anchors a = {.m = b->x.anchors.n, .dim = b->x.anchors.dim, .seed = b->x.anchors.seed,
				.q = b->x.anchors.q, .scale = d->le.p + scale};
	index_put_pq(&d->pq, &k);
	index_put_anchors(&d->anchors, &a, b->entry, b->list_size);
	if (make_graph(&b->anchor_graph, &d->anchor_graph, e) || make_graph(&b->chunk_graph, &d->chunk_graph, e))
		return -1;
	return 0;
}

static void add_part(struct bundle_part *part, size_t *n, const char *name, const void *p, size_t len)
{
	if (len)
		part[(*n)++] = (struct bundle_part){name, p, len};
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

int write_index(const char *path, struct collect *c, const struct build *b, const struct build_settings *s,
		struct err *e)
{
	struct js *m = js_new_obj();
	struct made d = {0};
	struct bundle_part part[12];
	size_t n_parts = 0, n = c->spool.n;
	int r = -1;
	if (make_manifest(m, c, b, s, e) || index_build_parts(c->ib, part, &n_parts, e))
		goto out;
	if (n) {
		if (make_members(&d, b, e))
			goto out;
		if (b->x.pq.residual)
			make_assign(&d, b, n);
		add_part(part, &n_parts, "codes", b->packed, pq_packed_bytes(n, b->x.pq.m));
		add_part(part, &n_parts, "pq", d.pq.p, d.pq.len);
		add_part(part, &n_parts, "anchors", d.anchors.p, d.anchors.len);
		add_part(part, &n_parts, "anchor-graph", d.anchor_graph.p, d.anchor_graph.len);
		add_part(part, &n_parts, "chunk-graph", d.chunk_graph.p, d.chunk_graph.len);
		add_part(part, &n_parts, "assign", d.assign.p, d.assign.len);
	}
	r = bundle_publish(path, -1, m, part, n_parts, e);
out:
	js_free(m);
	made_release(&d);
	return r;
}
