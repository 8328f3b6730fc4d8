/* Ollama's /api/embed and /api/show; see api.h. */
#include <string.h>

#include "api.h"

enum {
	TEXTS_MAX = 512,
	BYTES_MAX = 256 << 10,
	SHOW_BYTES_MAX = 64 << 20,	/* licences and templates are in it */
};

/* "ARCHITECTURE.context_length" and "ARCHITECTURE.embedding_length" of model_info. */
static int take_info(const char *key, const struct js *v, void *ctx)
{
	static const char context[] = ".context_length", dim[] = ".embedding_length";
	struct facts *f = ctx;
	size_t n = strlen(key);
	int64_t x = js_int(v);
	if (n > sizeof context && !strcmp(key + n - (sizeof context - 1), context) && x > 0 && x < 1 << 20)
		f->max_tokens = (size_t)x;
	if (n > sizeof dim && !strcmp(key + n - (sizeof dim - 1), dim) && x > 0 && x <= PROVIDER_DIM_MAX)
		f->dim = (size_t)x;
	return 0;
}

/* A server that only has /api/embed is fine; one that says there is no such model is not. */
static int learn(struct conn *c, struct facts *f, struct err *e)
{
	struct js *j = NULL, *o = js_new_obj();
	(void)e;
	struct err ignored;
	f->max_texts = TEXTS_MAX;
	f->max_bytes = BYTES_MAX;
	js_set(o, "model", js_new_str(c->c->p.model));
	if (ask(c, "", "/api/show", o, SHOW_BYTES_MAX, &j, &ignored) == DONE)
		js_each(js_get(j, "model_info"), take_info, f);
	js_free(j);
	return 0;
}

static int take(struct conn *c, const struct js *j, struct rows *r, struct err *e)
{
	if (rows_take_all(r, js_get(j, "embeddings"), e))
		return -1;
	conn_served(c, js_get(j, "model"));
	int64_t tokens = js_int(js_get(j, "prompt_eval_count"));
	r->n_tokens = tokens > 0 ? (size_t)tokens : 0;
	return 0;
}

static enum verdict embed(struct conn *c, const struct call *call, struct rows *r, struct err *e)
{
	struct js *o = js_new_obj(), *j = NULL;
	js_set(o, "model", js_new_str(c->c->p.model));
	js_set(o, "input", call_texts(call));
	js_set(o, "truncate", js_new_bool(call->cut));
	if (c->c->p.dimensions)
		js_set(o, "dimensions", js_new_int((int64_t)c->c->p.dimensions));
	enum verdict v = ask(c, "", "/api/embed", o, ask_max_bytes(r, call->n), &j, e);
	return ask_rows(c, v, j, call->n, take, r, e);
}

const struct api api_ollama = {"ollama", true, learn, embed};
