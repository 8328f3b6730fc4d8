/* A thread's connection to the embedding server; see embedder.h. */
#include "serve/embedder.h"

#include "base/mem.h"
#include "search/leann_impl.h"
#include "sys/rerank.h"

struct embedder {
	struct leann_options o;
	char *model, *precision;	/* or NULL */
	struct provider *provider;	/* or NULL */
	struct embed *h, *reranker;	/* NULL: not connected yet */
};

struct embedder *embedder_new(const struct leann_options *o, const char *model, const char *precision)
{
	struct embedder *n = mem_calloc(1, sizeof *n);
	n->o = *o;
	n->model = model ? mem_strdup(model) : NULL;
	n->precision = precision ? mem_strdup(precision) : NULL;
	return n;
}

struct embedder *embedder_of(const struct leann_options *o, const struct leann_index *ix)
{
	const struct leann_info *i = leann_index_info(ix);
	struct embedder *n = embedder_new(o, i->model, i->precision);
	struct err ignored;	/* the index is told so when it is searched */
	n->provider = mem_alloc(sizeof *n->provider);
	if (provider_from_json(index_key(&ix->g.ix, "model"), i->path, n->provider, &ignored) || !i->provider) {
		mem_free(n->provider);
		n->provider = NULL;
	}
	return n;
}

void embedder_free(struct embedder *n)
{
	if (!n)
		return;
	embed_free(n->h);
	embed_free(n->reranker);
	mem_free(n->model);
	mem_free(n->precision);
	mem_free(n->provider);
	mem_free(n);
}

static double timeout_s(const struct embedder *n)
{
	return n->o.timeout_s > 0 ? n->o.timeout_s : EMBED_TIMEOUT_S;
}

struct embed *embedder_open(struct embedder *n, struct err *e)
{
	const struct embed_opts o = {
		.endpoint = n->o.endpoint,
		.model = n->o.model ? n->o.model : n->model,
		.precision = n->precision,
		.timeout_s = timeout_s(n),
		.no_start = n->o.no_start,
		.provider = n->provider,
		.allow_remote = n->o.allow_remote,
	};
	if (!n->h && embed_open(&o, &n->h, e))
		n->h = NULL;
	return n->h;
}

struct embed *embedder_reranker(struct embedder *n, struct err *e)
{
	const struct embed_opts o = {
		.endpoint = n->o.rerank_endpoint,
		.model = n->o.reranker,
		.timeout_s = timeout_s(n),
		.no_start = n->o.no_start,
	};
	if (!n->reranker && rerank_open(&o, &n->reranker, e))
		n->reranker = NULL;
	return n->reranker;
}

void embedder_failed(struct embedder *n, const struct err *e)
{
	if (e->code == ERR_TEMP)
		return;
	embed_free(n->h);
	embed_free(n->reranker);
	n->h = n->reranker = NULL;
}
