/* The manifest of a new index; see write.h and leann-index(5). */
#include "base/mem.h"
#include "base/opts.h"
#include "fmt/provider.h"
#include "write.h"

static void set_str(struct js *o, const char *key, const char *val)
{
	js_set(o, key, js_new_str(val));
}

static void set_int(struct js *o, const char *key, uint64_t val)
{
	js_set(o, key, js_new_int((int64_t)val));
}

/*
 * Keys of the stream's header that the index keeps, under their names there; a key with "?" before
 * it is left out where it is not in the header.
 */
static int from_header(struct js *o, const struct shead *h, const char *const *strs,
		       const char *const *uints, struct err *e)
{
	char s[1100];
	uint64_t v;
	for (size_t i = 0; strs[i]; i += 2) {
		bool may_lack = *strs[i] == '?';
		if (shead_str(h, strs[i] + may_lack, s, sizeof s, e))
			return -1;
		if (*s || !may_lack)
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
	static const char *const strs[] = {"model",
					   "name",
					   "model_sha256",
					   "sha256",
					   "?precision",
					   "precision",
					   "?kernels",
					   "kernels",
					   "tokenizer_sha256",
					   "tokenizer_sha256",
					   "query_prefix",
					   "query_prefix",
					   "document_prefix",
					   "document_prefix",
					   NULL};
	static const char *const uints[] = {"dim", "dim", "max_tokens", "max_tokens", NULL};
	struct js *o = js_new_obj(), *j;
	struct provider *p = mem_alloc(sizeof *p);
	js_set(m, "model", o);
	int r = from_header(o, h, strs, uints, e) || provider_from_head(h, p, e) ? -1 : 0;
	if (!r && (j = provider_json(p)))
		js_set(o, "provider", j);
	mem_free(p);
	return r;
}

/* Arguments that made the chunks, as strings where they are. */
static int put_args(struct js *chunking, const struct shead *h, struct err *e)
{
	struct js *a;
	struct buf b = BUF_INIT;
	size_t n = 1;
	int r = 0;
	if (!shead_has(h, "chunk_args"))
		return 0;
	js_set(chunking, "args", a = js_new_arr());
	for (size_t i = 0; i < n && !r; i++) {
		buf_clear(&b);
		r = shead_bin_at(h, "chunk_args", i, &b, &n, e);
		if (!r && i < n)
			js_push(a, js_new_path(b.p ? b.p : (const uint8_t *)"", b.len));
	}
	buf_release(&b);
	return r;
}

static int put_chunking(struct js *m, const struct shead *h, struct err *e)
{
	static const char *const strs[] = {"?chunk_structure", "structure", "?chunk_licences", "licences",
					   "?context", "context", "?chunk_model", "model", NULL};
	static const char *const uints[] = {
		"chunk_version", "version", "chunk_max_tokens", "max_tokens", "chunk_overlap",
		"overlap",	 NULL};
	struct js *o = js_new_obj();
	js_set(m, "chunking", o);
	return from_header(o, h, strs, uints, e) || put_args(o, h, e) ? -1 : 0;
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

/* The mean of what old says of its was chunks and of v, of n more. */
static void put_mean(struct js *o, const struct js *old, const char *key, uint64_t was, double v, uint64_t n)
{
	double sum = js_num(js_get(old, key)) * (double)was + v * (double)n;
	js_set(o, key, js_new_real(sum / (double)(was + n)));
}

/* What updates added, after one that put chunks behind those that were there. */
static void put_delta(struct js *m, const struct collect *c, const struct build *b)
{
	const struct changes *x = &c->changes;
	const struct js *old = index_key(&x->base, "delta");
	struct index_counts n;
	struct js *o = js_new_obj();
	uint64_t was = (uint64_t)js_int(js_get(old, "embedded")), now = was + x->n_embedded;
	index_build_counts(c->ib, &n);
	js_set(m, "delta", o);
	set_int(o, "files", old ? (uint64_t)js_int(js_get(old, "files")) : x->base.n_files);
	set_int(o, "chunks", old ? (uint64_t)js_int(js_get(old, "chunks")) : x->base.n_chunks);
	set_int(o, "removed_files", n.removed_files);
	set_int(o, "removed_chunks", n.removed_chunks);
	set_int(o, "updates", (uint64_t)js_int(js_get(old, "updates")) + 1);
	set_int(o, "embedded", now);
	if (now) {
		put_mean(o, old, "reconstruction", was, b->reconstruction, x->n_embedded);
		put_mean(o, old, "coverage", was, b->health.coverage, x->n_embedded);
	}
	const char *main = js_str(js_get(old ? old : x->base.b.manifest, old ? "main" : "build_id"), NULL);
	if (main)
		set_str(o, "main", main);
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
	if (n.extracted_files) {
		set_int(o, "extracted_files", n.extracted_files);
		set_int(o, "extracted_bytes", n.extracted_bytes);
	}
	if (n.decoded_files)
		set_int(o, "decoded_files", n.decoded_files);
}

static void put_build(struct js *m, const struct build *b, const struct build_settings *s,
		      const struct shipped *codebook)
{
	char name[17];
	struct js *o = js_new_obj(), *a = js_new_obj(), *q = js_new_obj(), *g = js_new_obj();
	js_set(m, "build", o);
	set_int(o, "seed", s->seed);
	set_str(o, "backend", graph_backend_names[b->lists ? BACKEND_DISKANN : BACKEND_HNSW]);
	set_str(o, "complexity", graph_complexity_names[s->complexity]);
	js_set(o, "anchorSelection", a);
	set_str(a, "type", anchors_strategy_names[b->x.anchors.strategy]);
	set_int(a, "count", b->x.anchors.n);
	js_set(o, "quantization", q);
	set_int(q, "subVectors", b->x.pq.m);
	set_int(q, "codebookSize", pq_book_size(&b->x.pq));
	set_int(q, "rotatedDims", b->x.pq.drot);
	js_set(q, "residual", js_new_bool(b->x.pq.residual));
	if (b->x.pq.nibbles)
		set_int(q, "codeBits", 4);
	if (codebook) {
		shipped_name(codebook, name);
		set_str(q, "codebook", name);
	}
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
	js_set(o, "reconstruction", js_new_real(b->reconstruction));
	js_set(o, "balance", js_new_real(b->health.balance));
}

int make_manifest(struct js *m, const struct collect *c, const struct build *b,
		  const struct build_settings *s, const struct shipped *codebook, struct err *e)
{
	set_str(m, "writer", "leann-graph " LEANN_VERSION);
	if (put_model(m, &c->in.head, e) || put_chunking(m, &c->in.head, e) ||
	    put_roots(m, &c->in.head, e))
		return err_prefix(e, "stdin");
	set_str(m, "metric", "cosine");
	js_set(m, "languages", index_build_langs(c->ib));
	put_counts(m, c, b);
	if (c->changes.n_old) {
		put_delta(m, c, b);
		js_set(m, "build", js_copy(index_key(&c->changes.base, "build")));
		js_set(m, "quality", js_copy(index_key(&c->changes.base, "quality")));
	} else if (b->x.pq.m) {
		put_build(m, b, s, codebook);
		put_quality(m, b);
	}
	return 0;
}
