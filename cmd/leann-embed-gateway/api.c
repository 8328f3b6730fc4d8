/* What the APIs share; see api.h. */
#include "api.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

const struct api *api_find(const char *name)
{
	static const struct api *const all[] = {&api_openai, &api_ollama, &api_tei, &api_leann};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (!strcmp(name, all[i]->name))
			return all[i];
	return NULL;
}

struct conn *conn_new(const struct config *c)
{
	struct conn *n = mem_calloc(1, sizeof *n);
	n->c = c;
	n->http = http_client_new();
	n->doc = mp_new();
	return n;
}

void conn_free(struct conn *c)
{
	if (!c)
		return;
	http_client_free(c->http);
	zsock_free(c->z);
	mp_free(c->doc);
	mem_free(c);
}

void conn_served(struct conn *c, const struct js *name)
{
	const char *s = js_str(name, NULL);
	if (s)
		snprintf(c->served, sizeof c->served, "%s", s);
}

float *rows_at(struct rows *r, size_t i, size_t dim, struct err *e)
{
	if (!dim || dim > PROVIDER_DIM_MAX || (r->dim && dim != r->dim)) {
		if (r->dim)
			err_set(e, ERR_DATA, "embedding %zu has %zu numbers, want %zu", i, dim, r->dim);
		else
			err_set(e, ERR_DATA, "embedding %zu has %zu numbers, want 1 to %d", i, dim, PROVIDER_DIM_MAX);
		return NULL;
	}
	r->dim = dim;
	if (r->cap < (i + 1) * dim) {
		size_t cap = (r->n > i ? r->n : i + 1) * dim;
		r->v = mem_realloc(r->v, cap * sizeof *r->v);
		r->cap = cap;
	}
	return r->v + i * dim;
}

void rows_release(struct rows *r)
{
	mem_free(r->v);
	*r = (struct rows){0};
}

int rows_take(struct rows *r, size_t i, const struct js *j, struct err *e)
{
	if (js_type(j) != JS_ARR)
		return err_set(e, ERR_DATA, "embedding %zu is %s, want an array of numbers", i,
			       js_type_name(js_type(j)));
	float *v = rows_at(r, i, js_len(j), e);
	for (size_t k = 0; v && k < r->dim; k++) {
		const struct js *x = js_at(j, k);
		if (js_type(x) != JS_INT && js_type(x) != JS_REAL)
			return err_set(e, ERR_DATA, "embedding %zu: number %zu is %s", i, k,
				       js_type_name(js_type(x)));
		v[k] = (float)js_num(x);
	}
	return v ? 0 : -1;
}

struct js *call_text(const struct call *call, size_t i)
{
	const struct wire_text *t = &call->texts[i];
	struct buf b = BUF_INIT;
	if (!*call->prefix)
		return js_new_strn(t->p, t->n);
	buf_adds(&b, call->prefix);
	buf_add(&b, t->p, t->n);
	struct js *j = js_new_strn((const char *)b.p, b.len);
	buf_release(&b);
	return j;
}

struct js *call_texts(const struct call *call)
{
	struct js *a = js_new_arr();
	for (size_t i = 0; i < call->n; i++)
		js_push(a, call_text(call, i));
	return a;
}

/* Row i: finite, with a direction; its length becomes 1. */
static int make_unit(float *v, size_t dim, size_t i, struct err *e)
{
	double sum = 0;
	for (size_t k = 0; k < dim; k++) {
		if (!isfinite(v[k]))
			return err_set(e, ERR_DATA, "embedding %zu: number %zu is %s", i, k,
				       isnan(v[k]) ? "not a number" : "infinite");
		sum += (double)v[k] * v[k];
	}
	double norm = sqrt(sum);
	if (norm < FLT_MIN)
		return err_set(e, ERR_DATA, "embedding %zu has the length %g and no direction", i, norm);
	for (size_t k = 0; k < dim; k++)
		v[k] = (float)(v[k] / norm);
	return 0;
}

int rows_take_all(struct rows *r, const struct js *j, struct err *e)
{
	if (js_type(j) != JS_ARR || js_len(j) != r->n)
		return err_set(e, ERR_DATA, "%zu embeddings, %zu were asked for", js_len(j), r->n);
	for (size_t i = 0; i < r->n; i++)
		if (rows_take(r, i, js_at(j, i), e))
			return -1;
	return 0;
}

int rows_unit(struct rows *r, struct err *e)
{
	for (size_t i = 0; i < r->n; i++)
		if (make_unit(r->v + i * r->dim, r->dim, i, e))
			return -1;
	return 0;
}

bool api_names_agree(const char *asked, const char *served)
{
	const char *a = strrchr(asked, '/') ? strrchr(asked, '/') + 1 : asked;
	const char *s = strrchr(served, '/') ? strrchr(served, '/') + 1 : served;
	size_t na = strcspn(a, ":"), ns = strcspn(s, ":"), n = na < ns ? na : ns;
	return n && !strncasecmp(a, s, n) && (na == ns || !isalnum((unsigned char)(na > n ? a : s)[n]));
}
