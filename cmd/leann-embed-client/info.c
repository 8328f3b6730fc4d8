/* What a server says of itself, as JSON; see info.h. */
#include "info.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/js.h"
#include "base/mem.h"
#include "sys/embed_ep.h"
#include "sys/modeldir.h"
#include "sys/url.h"

/* Cosine to fp32 of what the server makes. */
static struct js *quality(const struct wire_info *i)
{
	struct js *q = js_new_obj();
	js_set(q, "mean", js_new_real(i->quality_mean));
	js_set(q, "min", js_new_real(i->quality_min));
	return q;
}

static struct js *provider(const struct provider *p)
{
	struct js *o = provider_json(p);
	js_set(o, "remote", js_new_bool(!url_is_loopback(p->url)));
	return o;
}

void info_print(const char *endpoint, const struct wire_info *i)
{
	struct js *j = js_new_obj();
	struct buf b = BUF_INIT;
	js_set(j, "endpoint", js_new_str(endpoint));
	js_set(j, "model", js_new_str(i->model));
	js_set(j, "sha256", js_new_str(i->sha256));
	js_set(j, "kind", js_new_str(i->reranker ? "reranker" : "embedder"));
	if (*i->provider.api)
		js_set(j, "provider", provider(&i->provider));
	if (*i->precision)
		js_set(j, "precision", js_new_str(i->precision));
	js_set(j, "kernels", js_new_str(i->kernels));
	if (i->quality_mean != 0 || i->quality_min != 0)
		js_set(j, "quality", quality(i));
	js_set(j, "tokenizer_sha256", js_new_str(i->tokenizer_sha256));
	js_set(j, "dim", js_new_int((int64_t)i->dim));
	js_set(j, "max_tokens", js_new_int((int64_t)i->max_tokens));
	js_set(j, "normalized", js_new_bool(i->normalized));
	js_set(j, "query_prefix", js_new_str(i->query_prefix));
	js_set(j, "document_prefix", js_new_str(i->document_prefix));
	js_set(j, "max_texts", js_new_int((int64_t)i->max_texts));
	js_set(j, "threads", js_new_int((int64_t)i->threads));
	js_set(j, "n_requests", js_new_int((int64_t)i->n_requests));
	js_set(j, "n_texts", js_new_int((int64_t)i->n_texts));
	js_set(j, "n_tokens", js_new_int((int64_t)i->n_tokens));
	js_set(j, "n_batches", js_new_int((int64_t)i->n_batches));
	js_set(j, "n_merged", js_new_int((int64_t)i->n_merged));
	js_set(j, "n_busy", js_new_int((int64_t)i->n_busy));
	js_set(j, "queue", js_new_int((int64_t)i->queue));
	js_set(j, "max_rss_bytes", js_new_int((int64_t)i->max_rss_bytes));
	js_set(j, "uptime_s", js_new_int((int64_t)i->uptime_s));
	js_set(j, "pid", js_new_int((int64_t)i->pid));
	js_set(j, "version", js_new_str(i->version));
	js_dump(j, 0, &b);
	puts((const char *)b.p);
	buf_release(&b);
	js_free(j);
}

/* 1: a server holds the endpoint's lock, and said what it is. */
static int print_one(const char *endpoint, const struct embed_opts *opts, struct err *e)
{
	struct embed_opts o = *opts;
	struct buf ready = BUF_INIT;
	struct embed *h;
	char *pidfile;
	pid_t pid;
	if (embed_ep_pidfile(endpoint, &pidfile, e))
		return -1;
	int r = pidlock_query(pidfile, &pid, &ready, e);
	buf_release(&ready);
	mem_free(pidfile);
	if (r <= 0)
		return r;
	o.endpoint = endpoint;
	if (embed_open(&o, &h, e))
		return -1;
	info_print(endpoint, embed_info(h));
	embed_free(h);
	return 1;
}

int info_print_all(const struct embed_opts *o, size_t *n, struct err *e)
{
	const char *precision = NULL;	/* first the one that chose by itself */
	char *dir, *ep;
	int r;
	*n = 0;
	if (model_find(o->model, &dir, e))
		return -1;
	for (size_t i = 0;; i++) {
		r = embed_ep_default(dir, precision, &ep, e);
		if (!r) {
			r = print_one(ep, o, e);
			mem_free(ep);
		}
		if (r < 0)
			break;
		*n += (size_t)r;
		precision = wire_precisions[i];
		if (!precision)
			break;
	}
	mem_free(dir);
	return r < 0 ? -1 : 0;
}
