/* Opening an index for questions: codes, filter, chunk graph. See query.h. */
#include <string.h>

#include "algo/graph.h"
#include "algo/lang.h"
#include "base/le.h"
#include "base/mem.h"
#include "engine.h"
#include "fmt/csr.h"
#include "sys/glob.h"

/* The codec of the index; residual codes also need rotated anchors and each chunk's anchor. */
static void open_codes(struct engine *g)
{
	const struct rec_codebook *k = &g->ix.pq;
	const struct rec_anchors *a = &g->ix.anchors;
	g->pq = (struct pq){.dim = k->dim, .m = k->m, .ksub = k->ksub, .dsub = k->dsub,
			    .residual = k->residual, .seed = k->seed};
	pq_load(&g->pq, k->rot, k->rot_scale, k->cent, k->cent_scale);
	g->codes = (struct search_codes){.pq = &g->pq, .packed = g->ix.codes, .n = g->ix.n_chunks};
	if (!k->residual)
		return;
	anchors_load(&g->anchors, a->m, a->dim, a->q, a->scale);
	pq_residual_init(&g->residual, &g->pq, &g->anchors);
	g->assign = mem_array(g->ix.n_chunks, sizeof *g->assign);
	for (size_t i = 0; i < g->ix.n_chunks; i++)
		g->assign[i] = (uint32_t)column_get(&g->ix.assign, i);
	g->codes.residual = &g->residual;
	g->codes.assign = g->assign;
}

static int open_graph(struct engine *g, struct err *e)
{
	if (!g->ix.chunk_graph.p)
		return err_set(e, ERR_USAGE,
			       "%s has no graph over its chunks: build it with leann-graph "
			       "--graph chunks, or search it with --candidates scan",
			       g->ix.b.path);
	g->graph = mem_calloc(1, sizeof *g->graph);
	struct csr c = CSR_INIT;
	if (csr_unpack(g->ix.chunk_graph.p, g->ix.chunk_graph.n, &c, e))
		return err_prefix(e, "%s: damaged index: member chunk-graph", g->ix.b.path);
	g->graph->graph = (struct graph){c.n, c.offs, c.edges, c.entry};
	if (c.n != g->ix.n_chunks)
		return err_set(e, ERR_DATA,
			       "%s: damaged index: member chunk-graph has %zu nodes, want %zu",
			       g->ix.b.path, c.n, g->ix.n_chunks);
	return 0;
}

int engine_open(struct engine *g, const char *path, struct err *e)
{
	if (index_open(&g->ix, path, e))
		return -1;
	if (!g->ix.n_chunks)
		return 0;
	open_codes(g);
	return g->use_graph ? open_graph(g, e) : 0;
}

void engine_close(struct engine *g)
{
	if (g->graph) {
		graph_release(&g->graph->graph);
		graph_scratch_release(&g->graph->scratch);
		mem_free(g->graph);
	}
	pq_residual_release(&g->residual);
	anchors_release(&g->anchors);
	pq_release(&g->pq);
	mem_free(g->assign);
	mem_free(g->allow);
	index_close(&g->ix);
}

static bool lang_wanted(const struct js *langs, const char *name)
{
	for (size_t i = 0; i < js_len(langs); i++)
		if (!strcmp(js_str(js_at(langs, i), NULL), name))
			return true;
	return !langs;
}

/* A name that no file could have is a slip of the pen, not a question without hits. */
static int check_langs(const struct index *ix, const struct js *langs, struct err *e)
{
	for (size_t i = 0; i < js_len(langs); i++) {
		size_t n, k = 0;
		const char *name = js_str(js_at(langs, i), &n);
		while (k < ix->n_langs && strcmp(index_lang(ix, k), name))
			k++;
		if (k == ix->n_langs && !lang_by_name(name, n))
			return err_set(e, ERR_USAGE, "--lang: no language \"%s\"", name);
	}
	return 0;
}

/* The filter as it goes over the files: which languages, which paths, which chunks so far. */
struct filter {
	struct engine *g;
	const struct js *langs;
	const struct globs *globs;
};

/* One file; path is not looked at without globs. */
static int filter_file(void *ctx, size_t i, const uint8_t *path, size_t n, struct err *e)
{
	const struct filter *t = ctx;
	struct index_file f;
	(void)n;
	(void)e;
	index_file(&t->g->ix, i, &f);
	if (!lang_wanted(t->langs, index_lang(&t->g->ix, f.lang)) ||
	    (t->globs->n && !globs_take(t->globs, (const char *)path)))
		return 0;
	for (uint64_t c = f.first_chunk; c < f.first_chunk + f.n_chunks; c++)
		t->g->allow[c / 64] |= (uint64_t)1 << c % 64;
	return 0;
}

int engine_filter(struct engine *g, const struct js *langs, const struct globs *globs,
		  struct err *e)
{
	struct filter t = {g, langs, globs};
	if (check_langs(&g->ix, langs, e))
		return -1;
	mem_free(g->allow);
	g->allow = mem_calloc(g->ix.n_chunks / 64 + 1, sizeof *g->allow);
	if (globs->n)
		return index_each_path(&g->ix, filter_file, &t, e);
	for (size_t i = 0; i < g->ix.n_files; i++)
		if (filter_file(&t, i, NULL, 0, e))
			return -1;
	return 0;
}
