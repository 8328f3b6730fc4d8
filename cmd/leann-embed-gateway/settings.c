/* Options of leann-embed-gateway; see settings.h. */
#include "settings.h"

#include <stdio.h>
#include <string.h>

#include "base/env.h"
#include "base/mem.h"
#include "base/opts.h"
#include "sys/gateway.h"
#include "sys/prompts.h"
#include "sys/secret.h"
#include "sys/url.h"

enum {
	ID_PROVIDER = 256,
	ID_URL,
	ID_MODEL,
	ID_DIMENSIONS,
	ID_QUERY,
	ID_DOCUMENT,
	ID_REMOTE,
	ID_KEY_FILE,
	ID_TIMEOUT,
	ID_ENDPOINT,
	ID_IDLE,
	ID_DAEMON,
	ID_STOP,
};

enum { THREADS_MAX = 64 };

static const struct opt table[] = {
	{ID_PROVIDER, "provider", "NAME", "API to speak: openai, ollama, tei or leann"},
	{ID_URL, "url", "URL", "where the provider is (where that API listens)"},
	{ID_MODEL, "model", "NAME", "model to ask for"},
	{ID_DIMENSIONS, "dimensions", "N", "numbers of an embedding, of models that let one choose"},
	{ID_QUERY, "query-prefix", "TEXT", "put before questions (what the model's authors say)"},
	{ID_DOCUMENT, "document-prefix", "TEXT", "put before passages (what the model's authors say)"},
	{ID_REMOTE, "allow-remote", NULL, "let it be another machine: questions and passages go there"},
	{ID_KEY_FILE, "key-file", "FILE", "the key is in this file; nobody else may read it"},
	{ID_TIMEOUT, "timeout", "S", "seconds for an answer of the provider (48)"},
	{'j', "threads", "N", "requests to it at once; one more for questions (4)"},
	{ID_ENDPOINT, "endpoint", "EP", "ipc:///PATH or tcp://127.0.0.1:PORT to serve (the user's own)"},
	{ID_IDLE, "idle-timeout", "S", "leave after S seconds without requests (0: never)"},
	{ID_DAEMON, "daemon", NULL, "go to the background when ready; fine if one runs already"},
	{ID_STOP, "stop", NULL, "stop the gateway of this endpoint and wait until it is gone"},
	{0},
};

struct given {
	const char *url, *key_file;
	bool remote, query, document;
};

static void set_text(char *out, size_t cap, const struct opts *o)
{
	size_t n = strlen(o->val);
	if (n >= cap)
		err_usage_die("--%s: %zu bytes, the limit is %zu", o->opt->name, n, cap - 1);
	memcpy(out, o->val, n + 1);
}

static void set_option(struct settings *s, struct given *g, const struct opts *o, int c)
{
	struct provider *p = &s->c.p;
	switch (c) {
	case ID_PROVIDER: snprintf(p->api, sizeof p->api, "%s", provider_apis[opts_word(o, provider_apis)]); break;
	case ID_URL: g->url = o->val; break;
	case ID_MODEL: set_text(p->model, sizeof p->model, o); break;
	case ID_DIMENSIONS: p->dimensions = (size_t)opts_num(o, 1, PROVIDER_DIM_MAX); break;
	case ID_QUERY:
		set_text(p->query_prefix, sizeof p->query_prefix, o);
		g->query = true;
		break;
	case ID_DOCUMENT:
		set_text(p->document_prefix, sizeof p->document_prefix, o);
		g->document = true;
		break;
	case ID_REMOTE: g->remote = true; break;
	case ID_KEY_FILE: g->key_file = o->val; break;
	case ID_TIMEOUT: s->c.timeout_s = opts_real(o, .01, 86400); break;
	case 'j': s->n_threads = (size_t)opts_num(o, 1, THREADS_MAX); break;
	case ID_ENDPOINT: s->endpoint = o->val; break;
	case ID_IDLE: s->idle_s = opts_real(o, 0, 1e9); break;
	case ID_DAEMON: s->daemon = true; break;
	case ID_STOP: s->stop = true; break;
	}
}

/* OPENAI_API_KEY is for OpenAI alone: many have it set who ask other servers here. */
static bool is_openai(const struct provider *p)
{
	struct buf host = BUF_INIT;
	url_host(p->url, &host);
	bool r = !strcmp(p->api, "openai") && host.len && !strcmp((const char *)host.p, "api.openai.com");
	buf_release(&host);
	return r;
}

static void read_key(struct settings *s, const struct given *g)
{
	static const char own[] = "LEANN_EMBED_API_KEY", openai[] = "OPENAI_API_KEY";
	const char *file = g->key_file, *key = NULL, *name = own;
	struct err e;
	if (!file && !(key = env_get(own)))
		file = env_get("LEANN_EMBED_API_KEY_FILE");
	if (!file && !key && is_openai(&s->c.p))
		key = env_get(name = openai);
	if (file ? secret_read(file, 1, &s->c.key, &e) : key ? secret_check(name, key, strlen(key), 1, &e) : 0)
		err_die(&e);
	if (!file && key)
		buf_adds(&s->c.key, key);
}

/* Texts and keys go where the user said, and to nobody who reads along. */
static void check_url(struct settings *s, const struct given *g)
{
	const struct provider *p = &s->c.p;
	bool loopback = url_is_loopback(p->url), https = false, says;
	struct err e;
	if (gateway_check(p, &e))
		err_usage_die("%s", e.msg);
	if (strcmp(p->api, "leann") && http_url_check(p->url, &says, &https, &e))
		err_usage_die("--url: %s", e.msg);
	if (strcmp(p->api, "leann") && loopback && !says)
		err_usage_die("--url: %s: which host is that?", p->url);
	if (gateway_consent(p, g->remote, "--url", &e))
		err_usage_die("%s", e.msg);
	read_key(s, g);
	if (s->c.key.len && !loopback && !https)
		err_usage_die("--url: %s: a key goes to another machine over https alone", p->url);
}

void settings_parse(int argc, char **argv, struct settings *s)
{
	struct opts o = {.table = table, .usage = "--provider NAME --model NAME [options]",
			 .summary = "answer requests for embeddings over ZeroMQ by asking a provider"};
	struct given g = {0};
	*s = (struct settings){.n_threads = 4, .c = {.timeout_s = 48}};
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		set_option(s, &g, &o, c);
	if (o.n_args)
		err_usage_die("%s: no operands are taken", o.args[0]);
	mem_free(o.args);
	struct provider *p = &s->c.p;
	if (!*p->api && !(s->stop && s->endpoint))
		err_usage_die("which --provider: openai, ollama, tei or leann?");
	const char *url = g.url ? g.url : gateway_default_url(p->api);
	if (url && strlen(url) >= sizeof p->url)
		err_usage_die("--url: %zu bytes, the limit is %zu", strlen(url), sizeof p->url - 1);
	snprintf(p->url, sizeof p->url, "%s", url ? url : "");
	prompts_fill(p, g.query, g.document);
	if (s->stop)
		return;
	check_url(s, &g);
	s->c.api = api_find(p->api);
}

void settings_release(struct settings *s)
{
	secret_release(&s->c.key);
}
