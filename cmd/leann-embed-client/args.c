/* The command line and the settings; see args.h. */
#include "args.h"

#include <string.h>

#include "base/mem.h"
#include "base/opts.h"

enum {
	ID_ENDPOINT = 256, ID_MODEL, ID_PRECISION, ID_TIMEOUT, ID_BATCH, ID_NO_START, ID_INFO, ID_CONFIG,
	ID_SHOW, ID_JOURNAL, ID_TEXTS,
};

static const struct opt table[] = {
	{ID_ENDPOINT, "endpoint", "EP", "server to ask ($LEANN_ENDPOINT, else the user's own)"},
	{ID_MODEL, "model", "NAME|DIR", "model of that server ($LEANN_MODEL, else the default)"},
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
	return a;
}

void args_release(struct args *a)
{
	config_release(&a->config);
	while (a->n_data_args)
		mem_free(a->data_args[--a->n_data_args]);
}
