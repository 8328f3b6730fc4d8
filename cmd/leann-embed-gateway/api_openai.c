/* OpenAI's /v1/embeddings, which vLLM, llama.cpp, Ollama and others have, too; see api.h. */
#include <string.h>

#include "api.h"
#include "base/base64.h"
#include "base/le.h"
#include "base/mem.h"

enum {
	TEXTS_MAX = 2048,		/* of a request, OpenAI */
	BYTES_MAX = 512 << 10,		/* 300,000 tokens of a request there; of the densest text a token has 2 */
	LIST_BYTES_MAX = 4 << 20,
};

static const struct {
	const char *model;
	size_t max_tokens;
} known[] = {
	{"text-embedding-3-small", 8191},
	{"text-embedding-3-large", 8191},
	{"text-embedding-ada-002", 8191},
};

/* max_model_len of vLLM, meta.n_ctx_train of llama.cpp. */
static void take_model(const struct js *m, struct facts *f)
{
	int64_t len = js_int(js_get(m, "max_model_len"));
	if (!len)
		len = js_int(js_get(js_get(m, "meta"), "n_ctx_train"));
	if (len > 0 && len < 1 << 20)
		f->max_tokens = (size_t)len;
}

/* Servers need not have /v1/models; what they say there is no more than help. */
static int learn(struct conn *c, struct facts *f, struct err *e)
{
	struct js *j = NULL;
	struct err ignored;
	(void)e;
	f->max_texts = TEXTS_MAX;
	f->max_bytes = BYTES_MAX;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(c->c->p.model, known[i].model))
			f->max_tokens = known[i].max_tokens;
	if (f->max_tokens || ask(c, "/v1", "/models", NULL, LIST_BYTES_MAX, &j, &ignored) != DONE)
		return 0;
	const struct js *list = js_get(j, "data");
	for (size_t i = 0; i < js_len(list); i++) {
		const char *id = js_str(js_get(js_at(list, i), "id"), NULL);
		if (id && (!strcmp(id, c->c->p.model) || js_len(list) == 1))
			take_model(js_at(list, i), f);
	}
	js_free(j);
	return 0;
}

/* base64 of little-endian floats. */
static int take_base64(struct rows *r, size_t i, const char *s, size_t n, struct err *e)
{
	struct buf b = BUF_INIT;
	float *v = NULL;
	if (base64_get(&b, s, n) || b.len % 4)
		err_set(e, ERR_DATA, "embedding %zu is not base64 of floats", i);
	else
		v = rows_at(r, i, b.len / 4, e);
	if (v)
		get_lef32s(b.p, v, r->dim);
	buf_release(&b);
	return v ? 0 : -1;
}

static int take_item(const struct js *item, bool *seen, struct rows *r, struct err *e)
{
	const struct js *at = js_get(item, "index"), *v = js_get(item, "embedding");
	size_t n, i = (size_t)js_int(at);
	const char *s = js_str(v, &n);
	if (js_type(at) != JS_INT || js_int(at) < 0 || i >= r->n)
		return err_set(e, ERR_DATA, "an embedding without an index below %zu", r->n);
	if (seen[i])
		return err_set(e, ERR_DATA, "two embeddings have the index %zu", i);
	seen[i] = true;
	return s ? take_base64(r, i, s, n, e) : rows_take(r, i, v, e);
}

static int take(struct conn *c, const struct js *j, struct rows *r, struct err *e)
{
	const struct js *data = js_get(j, "data");
	if (js_type(data) != JS_ARR || js_len(data) != r->n)
		return err_set(e, ERR_DATA, "%zu embeddings, %zu were asked for", js_len(data), r->n);
	bool *seen = mem_calloc(r->n, sizeof *seen);
	int bad = 0;
	for (size_t i = 0; i < r->n && !bad; i++)
		bad = take_item(js_at(data, i), seen, r, e);
	mem_free(seen);
	conn_served(c, js_get(j, "model"));
	int64_t tokens = js_int(js_get(js_get(j, "usage"), "total_tokens"));
	r->n_tokens = tokens > 0 ? (size_t)tokens : 0;
	return bad;
}

static struct js *request(const struct conn *c, const struct call *call)
{
	struct js *o = js_new_obj();
	js_set(o, "model", js_new_str(c->c->p.model));
	js_set(o, "input", call_texts(call));
	js_set(o, "encoding_format", js_new_str(c->floats ? "float" : "base64"));
	if (c->c->p.dimensions)
		js_set(o, "dimensions", js_new_int((int64_t)c->c->p.dimensions));
	return o;
}

static enum verdict embed(struct conn *c, const struct call *call, struct rows *r, struct err *e)
{
	struct js *j = NULL;
	enum verdict v;
	do {
		v = ask(c, "/v1", "/embeddings", request(c, call), ask_max_bytes(r, call->n), &j, e);
		/* who does not know base64 says so, in words of his own */
		if (v != WRONG || c->floats || !(strstr(e->msg, "encoding_format") || strstr(e->msg, "base64")))
			break;
		c->floats = true;
	} while (true);
	return ask_rows(c, v, j, call->n, take, r, e);
}

const struct api api_openai = {"openai", false, learn, embed};
