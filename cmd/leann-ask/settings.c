/* Options of leann-ask; see settings.h. */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/mem.h"
#include "base/opts.h"
#include "sys/http_client.h"
#include "sys/secret.h"
#include "sys/url.h"

enum {
	ID_CONTEXT = 256,
	ID_FILTER,
	ID_DENSE,
	ID_ENDPOINT,
	ID_MODEL,
	ID_REMOTE,
	ID_KEY_ENV,
	ID_KEY_FILE,
	ID_TIMEOUT,
	ID_MAX_TOKENS,
	ID_TEMPERATURE,
	ID_SHOW_PROMPT,
	ID_JSON,
	ID_ROOT,
	ID_EMBED_MODEL,
	ID_EMBED_ENDPOINT,
	ID_NO_START,
	ID_NO_CACHE,
};

enum { TOP_MAX = 100, QUESTION_MAX = 64 << 10 };
#define KEY_ENV "OPENAI_API_KEY"
#define KEY_MIN 1

static const struct opt table[] = {
	{ID_ENDPOINT, "endpoint", "URL|NAME", "server that answers: ollama, llama.cpp, vllm, openai, or its URL"},
	{ID_MODEL, "model", "NAME", "model of that server"},
	{ID_REMOTE, "allow-remote", NULL, "let it be another machine: question and passages go there"},
	{ID_KEY_ENV, "api-key-env", "NAME", "the key is in this variable (" KEY_ENV ")"},
	{ID_KEY_FILE, "api-key-file", "FILE", "the key is in this file; nobody else may read it"},
	{'k', "top-k", "N", "passages to answer from (8)"},
	{ID_CONTEXT, "context-bytes", "SIZE", "as many of them as have so many bytes (24k)"},
	{ID_FILTER, "filter", "EXPR", "only passages for which it holds, see leann-search(1)"},
	{ID_DENSE, "dense", NULL, "find them by meaning alone, not by words as well"},
	{ID_SHOW_PROMPT, "show-prompt", NULL, "print what would be asked, ask nobody"},
	{ID_JSON, "json", NULL, "one JSON object, when the answer is whole"},
	{ID_TIMEOUT, "timeout", "SECONDS", "give up when the answer is not whole after (300)"},
	{ID_MAX_TOKENS, "max-tokens", "N", "limit of the answer (the server's)"},
	{ID_TEMPERATURE, "temperature", "X", "0 to 2 (the server's)"},
	{ID_ROOT, "root", "DIR", "the files are below DIR now"},
	{ID_EMBED_MODEL, "embed-model", "NAME|DIR", "model of the index, if not found under its name for it"},
	{ID_EMBED_ENDPOINT, "embed-endpoint", "EP", "embedding server, see leann-embed(7)"},
	{ID_NO_START, "no-start", NULL, "do not start an embedding server"},
	{ID_NO_CACHE, "no-cache", NULL, "search anew, and keep nothing for the next time"},
	{0},
};

static const struct {
	const char *name, *url;
} known[] = {
	{"ollama", "http://127.0.0.1:11434/v1"},
	{"llama.cpp", "http://127.0.0.1:8080/v1"},
	{"vllm", "http://127.0.0.1:8000/v1"},
	{"openai", "https://api.openai.com/v1"},
};

/* What is given besides what settings has. */
struct given {
	const char *endpoint, *key_env, *key_file;
	bool remote, show_prompt;
};

static void set_option(struct settings *s, struct given *g, const struct opts *o, int c)
{
	switch (c) {
	case 'k': s->top_k = (size_t)opts_num(o, 1, TOP_MAX); break;
	case ID_CONTEXT: s->context_bytes = (size_t)opts_size(o, 16 << 20); break;
	case ID_FILTER: buf_printf(&s->filter, "%s(%s)", s->filter.len ? " and " : "", o->val); break;
	case ID_DENSE: s->dense = true; break;
	case ID_ENDPOINT: g->endpoint = o->val; break;
	case ID_MODEL: s->model = o->val; break;
	case ID_REMOTE: g->remote = true; break;
	case ID_KEY_ENV: g->key_env = o->val; break;
	case ID_KEY_FILE: g->key_file = o->val; break;
	case ID_TIMEOUT: s->timeout_s = opts_real(o, .001, 86400); break;
	case ID_MAX_TOKENS: s->max_tokens = (long)opts_num(o, 1, 1 << 20); break;
	case ID_TEMPERATURE: s->temperature = opts_real(o, 0, 2); break;
	case ID_SHOW_PROMPT: g->show_prompt = true; break;
	case ID_JSON: s->json = true; break;
	case ID_ROOT: s->o.root = o->val; break;
	case ID_EMBED_MODEL: s->o.model = o->val; break;
	case ID_EMBED_ENDPOINT: s->o.endpoint = o->val; break;
	case ID_NO_START: s->o.no_start = 1; break;
	case ID_NO_CACHE: s->o.no_cache = 1; break;
	}
}

static void read_key(struct settings *s, const struct given *g)
{
	const char *name = g->key_env ? g->key_env : KEY_ENV, *key = g->key_file ? NULL : env_get(name);
	struct err e;
	if (g->key_file && secret_read(g->key_file, KEY_MIN, &s->key, &e))
		err_die(&e);
	if (g->key_env && !g->key_file && !key)
		err_usage_die("--api-key-env: %s is not set", name);
	if (key && secret_check(name, key, strlen(key), KEY_MIN, &e))
		err_die(&e);
	if (key)
		buf_adds(&s->key, key);
}

static void set_endpoint(struct settings *s, const struct given *g)
{
	const char *base = g->endpoint ? g->endpoint : env_get("OPENAI_BASE_URL");
	bool loopback, https;
	struct err e;
	if (!base)
		err_usage_die("who answers? --endpoint ollama|llama.cpp|vllm|openai|URL, or --show-prompt");
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(base, known[i].name))
			base = known[i].url;
	if (http_url_check(base, &loopback, &https, &e))
		err_usage_die("--endpoint: %s", e.msg);
	if (strpbrk(base, "?#"))
		err_usage_die("--endpoint: %s: want no ? and no #", base);
	url_api(base, "/v1", "/chat/completions", &s->url);
	if (!loopback && !g->remote)
		err_usage_die("--endpoint: %s is another machine, which would get the question and passages: "
			      "want --allow-remote", base);
	if (!s->model || !*s->model)
		err_usage_die("which --model of %s?", base);
	read_key(s, g);
	if (s->key.len && !loopback && !https)
		err_usage_die("--endpoint: %s: a key goes to another machine over https alone", base);
}

void settings_parse(int argc, char **argv, struct settings *s)
{
	struct opts o = {.table = table, .usage = "[options] INDEX QUESTION...",
			 .summary = "Answer a question from passages of an index, by a language model."};
	struct given g = {0};
	*s = (struct settings){.top_k = 8, .context_bytes = 24 << 10, .o = LEANN_OPTIONS_INIT, .timeout_s = 300,
			       .temperature = -1};
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		set_option(s, &g, &o, c);
	if (o.n_args < 2)
		err_usage_die("want an INDEX and a QUESTION");
	s->index = o.args[0];
	for (size_t i = 1; i < o.n_args; i++)
		buf_printf(&s->question, "%s%s", i > 1 ? " " : "", o.args[i]);
	if (!s->question.len || s->question.len > QUESTION_MAX)
		err_usage_die("a question of %zu bytes, want 1 to %d", s->question.len, QUESTION_MAX);
	if (!g.show_prompt)
		set_endpoint(s, &g);
	mem_free(o.args);
}

void settings_release(struct settings *s)
{
	buf_release(&s->question);
	buf_release(&s->filter);
	buf_release(&s->url);
	secret_release(&s->key);
}
