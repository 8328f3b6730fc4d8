/* What the faces share; see face.h. */
#include "serve/face.h"

#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/le.h"
#include "base/mem.h"

static int add_text(struct face_texts *t, const struct js *v, const char *key, struct err *e)
{
	size_t n = 0;
	const char *s = js_str(v, &n);
	if (!s)
		return err_set(e, ERR_USAGE, "%s: want a string or an array of strings, not %s%s", key,
			       t->p ? "an array with " : "", js_type_name(js_type(v)));
	t->p[t->n++] = (struct wire_text){s, n};
	t->empty |= !n;
	return 0;
}

int face_texts(const struct js *v, const char *key, struct face_texts *t, struct err *e)
{
	bool many = js_type(v) == JS_ARR;
	size_t n = many ? js_len(v) : 1;
	*t = (struct face_texts){0};
	if (!v)
		return err_set(e, ERR_USAGE, "want %s", key);
	if (!many && js_type(v) != JS_STR)
		return add_text(t, v, key, e);
	t->p = mem_array(n, sizeof *t->p);
	for (size_t i = 0; i < n; i++)
		if (add_text(t, many ? js_at(v, i) : v, key, e)) {
			face_texts_release(t);
			return -1;
		}
	return 0;
}

void face_texts_release(struct face_texts *t)
{
	mem_free(t->p);
	*t = (struct face_texts){0};
}

int face_rows(struct embedder *n, const struct face_texts *t, struct face_rows *r, struct err *e)
{
	struct embed *h = embedder_open(n, e);
	*r = (struct face_rows){0};
	if (!h)
		return -1;
	uint64_t n_tokens = embed_n_tokens(h), n_cut = embed_n_cut(h);
	r->dim = embed_info(h)->dim;
	r->n = t->n;
	r->v = mem_array(r->n * r->dim, sizeof *r->v);
	if (embed_texts(h, t->p, t->n, WIRE_RAW, r->v, e)) {
		face_rows_release(r);
		embedder_failed(n, e);
		return -1;
	}
	r->n_tokens = embed_n_tokens(h) - n_tokens;
	r->n_cut = embed_n_cut(h) - n_cut;
	return 0;
}

void face_rows_release(struct face_rows *r)
{
	mem_free(r->v);
	*r = (struct face_rows){0};
}

void face_row_put(struct buf *out, const float *v, size_t dim)
{
	for (size_t i = 0; i < dim; i++)
		buf_printf(out, "%c%.9g", i ? ',' : '[', (double)v[i]);
	buf_addc(out, ']');
}

void face_row_put64(struct buf *out, const float *v, size_t dim)
{
	uint8_t *p = mem_array(dim, 4);
	put_lef32s(p, v, dim);
	buf_addc(out, '"');
	base64_put(out, p, 4 * dim);
	buf_addc(out, '"');
	mem_free(p);
}

void face_str_put(struct buf *out, const char *s)
{
	struct js *j = js_new_str(s);
	js_dump(j, 0, out);
	js_free(j);
}

void face_js_put(struct buf *out, struct js *j)
{
	js_dump(j, 0, out);
	buf_addc(out, '\n');
	js_free(j);
}

const struct js *face_get(const struct js *request, const char *key)
{
	const struct js *v = js_get(request, key);
	return js_type(v) == JS_NULL ? NULL : v;
}

/* What others call a model. */
static const struct {
	const char *theirs, *ours;
} alias[] = {
	{"all-minilm", "all-MiniLM-L6-v2"},
	{"all-minilm:l6-v2", "all-MiniLM-L6-v2"},
	{"all-minilm:22m", "all-MiniLM-L6-v2"},
};

bool face_model_is(const struct wire_info *i, const char *asked)
{
	static const char latest[] = ":latest";
	size_t n = asked ? strlen(asked) : 0, cut = sizeof latest - 1;
	if (!n || !strcasecmp(asked, i->model))
		return true;
	if (n > cut && !strcasecmp(asked + n - cut, latest))
		n -= cut;
	for (size_t k = 0; k < sizeof alias / sizeof *alias; k++)
		if (strlen(alias[k].theirs) == n && !strncasecmp(asked, alias[k].theirs, n) &&
		    !strcasecmp(alias[k].ours, i->model))
			return true;
	/* ORG/NAME, of either */
	const char *slash = memchr(asked, '/', n), *base = strrchr(i->model, '/');
	if (slash) {
		n -= (size_t)(slash + 1 - asked);
		asked = slash + 1;
	}
	base = base ? base + 1 : i->model;
	return n && strlen(base) == n && !strncasecmp(asked, base, n);
}
