/* The encoder as text-embeddings-inference has it; see faces.h. */
#include <string.h>

#include "base/opts.h"
#include "serve/face.h"
#include "serve/want.h"

static unsigned say(unsigned status, const char *type, const char *message, struct buf *out)
{
	struct js *o = js_new_obj();
	js_set(o, "error", js_new_strn(message, strlen(message)));
	js_set(o, "error_type", js_new_str(type));
	face_js_put(out, o);
	return status;
}

void tei_error(unsigned status, const char *message, struct buf *out)
{
	const char *type = status == 429 ? "overloaded" : status == 424 ? "backend"
			   : status == 503 ? "unhealthy" : "validation";
	(void)say(status, type, message, out);
}

static unsigned failed(const struct err *e, struct buf *out)
{
	if (e->code == ERR_USAGE)
		return say(422, "validation", e->msg, out);
	return e->code == ERR_TEMP ? say(429, "overloaded", e->msg, out) : say(424, "backend", e->msg, out);
}

struct asking {
	struct face_texts texts;
	bool truncate;
	size_t dim;			/* 0: not asked for */
};

/* What would give other numbers than it says is refused by name. */
static int read_options(const struct js *j, struct asking *a, struct err *e)
{
	bool normalize = true;
	const char *side = NULL;
	if (js_type(j) != JS_OBJ)
		return err_set(e, ERR_USAGE, "want an object, not %s", js_type_name(js_type(j)));
	if (face_get(j, "prompt_name"))
		return err_set(e, ERR_USAGE, "prompt_name: there are no prompts here: put it before the text");
	if ((face_get(j, "normalize") && want_bool(j, "normalize", &normalize, e)) ||
	    (face_get(j, "truncate") && want_bool(j, "truncate", &a->truncate, e)) ||
	    (face_get(j, "dimensions") && want_size(j, "dimensions", 1, WIRE_DIM_MAX, &a->dim, e)) ||
	    (face_get(j, "truncation_direction") && want_str(j, "truncation_direction", &side, e)))
		return -1;
	if (!normalize)
		return err_set(e, ERR_USAGE, "normalize: embeddings have the norm 1 here");
	if (side && strcmp(side, "right") && strcmp(side, "Right"))
		return err_set(e, ERR_USAGE, "truncation_direction: what is too long is cut on the right here");
	return 0;
}

/* 200, or how many texts there are is wrong. */
static unsigned check_batch(const struct face_texts *t, const char *key, struct buf *out)
{
	struct err e;
	if (!t->n || t->empty) {
		err_set(&e, ERR_USAGE, "`%s` cannot be empty", key);
		return say(400, "empty", e.msg, out);
	}
	if (t->n <= FACE_TEXTS_MAX)
		return 200;
	err_set(&e, ERR_USAGE, "batch size %zu > maximum allowed batch size %d", t->n, FACE_TEXTS_MAX);
	return say(413, "validation", e.msg, out);
}

static void compose(const struct face_rows *r, struct buf *out)
{
	for (size_t i = 0; i < r->n; i++) {
		buf_addc(out, i ? ',' : '[');
		face_row_put(out, r->v + i * r->dim, r->dim);
	}
	buf_adds(out, "]\n");
}

static unsigned embed(struct embedder *n, const struct asking *a, struct buf *out)
{
	struct face_rows r;
	struct err e;
	unsigned status = check_batch(&a->texts, "inputs", out);
	struct embed *h = status == 200 ? embedder_open(n, &e) : NULL;
	if (status != 200)
		return status;
	if (!h)
		return failed(&e, out);
	struct wire_info i = *embed_info(h);
	if (a->dim && a->dim != i.dim) {
		err_set(&e, ERR_USAGE, "dimensions: %zu, the model %s has %zu", a->dim, i.model, i.dim);
		return failed(&e, out);
	}
	if (face_rows(n, &a->texts, &r, &e))
		return failed(&e, out);
	if (r.n_cut && !a->truncate) {
		err_set(&e, ERR_USAGE, "`inputs` must have at most %zu tokens, %llu of %zu have more: or truncate",
			i.max_tokens, (unsigned long long)r.n_cut, r.n);
		status = say(413, "validation", e.msg, out);
	} else {
		compose(&r, out);
	}
	face_rows_release(&r);
	return status;
}

unsigned tei_embed(struct embedder *n, const struct js *request, struct buf *out)
{
	struct asking a = {0};
	struct err e;
	unsigned status;
	if (read_options(request, &a, &e) || face_texts(face_get(request, "inputs"), "inputs", &a.texts, &e))
		status = failed(&e, out);
	else
		status = embed(n, &a, out);
	face_texts_release(&a.texts);
	return status;
}

unsigned tei_info(struct embedder *n, size_t n_workers, struct buf *out)
{
	struct err e;
	struct embed *h = embedder_open(n, &e);
	if (!h)
		return failed(&e, out);
	const struct wire_info *i = embed_info(h);
	struct js *o = js_new_obj(), *type = js_new_obj();
	js_set(o, "model_id", js_new_strn(i->model, strlen(i->model)));
	js_set(o, "model_sha", js_new_str(i->sha256));
	js_set(o, "model_dtype", js_new_str(i->precision));
	js_set(type, "embedding", js_new_obj());
	js_set(o, "model_type", type);
	js_set(o, "max_concurrent_requests", js_new_int((int64_t)n_workers));
	js_set(o, "max_input_length", js_new_int((int64_t)i->max_tokens));
	js_set(o, "max_batch_tokens", js_new_int((int64_t)i->max_tokens * FACE_TEXTS_MAX));
	js_set(o, "max_batch_requests", js_new_null());
	js_set(o, "max_client_batch_size", js_new_int(FACE_TEXTS_MAX));
	js_set(o, "auto_truncate", js_new_bool(false));
	js_set(o, "tokenization_workers", js_new_int((int64_t)i->threads));
	js_set(o, "version", js_new_str(LEANN_VERSION));
	face_js_put(out, o);
	return 200;
}
