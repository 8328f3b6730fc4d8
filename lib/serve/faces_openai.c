/* The encoder as OpenAI's API has it; see faces.h. */
#include <string.h>

#include "serve/face.h"
#include "serve/want.h"

/* What went wrong; "" is null. */
struct wrong {
	const char *type, *param, *code;
};

static unsigned say(unsigned status, struct wrong w, const char *message, struct buf *out)
{
	struct js *o = js_new_obj(), *e = js_new_obj();
	js_set(e, "message", js_new_str(message));
	js_set(e, "type", js_new_str(w.type));
	js_set(e, "param", w.param ? js_new_str(w.param) : js_new_null());
	js_set(e, "code", w.code ? js_new_str(w.code) : js_new_null());
	js_set(o, "error", e);
	face_js_put(out, o);
	return status;
}

void openai_error(unsigned status, const char *message, struct buf *out)
{
	static const char invalid[] = "invalid_request_error";
	(void)say(status, status == 401	  ? (struct wrong){invalid, NULL, "invalid_api_key"}
			  : status == 429 ? (struct wrong){"requests", NULL, "rate_limit_exceeded"}
			  : status < 500  ? (struct wrong){invalid, NULL, NULL}
					  : (struct wrong){"server_error", NULL, NULL}, message, out);
}

static unsigned refuse(const char *param, const char *message, struct buf *out)
{
	return say(400, (struct wrong){"invalid_request_error", param, NULL}, message, out);
}

static unsigned failed(const struct err *e, struct buf *out)
{
	unsigned status = e->code == ERR_USAGE ? 400 : e->code == ERR_TEMP ? 503 : 500;
	openai_error(status, e->msg, out);
	return status;
}

static unsigned no_model(const char *asked, const struct wire_info *i, struct buf *out)
{
	struct buf b = BUF_INIT;
	buf_printf(&b, "The model `%.200s` does not exist here: there is %s", asked, i->model);
	unsigned status = say(404, (struct wrong){"invalid_request_error", NULL, "model_not_found"},
			      (const char *)b.p, out);
	buf_release(&b);
	return status;
}

struct asking {
	struct face_texts texts;
	const char *model;		/* or NULL */
	bool base64;
	size_t dim;			/* 0: not asked for */
};

static int read_format(const struct js *v, bool *base64, struct err *e)
{
	const char *s = js_str(v, NULL);
	*base64 = s && !strcmp(s, "base64");
	if (v && !*base64 && (!s || strcmp(s, "float")))
		return err_set(e, ERR_USAGE, "encoding_format: want float or base64");
	return 0;
}

static int read_input(const struct js *v, struct face_texts *t, struct err *e)
{
	enum js_type inner = js_type(js_at(v, 0));
	if (inner == JS_INT || inner == JS_ARR)
		return err_set(e, ERR_USAGE, "input: token ids are of another model's tokenizer: send strings");
	if (face_texts(v, "input", t, e))
		return -1;
	if (!t->n || t->empty)
		return err_set(e, ERR_USAGE, "input: want %s", t->n ? "no empty string" : "at least one string");
	if (t->n > FACE_TEXTS_MAX)
		return err_set(e, ERR_USAGE, "input: %zu strings, want at most %d", t->n, FACE_TEXTS_MAX);
	return 0;
}

/* *param: the member that is wrong, or NULL. */
static int read_request(const struct js *j, struct asking *a, const char **param, struct err *e)
{
	static const char *const known[] = {"input", "model", "encoding_format", "dimensions", "user", NULL};
	const struct js *dim = face_get(j, "dimensions");
	*a = (struct asking){0};
	*param = NULL;
	if (want_members(j, "the request", known, e))
		return -1;
	*param = "model";
	if (face_get(j, "model") && want_str(j, "model", &a->model, e))
		return -1;
	*param = "encoding_format";
	if (read_format(face_get(j, "encoding_format"), &a->base64, e))
		return -1;
	*param = "dimensions";
	if (dim && want_size(j, "dimensions", 1, WIRE_DIM_MAX, &a->dim, e))
		return -1;
	*param = "input";
	return read_input(face_get(j, "input"), &a->texts, e);
}

static void compose(const struct asking *a, const struct face_rows *r, const char *model, struct buf *out)
{
	buf_adds(out, "{\"object\":\"list\",\"data\":[");
	for (size_t i = 0; i < r->n; i++) {
		buf_printf(out, "%s{\"object\":\"embedding\",\"index\":%zu,\"embedding\":", i ? "," : "", i);
		(a->base64 ? face_row_put64 : face_row_put)(out, r->v + i * r->dim, r->dim);
		buf_addc(out, '}');
	}
	buf_adds(out, "],\"model\":");
	face_str_put(out, model);
	buf_printf(out, ",\"usage\":{\"prompt_tokens\":%llu,\"total_tokens\":%llu}}\n",
		   (unsigned long long)r->n_tokens, (unsigned long long)r->n_tokens);
}

static unsigned too_long(const struct face_rows *r, const struct wire_info *i, struct buf *out)
{
	struct buf b = BUF_INIT;
	buf_printf(&b, "input: %llu of %zu strings have more than the %zu tokens that the model takes",
		   (unsigned long long)r->n_cut, r->n, i->max_tokens);
	unsigned status = say(400, (struct wrong){"invalid_request_error", "input", "context_length_exceeded"},
			      (const char *)b.p, out);
	buf_release(&b);
	return status;
}

static unsigned embed(struct embedder *n, const struct asking *a, struct buf *out)
{
	struct face_rows r;
	struct err e;
	struct embed *h = embedder_open(n, &e);
	if (!h)
		return failed(&e, out);
	struct wire_info i = *embed_info(h);
	if (!face_model_is(&i, a->model))
		return no_model(a->model, &i, out);
	if (a->dim && a->dim != i.dim) {
		err_set(&e, ERR_USAGE, "dimensions: %zu, the model %s has %zu", a->dim, i.model, i.dim);
		return refuse("dimensions", e.msg, out);
	}
	if (face_rows(n, &a->texts, &r, &e))
		return failed(&e, out);
	unsigned status = 200;
	if (r.n_cut)
		status = too_long(&r, &i, out);
	else
		compose(a, &r, i.model, out);
	face_rows_release(&r);
	return status;
}

unsigned openai_embeddings(struct embedder *n, const struct js *request, struct buf *out)
{
	struct asking a;
	const char *param;
	struct err e;
	unsigned status = read_request(request, &a, &param, &e) ? refuse(param, e.msg, out) : embed(n, &a, out);
	face_texts_release(&a.texts);
	return status;
}

static struct js *model_json(const struct wire_info *i)
{
	struct js *o = js_new_obj();
	js_set(o, "id", js_new_str(i->model));
	js_set(o, "object", js_new_str("model"));
	js_set(o, "created", js_new_int(0));	/* nobody knows */
	js_set(o, "owned_by", js_new_str("leann"));
	return o;
}

unsigned openai_models(struct embedder *n, const char *id, struct buf *out)
{
	struct err e;
	struct embed *h = embedder_open(n, &e);
	if (!h)
		return failed(&e, out);
	const struct wire_info *i = embed_info(h);
	if (id && !face_model_is(i, id))
		return no_model(id, i, out);
	if (id) {
		face_js_put(out, model_json(i));
		return 200;
	}
	struct js *o = js_new_obj(), *list = js_new_arr();
	js_push(list, model_json(i));
	js_set(o, "object", js_new_str("list"));
	js_set(o, "data", list);
	face_js_put(out, o);
	return 200;
}
