/* What a new index has of the one before it; see inherit.h. */
#include "inherit.h"

#include <string.h>

enum { EF_MAX = 100000 };

static size_t word_in(const char *word, const char *const *list, size_t none)
{
	for (size_t i = 0; word && list[i]; i++)
		if (!strcmp(word, list[i]))
			return i;
	return none;
}

/* Was it said by an option? Files and the environment may have changed since. */
static bool told(const struct settings *s, const char *key)
{
	return config_is_told(&s->config, key);
}

/* Codes that are kept decide how new ones are made, and anchors that stay are as they are. */
static int check(const struct settings *s, const struct collect *c, struct err *e)
{
	const struct changes *x = &c->changes;
	const char *base = x->base.b.path;
	bool anchors = told(s, "anchorSelection.count") || told(s, "anchorSelection.type");
	if (!x->full && (anchors || s->bytes_given || told(s, "quantization.codebook")))
		return err_set(e, ERR_USAGE, "%s: anchors and codes stay when chunks are put behind them: "
			       "give their options with leann-chunk --full", base);
	if (!x->n_kept)
		return 0;
	if (s->bytes_given && (size_t)config_int(&s->config, "quantization.subVectors") != x->base.pq.m)
		return err_set(e, ERR_USAGE, "--bytes: %zu passages keep their codes of %zu bytes: give "
			       "leann-chunk --reembed, too", x->n_kept, x->base.pq.m);
	if (told(s, "quantization.codebook"))
		return err_set(e, ERR_USAGE, "--codebook: %zu passages keep their codes: give "
			       "leann-chunk --reembed, too", x->n_kept);
	return 0;
}

static void take_codes(struct settings *s, const struct index *base, const struct js *b)
{
	struct pq_params *p = &s->build.enrich.pq;
	if (!base->chunks && base->n_chunks) {
		s->build.tiny = true;
		s->build.least_bytes = !s->bytes_given;
	}
	/* a codebook of the program serves few passages, whatever codes they would have else */
	if (s->bytes_given || js_get(js_get(b, "quantization"), "codebook") || !base->pq.m)
		return;
	s->build.least_bytes = false;
	p->m = base->pq.m;
	if (base->pq.nibbles)
		p->bits = 4;
}

static void take_graph(struct settings *s, const struct index *base, const struct js *b)
{
	struct build_settings *d = &s->build;
	const struct js *g = js_get(b, "graph");
	int64_t degree = js_int(js_get(g, "maxDegree")), ef = js_int(js_get(g, "efConstruction"));
	if (!told(s, "backend"))
		d->backend = (enum graph_backend)word_in(js_str(js_get(b, "backend"), NULL),
							 graph_backend_names, d->backend);
	if (d->kind == GRAPH_AUTO && base->chunk_graph.p)
		d->kind = GRAPH_OF_CHUNKS;
	if (told(s, "complexity"))
		return;		/* which decides the rest */
	d->complexity = (enum graph_complexity)word_in(js_str(js_get(b, "complexity"), NULL),
						       graph_complexity_names, d->complexity);
	if (!told(s, "hnsw.M") && degree >= 2 && degree <= GRAPH_DEGREE_MAX &&
	    (size_t)degree != d->graph.max_degree) {
		d->graph.max_degree = (size_t)degree;
		d->graph.min_degree = 0;
	}
	if (!told(s, "hnsw.efConstruction") && ef > 0 && ef <= EF_MAX)
		d->graph.ef_construction = (size_t)ef;
}

int inherit(struct settings *s, const struct collect *c, struct err *e)
{
	const struct index *base = &c->changes.base;
	const struct js *b = index_key(base, "build");
	struct anchors_params *a = &s->build.enrich.anchors;
	if (check(s, c, e))
		return -1;
	if (!b)
		return 0;
	take_graph(s, base, b);
	take_codes(s, base, b);
	if (!told(s, "anchorSelection.type"))
		a->strategy = (enum anchors_strategy)word_in(
			js_str(js_get(js_get(b, "anchorSelection"), "type"), NULL),
			anchors_strategy_names, a->strategy);
	return 0;
}
