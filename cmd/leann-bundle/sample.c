/* A sample of an index's passages, embedded again; see sample.h. */
#include "sample.h"

#include <string.h>

#include "algo/health.h"
#include "base/mem.h"
#include "base/progress.h"
#include "fmt/index_lists.h"
#include "search/leann_impl.h"
#include "search/why.h"
#include "sys/embed.h"

enum { QUERIES_MAX = 256, EMBED_ROUND = 256 };
#define SAMPLE_SEED 1	/* the same sample of the same index, always */

/* Rows of the sample, in ascending order of chunks: their numbers, embeddings and codes. */
struct rows_of {
	struct leann_index *ix;
	struct leann_searcher *s;
	uint32_t *ids;
	size_t n, dim, m;
	float *vec;			/* (n, dim) */
	uint8_t *codes, *packed;	/* (n, m) row-major; as search_scan() takes them */
	uint32_t *assign;		/* (n); residual codes only */
};

static void rows_release(struct rows_of *r)
{
	mem_free(r->ids);
	mem_free(r->vec);
	mem_free(r->codes);
	mem_free(r->packed);
	mem_free(r->assign);
	leann_searcher_free(r->s);
	leann_close(r->ix);
}

/* Passages ids[from..to-1] into vec from row r->n on; r->ids keeps those whose source is fresh. */
static int embed_round(struct rows_of *r, size_t from, size_t to, struct err *e)
{
	struct source_passage p = SOURCE_PASSAGE_INIT;
	struct buf text = BUF_INIT;
	struct wire_text t[EMBED_ROUND];
	size_t end[EMBED_ROUND], n = 0;
	int bad = 0;
	for (size_t i = from; i < to && !bad; i++) {
		bad = source_passage(r->s->a.src, r->ids[i], &p, e);
		if (bad || p.status != SOURCE_FRESH)
			continue;
		bad = source_embedded(r->s->a.src, r->ids[i], &p, &text, e);
		r->ids[r->n + n] = r->ids[i];
		end[n++] = text.len;
	}
	for (size_t i = 0; i < n; i++) {
		size_t at = i ? end[i - 1] : 0;
		t[i] = (struct wire_text){(const char *)text.p + at, end[i] - at};
	}
	if (!bad && n)
		bad = embed_texts(r->s->a.embed, t, n, WIRE_DOCUMENT, r->vec + r->n * r->dim, e);
	r->n += n;
	buf_release(&text);
	source_passage_release(&p);
	return bad;
}

/* Chunks of files that were not removed; how many. */
static size_t n_live(const struct index *ix)
{
	size_t n = 0;
	for (size_t i = 0; i < ix->n_files; i++) {
		struct index_file f;
		index_file(ix, i, &f);
		n += f.flags & FILE_REMOVED ? 0 : (size_t)f.n_chunks;
	}
	return n;
}

/* n of them, ascending. */
static void take_sample(const struct index *ix, size_t n, uint32_t *ids)
{
	size_t k = 0, before = 0;	/* of ids done; chunks not removed before file i */
	rows_sample(n_live(ix), n, SAMPLE_SEED, ids);
	for (size_t i = 0; i < ix->n_files && k < n; i++) {
		struct index_file f;
		index_file(ix, i, &f);
		if (f.flags & FILE_REMOVED)
			continue;
		for (; k < n && ids[k] < before + f.n_chunks; k++)
			ids[k] = (uint32_t)(f.first_chunk + ids[k] - before);
		before += (size_t)f.n_chunks;
	}
}

static int embed_all(struct rows_of *r, size_t n, bool quiet, struct err *e)
{
	struct progress shown;
	int bad = 0;
	take_sample(&r->ix->g.ix, n, r->ids);
	progress_start(&shown, "passages", n, quiet);
	for (size_t at = 0; at < n && !bad; at += EMBED_ROUND) {
		bad = embed_round(r, at, at + EMBED_ROUND < n ? at + EMBED_ROUND : n, e);
		progress_at(&shown, at);
	}
	progress_end(&shown, n);
	return bad;
}

/* The sample's codes, out of the index's. */
static int take_codes(struct rows_of *r, struct err *e)
{
	const struct engine *g = &r->ix->g;
	uint32_t *place = NULL;
	int bad = 0;
	if (g->ix.lists && index_places(&g->ix, &place, e))
		return -1;
	r->m = g->pq.m;
	r->codes = mem_array(r->n * r->m, 1);
	r->packed = mem_calloc(pq_packed_bytes(r->n, r->m), 1);
	if (g->assign)
		r->assign = mem_array(r->n, sizeof *r->assign);
	for (size_t i = 0; i < r->n && !bad; i++) {
		bad = index_code(&g->ix, place, r->ids[i], r->codes + i * r->m, e);
		if (g->assign)
			r->assign[i] = g->assign[place ? place[r->ids[i]] : r->ids[i]];
	}
	pq_pack(r->codes, r->n, r->m, r->packed);
	mem_free(place);
	return bad;
}

static int coverage(const struct rows_of *r, const struct rows *rows, struct par *par,
		    double *out, struct err *e)
{
	const struct rec_anchors *k = &r->ix->g.ix.anchors;
	struct anchors a = ANCHORS_INIT;
	float *cosine = mem_array(r->n, sizeof *cosine);
	size_t n = 0;
	anchors_load(&a, k->m, k->dim, k->q, k->scale);
	int bad = anchors_assign(rows, &a, par, NULL, cosine, e);
	for (size_t i = 0; i < r->n && !bad; i++)
		n += cosine[i] >= ANCHORS_COVER_COS;
	*out = (double)n / (double)r->n;
	anchors_release(&a);
	mem_free(cosine);
	return bad;
}

static int measure(struct rows_of *r, struct sample *out, struct err *e)
{
	const struct engine *g = &r->ix->g;
	struct rows_array array = {r->vec, r->dim};
	struct rows rows = rows_from_array(&array, r->n);
	struct search_codes codes = {.pq = &g->pq, .n = r->n, .residual = g->codes.residual};
	struct leann_params want = LEANN_PARAMS_INIT;
	struct plan plan;
	if (take_codes(r, e))
		return -1;
	codes.packed = r->packed;
	codes.assign = r->assign;
	want.dense = 1;	/* codes stand for meaning */
	if (searcher_plan(r->s, &want, &plan, e))
		return -1;
	struct recall_params p = {.dim = r->dim, .n_recompute = plan.n_recompute,
				  .n_queries = QUERIES_MAX};
	out->n_recompute = plan.n_recompute;
	recall_measure(r->vec, &codes, &p, r->s->a.par, &out->recall);
	return health_quantization(&rows, &codes, SAMPLE_SEED, r->s->a.par, &out->quantization,
				   e) ||
			       health_reconstruction(&rows, &g->pq, &g->anchors, r->assign,
						     r->codes, SAMPLE_SEED, &out->reconstruction, e) ||
			       coverage(r, &rows, r->s->a.par, &out->coverage, e)
		       ? -1
		       : 0;
}

int sample_measure(const struct sample_opts *o, struct sample *out, struct err *e)
{
	struct rows_of r = {0};
	struct leann_error why;
	struct leann_options lo = {.root = o->root, .model = o->model, .no_cache = 1};
	int bad = -1;
	*out = (struct sample){.n_wanted = o->n};
	if (leann_open(o->index, 0, &r.ix, &why) ||
	    leann_searcher_new(r.ix, &lo, &r.s, &why)) {
		leann_why(&why, e);
		goto out;
	}
	size_t live = n_live(&r.ix->g.ix);
	if (out->n_wanted > live)
		out->n_wanted = live;
	bad = 0;
	if (!out->n_wanted)
		goto out;
	r.dim = r.ix->g.ix.dim;
	r.ids = mem_array(out->n_wanted, sizeof *r.ids);
	r.vec = mem_array(out->n_wanted * r.dim, sizeof *r.vec);
	bad = searcher_ready(r.s, e) || embed_all(&r, out->n_wanted, o->quiet, e) ? -1 : 0;
	out->n = r.n;
	out->n_stale = out->n_wanted - r.n;
	if (!bad && r.n)
		bad = measure(&r, out, e);
out:
	rows_release(&r);
	return bad;
}
