/* Who starts a gateway, and whether it may; see gateway.h. */
#include "sys/gateway.h"

#include <stdio.h>
#include <string.h>

#include "base/env.h"
#include "base/hash.h"
#include "base/mem.h"
#include "sys/embed_ep.h"
#include "sys/url.h"

static const struct {
	const char *api, *url;
} apis[] = {
	{"openai", "https://api.openai.com/v1"},
	{"ollama", "http://127.0.0.1:11434"},
	{"tei", "http://127.0.0.1:8080"},
	{"leann", "tcp://127.0.0.1:5557"},
};

const char *gateway_default_url(const char *api)
{
	for (size_t i = 0; i < sizeof apis / sizeof *apis; i++)
		if (!strcmp(api, apis[i].api))
			return apis[i].url;
	return NULL;
}

int gateway_check(const struct provider *p, struct err *e)
{
	bool zmq = !strcmp(p->api, "leann");
	const char *rest = strstr(p->url, "://");
	size_t n = rest ? (size_t)(rest - p->url) : 0;
	if (!provider_known(p->api))
		return err_set(e, ERR_USAGE, "provider \"%s\" is not known: want openai, ollama, tei or leann",
			       p->api);
	if (!*p->model)
		return err_set(e, ERR_USAGE, "which model of %s?", p->url);
	bool kind = zmq ? (n == 3 && (!memcmp(p->url, "ipc", 3) || !memcmp(p->url, "tcp", 3)))
			: (n == 4 && !memcmp(p->url, "http", 4)) || (n == 5 && !memcmp(p->url, "https", 5));
	if (!kind || !rest[3])
		return err_set(e, ERR_USAGE, "%s: a provider of %s is at %s", p->url, p->api,
			       zmq ? "ipc:///PATH or tcp://HOST:PORT" : "http://HOST... or https://HOST...");
	if (strchr(p->url, '@'))
		return err_set(e, ERR_USAGE, "a URL with a user or a password in it: others see it");
	if (strpbrk(p->url, "?#\\"))
		return err_set(e, ERR_USAGE, "%s: want no ? and no #", p->url);
	return 0;
}

/* Is host one of those in the list? */
static bool is_named(const char *list, const char *host)
{
	size_t n = strlen(host);
	for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		size_t k = strcspn(p, ",");
		while (k && *p == ' ')
			p++, k--;
		while (k && p[k - 1] == ' ')
			k--;
		if (k == n && n && !memcmp(p, host, n))
			return true;
	}
	return false;
}

int gateway_consent(const struct provider *p, bool allowed, const char *whose, struct err *e)
{
	struct buf host = BUF_INIT;
	int r = 0;
	if (url_is_loopback(p->url))
		return 0;
	url_host(p->url, &host);
	const char *name = host.len ? (const char *)host.p : p->url;
	if (!allowed && !is_named(env_get("LEANN_ALLOW_REMOTE"), name))
		r = err_set(e, ERR_USAGE, "%s: %s at %s is another machine, which would get questions and "
			    "passages: want --allow-remote, or LEANN_ALLOW_REMOTE=%s", whose, p->api, p->url,
			    name);
	buf_release(&host);
	return r;
}

static void add(struct sha256 *s, const char *text)
{
	sha256_add(s, text, strlen(text) + 1);
}

int gateway_ep(const struct provider *p, char **ep, struct err *e)
{
	struct sha256 s;
	char hex[65], *dir, dims[32];
	snprintf(dims, sizeof dims, "%zu", p->dimensions);
	sha256_init(&s);
	add(&s, p->api);
	add(&s, p->url);
	add(&s, p->model);
	add(&s, p->query_prefix);
	add(&s, p->document_prefix);
	add(&s, dims);
	sha256_hex(&s, hex);
	if (env_runtime_dir(&dir, e))
		return -1;
	char *given = mem_printf("ipc://%s/gateway-%.16s.sock", dir, hex);
	int r = embed_ep_check(given, ep, e);
	mem_free(given);
	mem_free(dir);
	return r;
}

int gateway_start(const struct gateway_start *g, double deadline_s, struct err *e)
{
	const struct provider *p = g->p;
	char *argv[16] = {NULL};
	size_t n = 0;
	double timeout_s = g->timeout_s * .8;	/* so that we hear what it was, and not nothing */
	argv[n++] = mem_strdup("--daemon");
	argv[n++] = mem_printf("--endpoint=%s", g->ep);
	argv[n++] = mem_printf("--provider=%s", p->api);
	argv[n++] = mem_printf("--url=%s", p->url);
	argv[n++] = mem_printf("--model=%s", p->model);
	argv[n++] = mem_printf("--query-prefix=%s", p->query_prefix);
	argv[n++] = mem_printf("--document-prefix=%s", p->document_prefix);
	argv[n++] = mem_printf("--timeout=%g", timeout_s < .1 ? .1 : timeout_s);
	if (p->dimensions)
		argv[n++] = mem_printf("--dimensions=%zu", p->dimensions);
	if (!url_is_loopback(p->url))
		argv[n++] = mem_strdup("--allow-remote");
	if (g->key_file)
		argv[n++] = mem_printf("--key-file=%s", g->key_file);
	int r = embed_start_program("leann-embed-gateway", argv, deadline_s, e);
	while (n)
		mem_free(argv[--n]);
	return r;
}
