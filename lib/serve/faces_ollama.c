/* The encoder as Ollama's API has it; see faces.h. */
#include <string.h>

#include "base/opts.h"
#include "base/progress.h"
#include "serve/face.h"
#include "serve/want.h"

void ollama_error(unsigned status, const char *message, struct buf *out)
{
	struct js *o = js_new_obj();
	(void)status;
	js_set(o, "error", js_new_str(message));
	face_js_put(out, o);
}

static unsigned failed(const struct err *e, struct buf *out)
{
	unsigned status = e->code == ERR_USAGE ? 400 : e->code == ERR_TEMP ? 503 : 500;
	ollama_error(status, e->msg, out);
	return status;
}

static unsigned no_model(const char *asked, const struct wire_info *i, struct buf *out)
{
	struct err e;
	err_set(&e, ERR_USAGE, "model \"%.200s\" not found: there is %s", asked, i->model);
	ollama_error(404, e.msg, out);
	return 404;
}

struct asking {
	struct face_texts texts;
	const char *model;		/* or NULL */
	bool truncate;
	size_t dim;			/* 0: not asked for */
};

/* Members that are not known, as options and keep_alive, are the business of a server of many models. */
static int read_request(const struct js *j, struct asking *a, struct err *e)
{
	const struct js *input = face_get(j, "input");
	*a = (struct asking){.truncate = true};
	if (js_type(j) != JS_OBJ)
		return err_set(e, ERR_USAGE, "want an object, not %s", js_type_name(js_type(j)));
	if (face_get(j, "model") && want_str(j, "model", &a->model, e))
		return -1;
	if (face_get(j, "truncate") && want_bool(j, "truncate", &a->truncate, e))
		return -1;
	if (face_get(j, "dimensions") && want_size(j, "dimensions", 0, WIRE_DIM_MAX, &a->dim, e))
		return -1;
	if (input && face_texts(input, "input", &a->texts, e))
		return -1;
	/* "" asks for the model to be loaded, and for nothing else */
	if (js_type(input) == JS_STR && a->texts.empty)
		a->texts.n = 0;
	if (a->texts.n > FACE_TEXTS_MAX)
		return err_set(e, ERR_USAGE, "input: %zu strings, want at most %d", a->texts.n, FACE_TEXTS_MAX);
	return 0;
}

static void compose(const struct wire_info *i, const struct face_rows *r, const char *model, double start_s,
		    double ready_s, struct buf *out)
{
	buf_adds(out, "{\"model\":");
	face_str_put(out, model && *model ? model : i->model);
	buf_adds(out, ",\"embeddings\":[");
	for (size_t k = 0; k < r->n; k++) {
		if (k)
			buf_addc(out, ',');
		face_row_put(out, r->v + k * r->dim, r->dim);
	}
	buf_printf(out, "],\"total_duration\":%lld,\"load_duration\":%lld,\"prompt_eval_count\":%llu}\n",
		   (long long)((now_s() - start_s) * 1e9), (long long)((ready_s - start_s) * 1e9),
		   (unsigned long long)r->n_tokens);
}

static unsigned embed(struct embedder *n, const struct asking *a, struct buf *out)
{
	double start_s = now_s();
	struct face_rows r = {0};
	struct err e;
	struct embed *h = embedder_open(n, &e);
	if (!h)
		return failed(&e, out);
	struct wire_info i = *embed_info(h);
	double ready_s = now_s();
	if (!face_model_is(&i, a->model))
		return no_model(a->model, &i, out);
	int bad = 0;
	if (a->dim && a->dim != i.dim)
		bad = err_set(&e, ERR_USAGE, "dimensions: %zu, the model %s has %zu", a->dim, i.model, i.dim);
	if (!bad && a->texts.n)
		bad = face_rows(n, &a->texts, &r, &e);
	if (!bad && r.n_cut && !a->truncate)
		bad = err_set(&e, ERR_USAGE, "the input length exceeds the context length: %zu tokens", i.max_tokens);
	if (!bad)
		compose(&i, &r, a->model, start_s, ready_s, out);
	face_rows_release(&r);
	return bad ? failed(&e, out) : 200;
}

unsigned ollama_embed(struct embedder *n, const struct js *request, struct buf *out)
{
	struct asking a;
	struct err e;
	unsigned status = read_request(request, &a, &e) ? failed(&e, out) : embed(n, &a, out);
	face_texts_release(&a.texts);
	return status;
}

unsigned ollama_tags(struct embedder *n, struct buf *out)
{
	struct err e;
	struct embed *h = embedder_open(n, &e);
	struct buf name = BUF_INIT;
	if (!h)
		return failed(&e, out);
	const struct wire_info *i = embed_info(h);
	struct js *o = js_new_obj(), *list = js_new_arr(), *m = js_new_obj(), *d = js_new_obj();
	buf_printf(&name, "%s:latest", i->model);
	js_set(m, "name", js_new_strn((const char *)name.p, name.len));
	js_set(m, "model", js_new_strn((const char *)name.p, name.len));
	js_set(m, "digest", js_new_str(i->sha256));
	js_set(d, "format", js_new_str("safetensors"));
	js_set(d, "quantization_level", js_new_str(i->precision));
	js_set(m, "details", d);
	js_push(list, m);
	js_set(o, "models", list);
	buf_release(&name);
	face_js_put(out, o);
	return 200;
}

unsigned ollama_version(struct buf *out)
{
	buf_adds(out, "{\"version\":\"" LEANN_VERSION "\"}\n");
	return 200;
}
