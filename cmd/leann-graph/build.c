/* Enrichments that did not come, graphs, health; see build.h. */
#include "build.h"

#include <stdlib.h>
#include <string.h>

#include "algo/health.h"
#include "algo/lists.h"
#include "algo/pq_shipped.h"
#include "base/mem.h"
#include "fmt/copies.h"
#include "fmt/index_lists.h"
#include "search/engine.h"

/* A codebook that comes with the program is not in the index, and for so few that it serves smaller. */
enum { SMALL_CODE_BYTES = 16 };

const char *const graph_kind_names[] = {"anchors", "chunks", "none", "auto", NULL};
const char *const graph_backend_names[] = {"hnsw", "diskann", "auto", NULL};

enum {
	LISTS_FROM = 20000000,	/* chunks: below, scanning all codes takes less than 30 ms */
	GRAPH_FROM = 64,	/* anchors: fewer are compared with one by one */
};

void build_release(struct build *b)
{
	enrich_release(&b->x);
	graph_release(&b->anchor_graph);
	graph_release(&b->chunk_graph);
	mem_free(b->entry);
	mem_free(b->list_size);
	mem_free(b->packed);
}

/*
 * The anchors that came with the stream, which must be the nearest ones: the assignment is made
 * again for its cosines.
 */
static int load_anchors(struct build *b, const struct collect *c, struct err *e)
{
	size_t i = 0;
	while (anchors_strategy_names[i] && strcmp(anchors_strategy_names[i], c->anchors.strategy))
		i++;
	if (!anchors_strategy_names[i])
		return err_set(e, ERR_DATA, "stdin: anchors made by an unknown strategy \"%s\"",
			       c->anchors.strategy);
	anchors_load(&b->x.anchors, c->anchors.m, c->anchors.dim, c->anchors.q, c->anchors.scale);
	b->x.anchors.strategy = (enum anchors_strategy)i;
	b->x.anchors.seed = c->anchors.seed;
	return 0;
}

void build_load_codes(struct build *b, const struct collect *c, size_t n)
{
	engine_load_pq(&b->x.pq, &c->codebook);
	b->x.codes = mem_array(n, b->x.pq.m);
	memcpy(b->x.codes, c->codes.p, n * b->x.pq.m);
}

static int enrich(struct build *b, struct collect *c, const struct rows *rows,
		  const struct build_settings *s, struct par *par, struct err *e)
{
	const uint16_t *group = (const void *)c->lang.p;
	struct enrich_params params = s->enrich;
	char sha256[1100];
	if (shead_str(&c->in.head, "model_sha256", sha256, sizeof sha256, e))
		return err_prefix(e, "stdin");
	enrich_offer_shipped(&params, sha256);
	bool shipped = params.n_shipped && (params.book == ENRICH_BOOK_SHIPPED ||
					    (params.book == ENRICH_BOOK_AUTO &&
					     pq_shipped_serves(rows->n)));
	if (s->least_bytes && !shipped)
		params.pq.m = SMALL_CODE_BYTES;
	if (c->anchors.m && load_anchors(b, c, e))
		return -1;
	if (c->codebook.m)
		build_load_codes(b, c, rows->n);
	if (c->codebook.m && c->changes.on && build_embedded(b, c, s->seed, &b->embedded, par, e))
		return -1;
	if (enrich_anchors(rows, group, &params, par, &b->x, e))
		return -1;
	if (c->anchors.m && memcmp(b->x.assign, c->assign.p, c->assign.len))
		return err_set(e, ERR_DATA,
			       "stdin: chunks are assigned to other than their nearest anchors: "
			       "re-run leann-anchors");
	if (enrich_pq(rows, group, &params, par, &b->x, e))
		return -1;
	b->packed = mem_alloc(pq_packed_bytes(rows->n, b->x.pq.m));
	pq_pack(b->x.codes, rows->n, b->x.pq.m, b->packed);
	return 0;
}

/* Are there to be lists? auto: many codes, or more than half of the machine's memory. */
static bool want_lists(const struct build *b, const struct build_settings *s, size_t n)
{
	if (s->backend != BACKEND_AUTO)
		return s->backend == BACKEND_DISKANN;
	return n >= LISTS_FROM || (uint64_t)n * b->x.pq.m > mem_machine_bytes() / 2;
}

/* The codes in the order of the lists, once nothing needs them by number. */
static void lay_out(struct build *b, size_t n)
{
	size_t m = b->x.pq.m;
	uint32_t *order = mem_array(n, sizeof *order);
	uint8_t *rows = mem_array(PQ_BLOCK, m);
	index_list_order(b->x.assign, n, b->x.anchors.n, order);
	for (size_t at = 0; at < n; at += PQ_BLOCK) {
		size_t k = n - at < PQ_BLOCK ? n - at : PQ_BLOCK;
		for (size_t i = 0; i < k; i++)
			memcpy(rows + i * m, b->x.codes + order[at + i] * m, m);
		pq_pack(rows, k, m, b->packed + at * m);
	}
	mem_free(order);
	mem_free(rows);
}

/*
 * Sizes of the lists, and the chunk nearest to each anchor: lowest id on a tie, 0 if its list
 * is empty.
 */
static void list_anchors(struct build *b, size_t n)
{
	float *best = mem_array(b->x.anchors.n, sizeof *best);
	b->entry = mem_calloc(b->x.anchors.n, sizeof *b->entry);
	b->list_size = mem_calloc(b->x.anchors.n, sizeof *b->list_size);
	for (size_t i = 0; i < n; i++) {
		uint32_t a = b->x.assign[i];
		if (!b->list_size[a]++ || b->x.cosine[i] > best[a]) {
			best[a] = b->x.cosine[i];
			b->entry[a] = (uint32_t)i;
		}
	}
	mem_free(best);
}

void build_drop_copies(struct build *b, const struct collect *c, bool tiny, size_t n)
{
	struct copies x = copies_in(&c->copies);
	size_t m = b->x.pq.m, k = 0, at = 0;
	b->n_codes = n;
	if (!x.n_runs || b->lists || b->x.pq.residual || b->chunk_graph.n || tiny)
		return;
	uint8_t *rows = mem_array(n, m);
	for (size_t i = 0; i <= x.n_runs; i++) {
		size_t to = i < x.n_runs ? x.run[i].chunk : n;
		memcpy(rows + k * m, b->x.codes + at * m, (to - at) * m);
		k += to - at;
		at = i < x.n_runs ? to + x.run[i].n : n;
	}
	pq_pack(rows, k, m, b->packed);
	mem_free(rows);
	b->n_codes = k;
	b->copies = true;
}

static int make_graphs(struct build *b, struct collect *c, const struct build_settings *s,
		       struct par *par, struct err *e)
{
	const struct vec_kernels *k;
	if (vec_kernels_pick(&k, e))
		return -1;
	bool few = s->kind == GRAPH_AUTO && b->x.anchors.n < GRAPH_FROM && !b->lists;
	if (s->kind != GRAPH_NONE && !few)
		graph_build(b->x.anchors.vec, b->x.anchors.n, b->x.anchors.dim, &s->graph, k, par,
			    &b->anchor_graph);
	if (s->kind != GRAPH_OF_CHUNKS)
		return 0;
	const float *vecs;
	if (spool_map(&c->spool, &vecs, e))
		return -1;
	graph_build(vecs, c->spool.n, c->spool.dim, &s->graph, k, par, &b->chunk_graph);
	return 0;
}

static int measure(struct build *b, const struct rows *rows, const struct build_settings *s,
		   struct par *par, struct err *e)
{
	struct search_codes codes = {.pq = &b->x.pq, .packed = b->packed, .n = rows->n};
	struct pq_residual residual = {0};
	anchors_health(b->x.assign, b->x.cosine, rows->n, b->x.anchors.n, &b->health);
	if (health_reconstruction(rows, &b->x.pq, &b->x.anchors,
				  b->x.pq.residual ? b->x.assign : NULL, b->x.codes, s->seed,
				  &b->reconstruction, e))
		return -1;
	if (b->x.pq.residual) {
		pq_residual_init(&residual, &b->x.pq, &b->x.anchors);
		codes.residual = &residual;
		codes.assign = b->x.assign;
	}
	int r = health_quantization(rows, &codes, s->seed, par, &b->quantization_error, e);
	pq_residual_release(&residual);
	return r;
}

/*
 * Of a compaction: chunks whose codes were kept have no embedding any more but what the code
 * stands for, by which it looks perfect: the base's figures hold for them.
 */
static void mend_quality(struct build *b, const struct changes *x)
{
	double n = (double)(x->n_kept + x->n_embedded), kept = (double)x->n_kept / n;
	const struct js *q = index_key(&x->base, "quality");
	if (!x->n_kept)
		return;
	b->reconstruction = kept * js_num(js_get(q, "reconstruction")) + (1 - kept) * b->embedded;
	if (kept > .5)
		b->quantization_error = js_num(js_get(q, "quantizationError"));
}

int build_all(struct build *b, struct collect *c, const struct build_settings *s, struct par *par,
	      struct err *e)
{
	struct rows rows = {c->spool.n, c->spool.dim, spool_read, &c->spool};
	if (!rows.n)
		return 0;
	if (enrich(b, c, &rows, s, par, e))
		return -1;
	b->lists = want_lists(b, s, rows.n);
	if (b->lists)
		lists_renumber(&b->x.anchors, b->x.assign, rows.n);
	list_anchors(b, rows.n);
	if (make_graphs(b, c, s, par, e) || measure(b, &rows, s, par, e))
		return -1;
	if (c->changes.on)
		mend_quality(b, &c->changes);
	if (b->lists)
		lay_out(b, rows.n);
	build_drop_copies(b, c, s->tiny || c->tiny, rows.n);
	return 0;
}
