/* Which server to ask, and opening it; see embed.h and embed_ep.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/mem.h"
#include "base/progress.h"
#include "sys/embed_ep.h"
#include "sys/embed_impl.h"
#include "sys/gateway.h"
#include "sys/modeldir.h"

/* The user's own endpoint for the model, of servers of that precision (NULL: of their choice). */
static int set_endpoint(struct embed *h, const char *precision, struct err *e)
{
	mem_free(h->endpoint);
	mem_free(h->pidfile);
	h->endpoint = h->pidfile = NULL;
	h->precision = precision;
	if (embed_ep_default(h->model_dir, precision, &h->endpoint, e))
		return -1;
	return embed_ep_pidfile(h->endpoint, &h->pidfile, e);
}

/* Does somebody hold the lock of the endpoint? */
static int serves(const struct embed *h, struct err *e)
{
	struct buf ready = BUF_INIT;
	pid_t pid;
	int r = pidlock_query(h->pidfile, &pid, &ready, e);
	buf_release(&ready);
	return r;
}

/*
 * A server that chose its precision by itself may have chosen the one that is wanted: 1, and it
 * is connected. 0: none runs, or it chose another.
 */
static int ask_auto(struct embed *h, const char *want, struct err *e)
{
	bool no_start = h->no_start;
	int r = serves(h, e);
	if (r <= 0)
		return r;
	h->no_start = true;
	r = embed_ask_info(h, e);
	h->no_start = no_start;
	if (!r && strcmp(h->info.precision, want) == 0)
		return 1;
	if (r && (e->code != ERR_TEMP || serves(h, e) != 0))
		return -1;
	embed_reset(h);		/* another precision, or it left while it was asked */
	h->has_info = false;
	h->left_s = 0;
	return 0;
}

static int connect_own(struct embed *h, const struct embed_opts *o, struct err *e)
{
	const char *want = NULL;
	for (size_t i = 0; o->precision && wire_precisions[i]; i++)
		if (strcmp(o->precision, wire_precisions[i]) == 0)
			want = wire_precisions[i];
	if (o->precision && !want && strcmp(o->precision, "auto"))
		return err_set(e, ERR_DATA, "precision \"%s\" is not known: want fp32, bf16 or int8",
			       o->precision);
	if ((o->reranker ? model_find_reranker(o->model, &h->model_dir, e)
			 : model_find(o->model, &h->model_dir, e)) || set_endpoint(h, NULL, e))
		return -1;
	if (want) {
		int r = ask_auto(h, want, e);
		if (r)
			return r < 0 ? -1 : 0;
		if (set_endpoint(h, want, e))
			return -1;
	}
	return embed_ask_info(h, e);
}

static int connect_to(struct embed *h, const char *endpoint, struct err *e)
{
	return embed_ep_check(endpoint, &h->endpoint, e) ? -1 : embed_ask_info(h, e);
}

/* The gateway to the provider; url, where it is not NULL, is where that is by now. */
static int connect_gateway(struct embed *h, const struct embed_opts *o, const char *url, struct err *e)
{
	struct provider *p = h->provider = mem_alloc(sizeof *p);
	*p = *o->provider;
	if (url)
		snprintf(p->url, sizeof p->url, "%s", url);
	if (gateway_check(p, e))
		return o->whose ? err_prefix(e, "%s", o->whose) : -1;
	if (gateway_consent(p, o->allow_remote, o->whose ? o->whose : "--provider", e) ||
	    gateway_ep(p, &h->endpoint, e) || embed_ep_pidfile(h->endpoint, &h->pidfile, e) ||
	    embed_ask_info(h, e))
		return -1;
	if (strcmp(h->info.provider.api, p->api) || strcmp(h->info.provider.url, p->url))
		return err_set(e, ERR_DATA, "%s: asks %s, want %s", h->endpoint,
			       *h->info.provider.api ? h->info.provider.url : "nobody", p->url);
	return 0;
}

static bool is_http(const char *endpoint)
{
	return !strncmp(endpoint, "http://", 7) || !strncmp(endpoint, "https://", 8);
}

/* A server at an endpoint, our own, or the gateway to a provider. */
static int connect_any(struct embed *h, const struct embed_opts *o, const char *given, struct err *e)
{
	bool gateway = o->provider && (!given || is_http(given));
	if (gateway ? connect_gateway(h, o, given, e) : given ? connect_to(h, given, e) : connect_own(h, o, e))
		return -1;
	/* a server of ours has another identity, which is for the caller to see */
	if (!o->provider || !o->provider->n_probe || !*h->info.provider.api)
		return 0;
	struct provider *now = &h->info.provider;
	if (provider_same(o->provider, now, o->whose ? o->whose : h->endpoint, e))
		return -1;
	/* What it is compared with stays what it was at first: many small steps lead far away. */
	memcpy(now->probe, o->provider->probe, sizeof now->probe);
	memcpy(now->served, o->provider->served, sizeof now->served);
	return 0;
}

int embed_open(const struct embed_opts *o, struct embed **out, struct err *e)
{
	const char *env = o->reranker ? "LEANN_RERANK_ENDPOINT" : "LEANN_ENDPOINT";
	const char *given = o->endpoint || o->provider_given ? o->endpoint : env_get(env);
	struct embed *h = mem_calloc(1, sizeof *h);
	h->timeout_s = o->timeout_s;
	h->no_start = o->no_start;
	h->reranker = o->reranker;
	h->doc = mp_new();
	h->rng.s = (uint64_t)getpid() * 1000003 + (uint64_t)(now_s() * 1e6);
	h->key_file = o->key_file ? mem_strdup(o->key_file) : NULL;
	if (connect_any(h, o, given, e)) {
		embed_free(h);
		return -1;
	}
	*out = h;
	return 0;
}

void embed_free(struct embed *h)
{
	if (!h)
		return;
	embed_reset(h);
	buf_release(&h->msg.body);
	mp_free(h->doc);
	mem_free(h->endpoint);
	mem_free(h->pidfile);
	mem_free(h->model_dir);
	mem_free(h->provider);
	mem_free(h->key_file);
	mem_free(h);
}

const struct wire_info *embed_info(const struct embed *h)
{
	return &h->info;
}

const char *embed_endpoint(const struct embed *h)
{
	return h->endpoint;
}

int embed_want_model(const struct embed *h, const char *sha256, const char *remedy, struct err *e)
{
	if (strcmp(sha256, h->info.sha256) == 0)
		return 0;
	return err_set(e, ERR_DATA, "embedding server at %s: model %s (%.12s), want %.12s: %s",
		       h->endpoint, h->info.model, h->info.sha256, sha256, remedy);
}

int embed_want_precision(const struct embed *h, const char *precision, const char *whose,
			 const char *remedy, struct err *e)
{
	if (strcmp(precision, h->info.precision) == 0)
		return 0;
	return err_set(e, ERR_DATA, "embedding server at %s: precision %s, %s %s: %s", h->endpoint,
		       h->info.precision, whose, precision, remedy);
}
