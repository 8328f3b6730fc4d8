/* Opening an index for questions: codec and chunk graph. See engine.h. */
#include "search/engine.h"

#include <string.h>

#include "base/js.h"
#include "base/map.h"
#include "base/mem.h"
#include "fmt/csr.h"
#include "fmt/index_lists.h"

void engine_load_pq(struct pq *pq, const struct rec_codebook *k)
{
	*pq = (struct pq){.dim = k->dim, .m = k->m, .ksub = k->ksub, .dsub = k->dsub,
			  .residual = k->residual, .nibbles = k->nibbles, .seed = k->seed};
	pq_load(pq, k->rot, k->rot_scale, k->cent, k->cent_scale);
}

int engine_unpack_graph(const struct index *ix, const struct index_graph *from, const char *member,
			size_t n_nodes, struct graph *to, struct err *e)
{
	struct csr c = CSR_INIT;
	if (csr_unpack(from->p, from->n, &c, e))
		return err_prefix(e, "%s: damaged index: member %s", ix->b.path, member);
	*to = (struct graph){c.n, c.offs, c.edges, c.entry};
	if (c.n != n_nodes)
		return err_set(e, ERR_DATA, "%s: damaged index: member %s has %zu nodes, want %zu",
			       ix->b.path, member, c.n, n_nodes);
	return 0;
}

/* The codec of the index; residual codes also need rotated anchors and each chunk's anchor. */
static void open_codes(struct engine *g)
{
	const struct rec_codebook *k = &g->ix.pq;
	const struct rec_anchors *a = &g->ix.anchors;
	engine_load_pq(&g->pq, k);
	g->codes = (struct search_codes){.pq = &g->pq, .packed = g->ix.codes, .n = g->ix.n_codes};
	if (!k->residual)
		return;
	anchors_load(&g->anchors, a->m, a->dim, a->q, a->scale);
	pq_residual_init(&g->residual, &g->pq, &g->anchors);
	g->assign = mem_array(g->ix.n_chunks, sizeof *g->assign);
	for (size_t i = 0; !g->ix.lists && i < g->ix.n_chunks; i++)
		g->assign[i] = (uint32_t)column_get(&g->ix.assign, i);
	for (size_t l = 0; g->ix.lists && l < a->m; l++)
		for (size_t i = g->ix.list_start[l]; i < g->ix.list_start[l + 1]; i++)
			g->assign[i] = (uint32_t)l;
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
	return engine_unpack_graph(&g->ix, &g->ix.chunk_graph, "chunk-graph", g->ix.n_chunks,
				   &g->graph, e);
}

/* The graph over anchors, and how the lists and codes will be read. */
static int open_lists(struct engine *g, struct err *e)
{
	static const size_t ef[] = {50, 100, 200};
	const char *word = js_str(index_key(&g->ix, "build.complexity"), NULL);
	g->ef_lists = ef[GRAPH_MEDIUM];
	for (size_t i = 0; word && graph_complexity_names[i]; i++)
		if (!strcmp(word, graph_complexity_names[i]))
			g->ef_lists = ef[i];
	map_hint(g->ix.codes, pq_packed_bytes(g->ix.n_chunks, g->pq.m), MAP_SPARSE);
	map_hint(g->ix.lists->p, g->ix.lists->n, MAP_SPARSE);
	if (!g->ix.anchor_graph.p)
		return 0;
	return engine_unpack_graph(&g->ix, &g->ix.anchor_graph, "anchor-graph", g->ix.anchors.m,
				   &g->lists_graph, e);
}

/* Removed files are left out by a filter that every question has. */
static int find_live(struct engine *g, struct err *e)
{
	size_t n;
	for (size_t i = 0; i < g->ix.n_files; i++)
		if (column_get(&g->ix.flags, i) & FILE_REMOVED)
			return allow_make(g, NULL, NULL, &g->live, &n, e);
	return 0;
}

int engine_open(struct engine *g, const char *path, bool graph, struct err *e)
{
	*g = (struct engine){0};
	if (index_open(&g->ix, path, e))
		return -1;
	if (!g->ix.n_chunks)
		return 0;
	open_codes(g);
	if (find_live(g, e) || (g->ix.lists && open_lists(g, e)))
		return -1;
	if (graph && open_graph(g, e))
		return -1;
	/* who scores chunks by number has to know where their codes are */
	bool by_number = graph || g->ix.postings.n_words;
	return g->ix.lists && by_number ? index_places(&g->ix, &g->place, e) : 0;
}

void engine_close(struct engine *g)
{
	mem_free(g->live);
	graph_release(&g->graph);
	graph_release(&g->lists_graph);
	mem_free(g->place);
	pq_residual_release(&g->residual);
	anchors_release(&g->anchors);
	pq_release(&g->pq);
	mem_free(g->assign);
	index_close(&g->ix);
}
