/* Options of leann-search; see settings.h. */
#include "settings.h"

#include <string.h>

#include "base/mem.h"
#include "base/opts.h"
#include "filters.h"

enum {
	OPT_EF = 256,
	OPT_NPROBE,
	OPT_NO_RECOMPUTE,
	OPT_RECOMPUTE,
	OPT_CANDIDATES,
	OPT_PROMOTE,
	OPT_RECOMPUTE_BATCH,
	OPT_SHORTLIST,
	OPT_DENSE,
	OPT_WEIGHT,
	OPT_EXPLAIN,
	OPT_BATCH,
	OPT_LIKE,
	OPT_PER_FILE,
	OPT_ALL_COPIES,
	OPT_RECALL,
	OPT_EARLY,
	OPT_CONFIDENCE,
	OPT_WITH,
	OPT_LANG,
	OPT_PATH,
	OPT_TYPE,
	OPT_FILTER,
	OPT_FORMAT,
	OPT_JSON,
	OPT_COLOR,
	OPT_MODEL,
	OPT_ENDPOINT,
	OPT_REMOTE,
	OPT_TIMEOUT,
	OPT_NO_START,
	OPT_MODE,
	OPT_RERANK_MODEL,
	OPT_RERANK_ENDPOINT,
	OPT_RERANK_DEPTH,
	OPT_NO_CACHE,
	OPT_NO_LOG,
	OPT_LINES,
	OPT_ROOT,
	OPT_CONFIG,
	OPT_SHOW,
};

static const struct opt table[] = {
	{'k', "top-k", "N", "hits to show (10)"},
	{OPT_WITH, "with", "INDEX", "search this index, too; again for more"},
	{OPT_LANG, "lang", "LIST", "only files in these languages, comma-separated"},
	{OPT_PATH, "path", "GLOB",
	 "only files whose path matches; again for more, \"!GLOB\" excludes"},
	{OPT_TYPE, "type", "LIST", "only files that are code, data, doc, mail or other"},
	{OPT_FILTER, "filter", "EXPR", "only passages for which it holds, see the manual; again for more"},
	{OPT_FORMAT, "format", "text|json", "for people (text) or one JSON object a question"},
	{OPT_JSON, "json", NULL, "the same as --format json"},
	{OPT_BATCH, "batch", "FILE", "questions from FILE, one a line (- is stdin)"},
	{OPT_LIKE, "like", "PATH[:LINE]", "no question: what is near the passage there"},
	{OPT_PER_FILE, "per-file", "N", "hits of one file at most"},
	{OPT_ALL_COPIES, "all-copies", NULL, "show a text that is there again as a hit of its own"},
	{OPT_LINES, "lines", "N", "preview lines a hit, for people (3)"},
	{OPT_RECOMPUTE, "recompute", "N", "embeddings to recompute a question (see the manual)"},
	{OPT_RECALL, "recall-target", ".90|.95|.99", "as many as find that share of the best hits"},
	{OPT_EARLY, "early-terminate", NULL, "only half of them where the hits stand out"},
	{OPT_CONFIDENCE, "confidence-threshold", "T", "by how much of their span (.5)"},
	{OPT_NO_RECOMPUTE, "no-recompute", NULL, "rank by the codes alone: faster, less exact"},
	{OPT_DENSE, "dense", NULL, "rank by meaning alone, not by words as well"},
	{OPT_WEIGHT, "word-weight", "X", "how much words count, 0 to 4 (1)"},
	{OPT_SHORTLIST, "shortlist", "N", "passages whose words are looked at (500)"},
	{OPT_EXPLAIN, "explain", NULL, "say where each score comes from"},
	{OPT_CANDIDATES, "candidates", "scan|graph|lists|two-level",
	 "scan every code, walk the graph over chunks, look into lists (what is there)"},
	{OPT_NPROBE, "nprobe", "N", "lists to look into (see the manual)"},
	{OPT_EF, "ef-search", "N", "breadth of the walk (200; two-level: 64)"},
	{OPT_PROMOTE, "promote", "RATIO", "two-level: share of what was met to recompute a step (.05)"},
	{OPT_RECOMPUTE_BATCH, "recompute-batch", "N", "two-level: so many at a time (16)"},
	{OPT_MODE, "mode", "retrieve|rerank", "rerank: let a model that reads both choose among the hits"},
	{OPT_RERANK_MODEL, "rerank-model", "NAME|DIR", "that model ($LEANN_RERANK_MODEL)"},
	{OPT_RERANK_DEPTH, "rerank-depth", "N", "hits that it reads (50)"},
	{OPT_RERANK_ENDPOINT, "rerank-endpoint", "EP", "server that has it, see leann-embed(7)"},
	{OPT_ROOT, "root", "DIR", "the files are below DIR now"},
	{OPT_MODEL, "model", "NAME|DIR", "the model, if not found under the index's name for it"},
	{OPT_ENDPOINT, "endpoint", "EP", "embedding server, see leann-embed(7)"},
	{OPT_REMOTE, "allow-remote", NULL, "let its provider be another machine: question and passages go there"},
	{OPT_TIMEOUT, "timeout", "SECONDS", "give up on the server after (60)"},
	{OPT_NO_START, "no-start", NULL, "do not start a server"},
	{OPT_NO_CACHE, "no-cache", NULL, "ask anew, and keep nothing for the next time"},
	{OPT_NO_LOG, "no-log", NULL, "do not write down how long it took"},
	{OPT_CONFIG, "config", "FILE", "settings, see leann-config(5)"},
	{OPT_SHOW, "show-config", NULL, "print every setting and where it comes from"},
	{OPT_COLOR, "color", "auto|always|never", "colours (auto)"},
	{'j', "threads", "N", "threads for the scan (processors)"},
	{0},
};

static const char *const colours[] = {"auto", "always", "never", NULL};	/* as enum colour */
static const char *const formats[] = {"text", "json", NULL};
static const char *const modes[] = {"retrieve", "rerank", NULL};
/* as enum source, from 1 */
static const char *const sources[] = {"scan", "graph", "lists", "two-level", NULL};

static void set_key(struct settings *s, const char *key, const struct opts *o)
{
	struct err e;
	if (config_set(&s->config, key, o->val, CONFIG_FLAG, &e))
		err_usage_die("--%s: %s", o->opt->name, e.msg);
}

static void use_config(struct settings *s)
{
	struct err e;
	int64_t ef;
	if (config_finish(&s->config, s->config_path, &e))
		err_die(&e);
	s->model = config_str(&s->config, "embeddingServer.model");
	s->embed.endpoint = config_str(&s->config, "embeddingServer.endpoint");
	s->embed.timeout_s = config_real(&s->config, "embeddingServer.timeout");
	s->reranker = config_str(&s->config, "reranker.model");
	s->rerank_endpoint = config_str(&s->config, "reranker.endpoint");
	s->rerank_depth = (size_t)config_int(&s->config, "reranker.depth");
	ef = config_int(&s->config, "hnsw.efSearch");
	if (ef)
		s->ef_search = (size_t)ef;
}

static double recall_target(const struct opts *o)
{
	static const char *const known[] = {".90", ".95", ".99", NULL};
	static const double value[] = {.90, .95, .99};
	double v = opts_real(o, 0, 1);
	for (size_t i = 0; i < 3; i++)
		if (v > value[i] - 1e-6 && v < value[i] + 1e-6)
			return v;
	return value[opts_word(o, known)];
}

static void set_option(struct settings *s, const struct opts *o, int c)
{
	struct err e;
	switch (c) {
	case 'k': s->top_k = (size_t)opts_num(o, 1, TOP_MAX); break;
	case 'j': s->n_threads = (size_t)opts_num(o, 1, 1024); break;
	case OPT_WITH:
		s->more = mem_realloc(s->more, (s->n_more + 1) * sizeof *s->more);
		s->more[s->n_more++] = o->val;
		break;
	case OPT_LANG: filters_langs(s, o->val); break;
	case OPT_PATH:
		if (globs_add(&s->globs, o->val, &e))
			err_die(&e);
		s->paths = mem_realloc(s->paths, (s->globs.n + 1) * sizeof *s->paths);
		s->paths[s->globs.n - 1] = o->val;
		s->paths[s->globs.n] = NULL;
		break;
	case OPT_TYPE: filters_type(s, o->val); break;
	case OPT_FILTER: filters_add(s, mem_strdup(o->val), "--filter"); break;
	case OPT_FORMAT: s->json = opts_word(o, formats) == 1; break;
	case OPT_JSON: s->json = true; break;
	case OPT_BATCH: s->batch = o->val; break;
	case OPT_LIKE: s->like = o->val; break;
	case OPT_PER_FILE: s->per_file = (size_t)opts_num(o, 1, TOP_MAX); break;
	case OPT_ALL_COPIES: s->all_copies = true; break;
	case OPT_RECALL: s->recall_target = recall_target(o); break;
	case OPT_EARLY: s->early = true; break;
	case OPT_CONFIDENCE: s->confidence = opts_real(o, .001, 10); break;
	case OPT_LINES: s->n_lines = (size_t)opts_num(o, 0, 100); break;
	case OPT_RECOMPUTE: s->recompute = (size_t)opts_num(o, 1, TOP_MAX); break;
	case OPT_NO_RECOMPUTE: s->no_recompute = true; break;
	case OPT_CANDIDATES: s->source = opts_word(o, sources) + 1; break;
	case OPT_NPROBE: s->n_probe = (size_t)opts_num(o, 1, 32768); break;
	case OPT_PROMOTE: s->promote = opts_real(o, .0001, 1); break;
	case OPT_RECOMPUTE_BATCH: s->recompute_batch = (size_t)opts_num(o, 1, TOP_MAX); break;
	case OPT_DENSE: s->dense = true; break;
	case OPT_EXPLAIN: s->explain = true; break;
	case OPT_WEIGHT: s->weight = opts_real(o, 0, 4); break;
	case OPT_SHORTLIST: s->candidates = (size_t)opts_num(o, 1, TOP_MAX); break;
	case OPT_EF: set_key(s, "hnsw.efSearch", o); break;
	case OPT_ROOT: s->root = o->val; break;
	case OPT_MODEL: set_key(s, "embeddingServer.model", o); break;
	case OPT_ENDPOINT: set_key(s, "embeddingServer.endpoint", o); break;
	case OPT_REMOTE: s->embed.allow_remote = true; break;
	case OPT_TIMEOUT: set_key(s, "embeddingServer.timeout", o); break;
	case OPT_MODE: s->rerank = opts_word(o, modes) == 1; break;
	case OPT_RERANK_MODEL: set_key(s, "reranker.model", o); break;
	case OPT_RERANK_ENDPOINT: set_key(s, "reranker.endpoint", o); break;
	case OPT_RERANK_DEPTH: set_key(s, "reranker.depth", o); break;
	case OPT_CONFIG: s->config_path = o->val; break;
	case OPT_SHOW: s->show_config = true; break;
	case OPT_NO_START: s->embed.no_start = true; break;
	case OPT_NO_CACHE: s->no_cache = true; break;
	case OPT_NO_LOG: s->no_log = true; break;
	case OPT_COLOR: s->colour = opts_word(o, colours); break;
	}
}

void settings_parse(int argc, char **argv, struct settings *s)
{
	struct opts o = {
		.table = table,
		.usage = "[options] INDEX QUESTION...\n       leann-search [options] --batch FILE "
			 "INDEX\n       leann-search [options] --like PATH[:LINE] INDEX",
		.summary = "Find the passages of an index that answer a question.",
	};
	config_init(&s->config);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		set_option(s, &o, c);
	use_config(s);
	if (s->show_config)
		goto out;
	if (o.n_args < 1)
		err_usage_die("which index?");
	s->index = o.args[0];
	for (size_t i = 1; i < o.n_args; i++)
		buf_printf(&s->question, "%s%s", i > 1 ? " " : "", o.args[i]);
	settings_check(s);
out:
	mem_free(o.args);
}

void settings_release(struct settings *s)
{
	globs_release(&s->globs);
	js_free(s->langs);
	mem_free(s->paths);
	mem_free(s->more);
	filters_release(s);
	buf_release(&s->question);
	config_release(&s->config);
}
