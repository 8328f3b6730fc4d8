/* text-embeddings-inference: /info and /embed; see api.h. */
#include <string.h>

#include "api.h"

enum {
	TEXTS_MAX = 32,			/* its default for a client's batch */
	BYTES_MAX = 256 << 10,
	INFO_BYTES_MAX = 1 << 20,
};

static size_t number(const struct js *j, const char *key, size_t max)
{
	int64_t n = js_int(js_get(j, key));
	return n > 0 && (uint64_t)n <= max ? (size_t)n : 0;
}

static int learn(struct conn *c, struct facts *f, struct err *e)
{
	struct js *j = NULL;
	f->max_texts = TEXTS_MAX;
	f->max_bytes = BYTES_MAX;
	if (ask(c, "", "/info", NULL, INFO_BYTES_MAX, &j, e) != DONE)
		return -1;
	size_t n = number(j, "max_client_batch_size", WIRE_TEXTS_MAX);
	f->max_texts = n ? n : TEXTS_MAX;
	f->max_tokens = number(j, "max_input_length", (1 << 20) - 1);
	conn_served(c, js_get(j, "model_id"));
	int r = *c->served ? 0 : err_set(e, ERR_DATA, "%s/info: no model_id", c->c->p.url);
	const struct js *type = js_get(j, "model_type");
	if (!r && js_type(type) == JS_OBJ && !js_get(type, "embedding") && !js_get(type, "Embedding"))
		r = err_set(e, ERR_DATA, "%s/info: model %s makes no embeddings", c->c->p.url, c->served);
	js_free(j);
	return r;
}

static int take(struct conn *c, const struct js *j, struct rows *r, struct err *e)
{
	(void)c;
	return rows_take_all(r, j, e);
}

static enum verdict embed(struct conn *c, const struct call *call, struct rows *r, struct err *e)
{
	struct js *o = js_new_obj(), *j = NULL;
	js_set(o, "inputs", call_texts(call));
	js_set(o, "normalize", js_new_bool(true));
	js_set(o, "truncate", js_new_bool(call->cut));
	if (c->c->p.dimensions)
		js_set(o, "dimensions", js_new_int((int64_t)c->c->p.dimensions));
	enum verdict v = ask(c, "", "/embed", o, ask_max_bytes(r, call->n), &j, e);
	return ask_rows(c, v, j, call->n, take, r, e);
}

const struct api api_tei = {"tei", true, learn, embed};
