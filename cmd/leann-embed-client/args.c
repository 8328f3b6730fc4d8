/* The command line and the settings; see args.h. */
#include "args.h"

#include <string.h>

#include "base/mem.h"
#include "base/opts.h"
#include "fmt/index.h"
#include "sys/gateway.h"
#include "sys/prompts.h"

enum {
	ID_ENDPOINT = 256, ID_MODEL, ID_PRECISION, ID_TIMEOUT, ID_BATCH, ID_NO_START, ID_INFO, ID_CONFIG,
	ID_SHOW, ID_JOURNAL, ID_TEXTS, ID_PROVIDER, ID_DIMENSIONS, ID_QUERY, ID_DOCUMENT, ID_FOR, ID_REMOTE,
	ID_KEY_FILE,
};

static const struct opt table[] = {
	{ID_ENDPOINT, "endpoint", "EP|URL", "server to ask ($LEANN_ENDPOINT, else the user's own), or provider"},
	{ID_MODEL, "model", "NAME|DIR", "model of that server ($LEANN_MODEL, else the default)"},
	{ID_PROVIDER, "provider", "NAME", "a server of others embeds: openai, ollama, tei or leann"},
	{ID_DIMENSIONS, "dimensions", "N", "of a provider whose model lets one choose"},
	{ID_QUERY, "query-prefix", "TEXT", "what a provider's model wants before questions (by its name)"},
	{ID_DOCUMENT, "document-prefix", "TEXT", "and before passages (by its name)"},
	{ID_REMOTE, "allow-remote", NULL, "let the provider be another machine: passages go there"},
	{ID_KEY_FILE, "key-file", "FILE", "the provider's key is in this file; nobody else may read it"},
	{ID_FOR, "for", "INDEX", "ask whom the index was made with: provider, model, prefixes"},
	{ID_PRECISION, "precision", "NAME", "of that server: fp32, bf16, int8 or auto (auto)"},
	{ID_TIMEOUT, "timeout", "S", "seconds a request may take, server start included (60)"},
	{ID_BATCH, "batch-size", "N", "texts of a request, at most (64)"},
	{'j', "in-flight", "N", "requests under way at once (4)"},
	{ID_JOURNAL, "journal", "FILE", "keep embeddings in FILE, use those of a run that was interrupted"},
	{ID_TEXTS, "texts", NULL, "leave every chunk its text, beside the vector"},
	{ID_NO_START, "no-start", NULL, "do not start a server: exit 75 when none runs"},
	{ID_INFO, "info", NULL, "print what the server says of itself as JSON; no input is read"},
	{ID_CONFIG, "config", "FILE", "settings, see leann-config(5)"},
	{ID_SHOW, "show-config", NULL, "print every setting and where it comes from"},
	{'q', "quiet", NULL, "no progress line"},
	{'v', "verbose", NULL, "say at the end how much was done and how fast"},
	{0},
};

/* A request of 4096 tokens takes about a second on two cores: small enough to share a server. */
#define LIMITS_DEFAULT {.batch_texts = 64, .batch_tokens = 4096, .in_flight = 4}

/* A later one replaces an earlier one. val: NULL, the option takes none. */
static void add_data_arg(struct args *a, const char *name, const char *val)
{
	size_t i = 0;
	while (i < a->n_data_args && strncmp(a->data_args[i], name, strlen(name)))
		i++;
	if (i < a->n_data_args)
		mem_free(a->data_args[i]);
	else
		a->n_data_args++;
	a->data_args[i] = mem_printf("%s%s%s", name, val ? "=" : "", val ? val : "");
}

static void set_key(struct args *a, const char *key, const struct opts *o)
{
	struct err e;
	if (config_set(&a->config, key, o->val, CONFIG_FLAG, &e))
		err_usage_die("--%s: %s", o->opt->name, e.msg);
}

/* What is asked for besides what embed_opts has. */
struct given {
	const char *provider, *query, *document, *index;
	size_t dimensions;
};

static void set_text(char *out, size_t cap, const char *option, const char *text)
{
	if (strlen(text) >= cap)
		err_usage_die("--%s: %zu bytes, the limit is %zu", option, strlen(text), cap - 1);
	memcpy(out, text, strlen(text) + 1);
}

/* The provider that the options describe. */
static void use_provider(struct args *a, const struct given *g)
{
	struct provider *p = a->provider = mem_calloc(1, sizeof *p);
	const char *url = a->embed.endpoint ? a->embed.endpoint : gateway_default_url(g->provider);
	struct err e;
	set_text(p->api, sizeof p->api, "provider", g->provider);
	set_text(p->url, sizeof p->url, "endpoint", url ? url : "");
	set_text(p->model, sizeof p->model, "model", a->embed.model ? a->embed.model : "");
	set_text(p->query_prefix, sizeof p->query_prefix, "query-prefix", g->query ? g->query : "");
	set_text(p->document_prefix, sizeof p->document_prefix, "document-prefix", g->document ? g->document : "");
	p->dimensions = g->dimensions;
	prompts_fill(p, g->query, g->document);
	if (gateway_check(p, &e))
		err_usage_die("--provider: %s", e.msg);
	a->embed.endpoint = NULL;
	a->embed.provider_given = true;
}

/* That of an index, which may have none; then nothing is different. */
static void use_index(struct args *a, const char *path)
{
	struct index ix;
	struct err e;
	a->provider = mem_alloc(sizeof *a->provider);
	if (index_open(&ix, path, &e) || provider_from_json(index_key(&ix, "model"), path, a->provider, &e))
		err_die(&e);
	index_close(&ix);
	a->embed.whose = path;
	if (*a->provider->api)
		return;
	mem_free(a->provider);
	a->provider = NULL;
}

static void use_any_provider(struct args *a, const struct given *g)
{
	if (g->provider && g->index)
		err_usage_die("--provider and --for: only one of them");
	if (!g->provider && (g->query || g->document || g->dimensions))
		err_usage_die("--%s goes with --provider", g->query	 ? "query-prefix"
							   : g->document ? "document-prefix"
									 : "dimensions");
	if (g->provider)
		use_provider(a, g);
	else if (g->index)
		use_index(a, g->index);
	a->embed.provider = a->provider;
	if (a->provider && a->embed.precision && strcmp(a->embed.precision, "auto"))
		err_usage_die("--precision %s: what a provider computes in is its own business", a->embed.precision);
}

/* Settings of all origins into place. */
static void use_config(struct args *a)
{
	struct err e;
	int64_t batch;
	if (config_finish(&a->config, a->config_path, &e))
		err_die(&e);
	a->embed.endpoint = config_str(&a->config, "embeddingServer.endpoint");
	a->embed.model = config_str(&a->config, "embeddingServer.model");
	a->embed.precision = config_str(&a->config, "embeddingServer.precision");
	a->embed.timeout_s = config_real(&a->config, "embeddingServer.timeout");
	batch = config_int(&a->config, "embeddingServer.batchSize");
	if (batch)
		a->limits.batch_texts = (size_t)batch;
}

struct args args_parse(int argc, char **argv)
{
	struct args a = {.embed = EMBED_OPTS_INIT, .limits = LIMITS_DEFAULT};
	struct given g = {0};
	struct opts o = {.table = table, .usage = "[options] <CHUNKS >VECTORS",
			 .summary = "turn a chunk stream into a vector stream"};
	config_init(&a.config);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		switch (c) {
		case ID_ENDPOINT: set_key(&a, "embeddingServer.endpoint", &o); break;
		case ID_MODEL:
			set_key(&a, "embeddingServer.model", &o);
			add_data_arg(&a, "--model", o.val);
			break;
		case ID_PRECISION:
			set_key(&a, "embeddingServer.precision", &o);
			add_data_arg(&a, "--precision", o.val);
			break;
		case ID_TIMEOUT: set_key(&a, "embeddingServer.timeout", &o); break;
		case ID_BATCH:
			set_key(&a, "embeddingServer.batchSize", &o);
			add_data_arg(&a, "--batch-size", o.val);
			break;
		case 'j': a.limits.in_flight = (size_t)opts_num(&o, 1, EMBED_OPEN_MAX); break;
		case ID_JOURNAL: a.journal = o.val; break;
		case ID_TEXTS:
			a.limits.keep_texts = true;
			add_data_arg(&a, "--texts", NULL);
			break;
		case ID_PROVIDER: add_data_arg(&a, "--provider", g.provider = o.val); break;
		case ID_DIMENSIONS:
			g.dimensions = (size_t)opts_num(&o, 1, PROVIDER_DIM_MAX);
			add_data_arg(&a, "--dimensions", o.val);
			break;
		case ID_QUERY: add_data_arg(&a, "--query-prefix", g.query = o.val); break;
		case ID_DOCUMENT: add_data_arg(&a, "--document-prefix", g.document = o.val); break;
		case ID_REMOTE: a.embed.allow_remote = true; break;
		case ID_KEY_FILE: a.embed.key_file = o.val; break;
		case ID_FOR: g.index = o.val; break;
		case ID_NO_START: a.embed.no_start = true; break;
		case ID_INFO: a.info = true; break;
		case ID_CONFIG: a.config_path = o.val; break;
		case ID_SHOW: a.show = true; break;
		case 'q': a.quiet = true; break;
		case 'v': a.verbose = true; break;
		}
	if (o.n_args)
		err_usage_die("%s: no operands are taken: the stream is read from stdin",
			      o.args[0]);
	mem_free(o.args);
	use_config(&a);
	if (!a.show)
		use_any_provider(&a, &g);
	return a;
}

void args_release(struct args *a)
{
	config_release(&a->config);
	mem_free(a->provider);
	while (a->n_data_args)
		mem_free(a->data_args[--a->n_data_args]);
}
