/* The encoder as text-embeddings-inference has it; see faces.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/opts.h"
#include "serve/face.h"
#include "serve/want.h"
#include "sys/rerank.h"

static unsigned say(unsigned status, const char *type, const char *message, struct buf *out)
{
	struct js *o = js_new_obj();
	js_set(o, "error", js_new_str(message));
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

struct ranking {
	struct face_texts texts;
	struct wire_text query;
	bool truncate, raw, text;
	struct ranked {
		size_t i;
		float score;
	} *r;				/* (texts.n), best first */
};

static int read_ranking(const struct js *j, struct ranking *a, struct err *e)
{
	const struct js *texts = face_get(j, "texts");
	if (js_type(j) != JS_OBJ)
		return err_set(e, ERR_USAGE, "want an object, not %s", js_type_name(js_type(j)));
	a->query.p = js_str(js_get(j, "query"), &a->query.n);
	if (!a->query.p)
		return err_set(e, ERR_USAGE, "query: want a string");
	if (texts && js_type(texts) != JS_ARR)
		return err_set(e, ERR_USAGE, "texts: want an array of strings, not %s", js_type_name(js_type(texts)));
	if ((face_get(j, "truncate") && want_bool(j, "truncate", &a->truncate, e)) ||
	    (face_get(j, "raw_scores") && want_bool(j, "raw_scores", &a->raw, e)) ||
	    (face_get(j, "return_text") && want_bool(j, "return_text", &a->text, e)))
		return -1;
	return face_texts(texts, "texts", &a->texts, e);
}

static int by_score(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;
	return a->score != b->score ? (a->score < b->score) - (a->score > b->score) : (a->i > b->i) - (a->i < b->i);
}

/* *n_cut: pairs that are longer than the model takes. */
static int score(struct embedder *n, struct ranking *a, uint64_t *n_cut, struct err *e)
{
	struct embed *h = embedder_reranker(n, e);
	if (!h)
		return -1;
	float *s = mem_array(a->texts.n, sizeof *s);
	a->r = mem_array(a->texts.n, sizeof *a->r);
	*n_cut = embed_n_cut(h);
	int bad = rerank_texts(h, &a->query, a->texts.p, a->texts.n, s, e);
	if (bad)
		embedder_failed(n, e);
	else
		*n_cut = embed_n_cut(h) - *n_cut;
	for (size_t i = 0; i < a->texts.n && !bad; i++)
		a->r[i] = (struct ranked){i, s[i]};
	mem_free(s);
	if (!bad)
		qsort(a->r, a->texts.n, sizeof *a->r, by_score);
	return bad;
}

static void compose_ranks(const struct ranking *a, struct buf *out)
{
	for (size_t k = 0; k < a->texts.n; k++) {
		const struct ranked *r = &a->r[k];
		double s = (double)r->score;
		buf_printf(out, "%c{\"index\":%zu", k ? ',' : '[', r->i);
		if (a->text) {
			struct js *t = js_new_strn(a->texts.p[r->i].p, a->texts.p[r->i].n);
			buf_adds(out, ",\"text\":");
			js_dump(t, 0, out);
			js_free(t);
		}
		buf_printf(out, ",\"score\":%.9g}", (double)(float)(a->raw ? s : 1 / (1 + exp(-s))));
	}
	buf_adds(out, "]\n");
}

unsigned tei_rerank(struct embedder *n, const struct js *request, struct buf *out)
{
	struct ranking a = {0};
	struct err e;
	uint64_t n_cut = 0;
	unsigned status;
	if (read_ranking(request, &a, &e)) {
		status = failed(&e, out);
	} else {
		a.texts.empty = false;	/* an empty text is one */
		status = check_batch(&a.texts, "texts", out);
		if (status == 200 && score(n, &a, &n_cut, &e)) {
			status = failed(&e, out);
		} else if (status == 200 && n_cut && !a.truncate) {
			err_set(&e, ERR_USAGE, "`query` and `texts`: %llu of %zu pairs are longer than the model takes:"
				" or truncate", (unsigned long long)n_cut, a.texts.n);
			status = say(413, "validation", e.msg, out);
		} else if (status == 200) {
			compose_ranks(&a, out);
		}
	}
	mem_free(a.r);
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
	js_set(o, "model_id", js_new_str(i->model));
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
