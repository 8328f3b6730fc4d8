/* Options, configuration and what they come to; see settings.h. */
#include "settings.h"

#include <string.h>

#include "base/mem.h"
#include "base/opts.h"

enum {
	OPT_GRAPH = 256,
	OPT_BACKEND,
	OPT_COMPLEXITY,
	OPT_MAX_DEGREE,
	OPT_MIN_DEGREE,
	OPT_HUBS,
	OPT_EF,
	OPT_ANCHORS,
	OPT_STRATEGY,
	OPT_BYTES,
	OPT_BOOK,
	OPT_WAIT,
	OPT_CONFIG,
	OPT_SHOW,
	OPT_TINY,
	OPT_UPDATE,
};

static const struct opt table[] = {
	{'o', "output", "FILE", "the index to write (needed)"},
	{OPT_UPDATE, "update", "INDEX", "the stream has changes to it; -o is INDEX unless given"},
	{OPT_GRAPH, "graph", "KIND", "graph over: anchors, chunks, none, or auto (auto)"},
	{OPT_BACKEND, "backend", "WORD", "hnsw, diskann (codes in anchors' lists), or auto (auto)"},
	{OPT_COMPLEXITY, "complexity", "WORD", "low, medium or high (medium)"},
	{OPT_MAX_DEGREE, "max-degree", "N", "links of a hub (12, 16, 32 by complexity)"},
	{OPT_MIN_DEGREE, "min-degree", "N", "links of any other node (half of that)"},
	{OPT_HUBS, "hub-fraction", "X", "share of nodes that are hubs (.02)"},
	{OPT_EF, "ef-construction", "N", "candidates for a node's links (100, 200, 400)"},
	{OPT_ANCHORS, "anchor-count", "N", "anchors, if the stream brings none (by chunks)"},
	{OPT_STRATEGY, "anchor-strategy", "NAME",
	 "of such anchors: random, kmeans, max-coverage or stratified-kmeans (kmeans)"},
	{OPT_BYTES, "bytes", "N", "bytes of a code, if the stream brings none (24)"},
	{OPT_BOOK, "codebook", "WORD", "of such codes: auto, shipped or train (auto)"},
	{OPT_TINY, "tiny", NULL, "the smallest index: 16-byte codes, no spans of passages"},
	{OPT_WAIT, "wait", "SECONDS", "wait so long for another writer (0)"},
	{OPT_CONFIG, "config", "FILE", "settings, see leann-config(5)"},
	{OPT_SHOW, "show-config", NULL, "print every setting and where it comes from"},
	{'s', "seed", "N", "seed of what is drawn at random (42)"},
	{'j', "threads", "N", "threads (processors)"},
	{'q', "quiet", NULL, "no progress"},
	{'v', "verbose", NULL, "say what was built"},
	{0},
};

static void set_key(struct settings *s, const char *key, const struct opts *o)
{
	struct err e;
	if (config_set(&s->config, key, o->val, CONFIG_FLAG, &e))
		err_usage_die("--%s: %s", o->opt->name, e.msg);
}

static void set_option(struct settings *s, const struct opts *o, int c)
{
	switch (c) {
	case 'o': s->out = o->val; break;
	case 's':
		s->build.seed = (uint64_t)opts_num(o, 0, INT64_MAX);
		s->build.enrich.anchors.seed = s->build.enrich.pq.seed = s->build.seed;
		break;
	case 'j': s->n_threads = (size_t)opts_num(o, 1, 1024); break;
	case 'q': s->build.quiet = true; break;
	case 'v': s->verbose = true; break;
	case OPT_GRAPH: s->build.kind = (enum graph_kind)opts_word(o, graph_kind_names); break;
	case OPT_BACKEND: set_key(s, "backend", o); break;
	case OPT_COMPLEXITY: set_key(s, "complexity", o); break;
	case OPT_MAX_DEGREE: set_key(s, "hnsw.M", o); break;
	case OPT_MIN_DEGREE: s->min_degree = (size_t)opts_num(o, 1, GRAPH_DEGREE_MAX / 2); break;
	case OPT_HUBS: s->hubs = opts_real(o, 0, 1); break;
	case OPT_EF: set_key(s, "hnsw.efConstruction", o); break;
	case OPT_ANCHORS: set_key(s, "anchorSelection.count", o); break;
	case OPT_STRATEGY: set_key(s, "anchorSelection.type", o); break;
	case OPT_BYTES:
		set_key(s, "quantization.subVectors", o);
		s->bytes_given = true;
		break;
	case OPT_UPDATE: s->base = o->val; break;
	case OPT_TINY: s->build.tiny = true; break;
	case OPT_BOOK: set_key(s, "quantization.codebook", o); break;
	case OPT_CONFIG: s->config_path = o->val; break;
	case OPT_SHOW: s->show = true; break;
	case OPT_WAIT: s->wait_s = opts_real(o, 0, 86400); break;
	}
}

static size_t word_of(const char *word, const char *const *list)
{
	size_t i = 0;
	while (list[i + 1] && strcmp(word, list[i]))
		i++;
	return i;
}

/*
 * What anchors and codes are made of, where the stream brings none: as leann-anchors and
 * leann-pq do.
 */
static void set_enrich(const struct config *c, struct enrich_params *p)
{
	p->anchors.strategy =
		(enum anchors_strategy)word_of(config_anchor_type(c), anchors_strategy_names);
	p->anchors.count = (size_t)config_int(c, "anchorSelection.count");
	p->anchors.samples = (size_t)config_int(c, "anchorSelection.samples");
	p->anchors.diversity_threshold = config_real(c, "anchorSelection.diversityThreshold");
	p->anchors.min_per_group =
		(size_t)config_int(c, "anchorSelection.stratification.minPerGroup");
	p->anchors.equal =
		!strcmp(config_str(c, "anchorSelection.stratification.allocation"), "equal");
	p->pq.m = (size_t)config_int(c, "quantization.subVectors");
	p->pq.ksub = (size_t)config_int(c, "quantization.codebookSize");
	p->pq.bits = (size_t)config_int(c, "quantization.codeBits");
	p->book = enrich_book_of(config_str(c, "quantization.codebook"));
	p->pq.samples = (size_t)config_int(c, "quantization.trainingSamples");
}

static void set_graph(struct settings *s)
{
	struct graph_params *g = &s->build.graph;
	size_t m = (size_t)config_int(&s->config, "hnsw.M");
	size_t ef = (size_t)config_int(&s->config, "hnsw.efConstruction");
	s->build.complexity =
		(enum graph_complexity)word_of(config_str(&s->config, "complexity"),
					       graph_complexity_names);
	*g = graph_params_for(s->build.complexity);
	if (m)
		g->max_degree = m;
	if (s->min_degree)
		g->min_degree = s->min_degree;
	if (ef)
		g->ef_construction = ef;
	if (s->hubs >= 0)
		g->hub_fraction = s->hubs;
	if (g->min_degree > g->max_degree)
		err_usage_die("--min-degree %zu is over --max-degree %zu", g->min_degree,
			      g->max_degree);
}

static void use_config(struct settings *s)
{
	struct err e;
	s->build.least_bytes = s->build.tiny && !s->bytes_given;
	if (config_finish(&s->config, s->config_path, &e))
		err_die(&e);
	s->build.backend = (enum graph_backend)word_of(config_str(&s->config, "backend"),
						       graph_backend_names);
	set_enrich(&s->config, &s->build.enrich);
	set_graph(s);
}

void settings_parse(int argc, char **argv, struct settings *s)
{
	struct opts o = {
		.table = table,
		.usage = "[options] -o FILE <vectors",
		.summary = "Write the index of a vector stream.",
	};
	config_init(&s->config);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		set_option(s, &o, c);
	if (o.n_args)
		err_usage_die("%s: the vectors come on standard input, the index goes to -o FILE",
			      o.args[0]);
	if (!s->out)
		s->out = s->base;
	if (!s->out && !s->show)
		err_usage_die("where to? -o FILE is needed");
	use_config(s);
	mem_free(o.args);
}
