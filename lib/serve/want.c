/* A search as JSON; see want.h. */
#include "serve/want.h"

#include <string.h>

#include "base/mem.h"
#include "search/why.h"

struct known {
	const char *const *names;
	const char *where;
	struct err *e;
};

static int check_member(const char *key, const struct js *v, void *ctx)
{
	const struct known *k = ctx;
	struct buf all = BUF_INIT;
	(void)v;
	for (size_t i = 0; k->names[i]; i++)
		if (!strcmp(key, k->names[i]))
			return 0;
	for (size_t i = 0; k->names[i]; i++)
		buf_printf(&all, "%s%s", i ? ", " : "", k->names[i]);
	err_set(k->e, ERR_USAGE, "%s has no \"%.100s\": there are %s", k->where, key, (const char *)all.p);
	buf_release(&all);
	return -1;
}

int want_members(const struct js *obj, const char *where, const char *const *known, struct err *e)
{
	struct known k = {known, where, e};
	if (js_type(obj) != JS_OBJ)
		return err_set(e, ERR_USAGE, "%s: want an object, not %s", where, js_type_name(js_type(obj)));
	return js_each(obj, check_member, &k);
}

static int wrong(const struct js *v, const char *key, const char *want, struct err *e)
{
	return err_set(e, ERR_USAGE, "%s: want %s, not %s", key, want, js_type_name(js_type(v)));
}

int want_size(const struct js *obj, const char *key, size_t min, size_t max, size_t *out, struct err *e)
{
	const struct js *v = js_get(obj, key);
	int64_t n = js_int(v);
	if (!v)
		return 0;
	if (js_type(v) != JS_INT)
		return wrong(v, key, "a whole number", e);
	if (n < 0 || (uint64_t)n < min || (uint64_t)n > max)
		return err_set(e, ERR_USAGE, "%s: %lld, want %zu to %zu", key, (long long)n, min, max);
	*out = (size_t)n;
	return 0;
}

int want_bool(const struct js *obj, const char *key, bool *out, struct err *e)
{
	const struct js *v = js_get(obj, key);
	if (!v)
		return 0;
	if (js_type(v) != JS_BOOL)
		return wrong(v, key, "true or false", e);
	*out = js_true(v);
	return 0;
}

int want_str(const struct js *obj, const char *key, const char **out, struct err *e)
{
	const struct js *v = js_get(obj, key);
	size_t n = 0;
	*out = v ? js_str(v, &n) : NULL;
	if (v && !*out)
		return wrong(v, key, "a string", e);
	if (v && strlen(*out) != n)
		return err_set(e, ERR_USAGE, "%s: a NUL in it", key);
	return 0;
}

static int add_question(struct want *w, const struct js *v, struct err *e)
{
	size_t n = 0;
	const char *s = js_str(v, &n);
	if (!s)
		return wrong(v, w->many ? "queries" : "query", w->many ? "strings in it" : "a string", e);
	if (!n || n > WANT_QUESTION_BYTES)
		return err_set(e, ERR_USAGE, "query: %zu bytes, want 1 to %d", n, WANT_QUESTION_BYTES);
	w->questions[w->n++] = (struct leann_text){s, n};
	return 0;
}

static int questions(const struct js *j, struct want *w, struct err *e)
{
	const struct js *one = js_get(j, "query"), *many = js_get(j, "queries");
	size_t n = many ? js_len(many) : 1;
	if (!one == !many)
		return err_set(e, ERR_USAGE, one ? "query and queries: want one of them" : "want a query");
	w->many = many;
	if (many && js_type(many) != JS_ARR)
		return wrong(many, "queries", "an array", e);
	if (!n || n > WANT_QUESTIONS_MAX)
		return err_set(e, ERR_USAGE, "queries: %zu of them, want 1 to %d", n, WANT_QUESTIONS_MAX);
	w->questions = mem_array(n, sizeof *w->questions);
	for (size_t i = 0; i < n; i++)
		if (add_question(w, many ? js_at(many, i) : one, e))
			return -1;
	return 0;
}

/* An array of strings, or one string; NULL at the end. */
static int strings(const struct js *obj, const char *key, const char ***out, struct err *e)
{
	const struct js *v = js_get(obj, key);
	bool one = js_type(v) == JS_STR;
	size_t n = one ? 1 : js_len(v), len;
	if (!v)
		return 0;
	if (!one && js_type(v) != JS_ARR)
		return wrong(v, key, "an array of strings", e);
	if (n > WANT_LIST_MAX)
		return err_set(e, ERR_USAGE, "%s: %zu of them, want at most %d", key, n, WANT_LIST_MAX);
	*out = mem_array(n + 1, sizeof **out);
	for (size_t i = 0; i < n; i++) {
		const char *s = (*out)[i] = js_str(one ? v : js_at(v, i), &len);
		if (!s)
			return wrong(js_at(v, i), key, "strings in it", e);
		if (strlen(s) != len)
			return err_set(e, ERR_USAGE, "%s: a NUL in it", key);
	}
	(*out)[n] = NULL;
	if (!n) {
		mem_free(*out);
		*out = NULL;
	}
	return 0;
}

static void add_where(struct want *w, const char *expr)
{
	buf_printf(&w->where, "%s(%s)", w->where.len ? " and " : "", expr);
}

static int types(const struct js *f, struct want *w, struct err *e)
{
	const char **list = NULL;
	struct buf b = BUF_INIT;
	int r = strings(f, "types", &list, e);
	for (size_t i = 0; !r && list && list[i]; i++)
		if (strpbrk(list[i], "\"\\"))
			r = err_set(e, ERR_USAGE, "types: no type is called %s", list[i]);
		else
			buf_printf(&b, "%s\"%s\"", i ? ", " : "type in (", list[i]);
	if (!r && b.len) {
		buf_addc(&b, ')');
		add_where(w, (const char *)b.p);
	}
	buf_release(&b);
	mem_free(list);
	return r;
}

static int filters(const struct js *j, struct want *w, struct err *e)
{
	static const char *const known[] = {"languages", "paths", "types", "where", NULL};
	const struct js *f = js_get(j, "filters");
	const char *where;
	if (!f)
		return 0;
	if (want_members(f, "filters", known, e) || strings(f, "languages", &w->languages, e) ||
	    strings(f, "paths", &w->paths, e) || types(f, w, e) || want_str(f, "where", &where, e))
		return -1;
	if (where)
		add_where(w, where);
	return 0;
}

static int mode(const struct js *j, struct want *w, struct err *e)
{
	const char *s;
	if (want_str(j, "mode", &s, e))
		return -1;
	w->rerank = s && !strcmp(s, "rerank");
	if (s && !w->rerank && strcmp(s, "retrieve"))
		return err_set(e, ERR_USAGE, "mode: \"%.100s\", want retrieve or rerank", s);
	w->params.rerank = w->rerank;
	if (!w->rerank && js_get(j, "rerank_depth"))
		return err_set(e, ERR_USAGE, "rerank_depth goes with mode rerank");
	return want_size(j, "rerank_depth", 1, WANT_TOP_MAX, &w->params.rerank_depth, e);
}

static int recall(const struct js *j, struct want *w, struct err *e)
{
	static const double known[] = {.90, .95, .99};
	const struct js *v = js_get(j, "recall_target");
	if (!v)
		return 0;
	if (js_type(v) != JS_REAL)
		return wrong(v, "recall_target", "a number", e);
	for (size_t i = 0; i < 3; i++)
		if (js_num(v) > known[i] - 1e-6 && js_num(v) < known[i] + 1e-6)
			w->params.recall_target = known[i];
	if (!(w->params.recall_target > 0))
		return err_set(e, ERR_USAGE, "recall_target: %g, want .90, .95 or .99", js_num(v));
	return 0;
}

static int flags(const struct js *j, struct want *w, struct err *e)
{
	bool dense = false, copies = false;
	if (want_bool(j, "dense", &dense, e) || want_bool(j, "all_copies", &copies, e))
		return -1;
	w->params.dense = dense;
	w->params.all_copies = copies;
	return 0;
}

static int parse(const struct js *j, struct want *w, struct err *e)
{
	static const char *const known[] = {"query", "queries", "top_k", "mode", "filters", "dense",
					    "recall_target", "recompute", "per_file", "all_copies",
					    "index", "rerank_depth", NULL};
	if (want_members(j, "the request", known, e) || questions(j, w, e) ||
	    want_size(j, "top_k", 1, WANT_TOP_MAX, &w->params.top_k, e) ||
	    want_size(j, "recompute", 1, WANT_TOP_MAX, &w->params.recompute, e) ||
	    want_size(j, "per_file", 1, WANT_TOP_MAX, &w->params.per_file, e))
		return -1;
	return mode(j, w, e) || recall(j, w, e) || flags(j, w, e) || filters(j, w, e) ? -1 : 0;
}

/* What one request may cost, however its members share it out. */
static int check_work(const struct want *w, struct err *e)
{
	const struct leann_params *p = &w->params;
	size_t depth = p->rerank_depth ? p->rerank_depth : 50;
	depth = depth > p->top_k ? depth : p->top_k;
	if (w->n * p->top_k > WANT_HITS_MAX)
		return err_set(e, ERR_USAGE, "%zu queries times top_k %zu: the limit is %d hits", w->n, p->top_k,
			       WANT_HITS_MAX);
	if (w->rerank && w->n * depth > WANT_PAIRS_MAX)
		return err_set(e, ERR_USAGE, "%zu queries times %zu passages for the reranker: the limit is %d", w->n,
			       depth, WANT_PAIRS_MAX);
	return 0;
}

int want_parse(const struct js *j, struct want *w, struct err *e)
{
	*w = (struct want){.params = LEANN_PARAMS_INIT};
	w->params.top_k = 10;
	if (!parse(j, w, e) && !check_work(w, e))
		return 0;
	want_release(w);
	return -1;
}

int want_filter(const struct want *w, const struct leann_index *ix, struct leann_filter **out,
		struct err *e)
{
	struct leann_filter *a = NULL, *b = NULL;
	struct leann_error why;
	*out = NULL;
	if ((w->languages || w->paths) && leann_filter_new(ix, w->languages, w->paths, &a, &why))
		return leann_why(&why, e);
	if (w->where.len && leann_filter_parse(ix, (const char *)w->where.p, &b, &why)) {
		leann_filter_free(a);
		return leann_why(&why, e);
	}
	if (!a || !b) {
		*out = a ? a : b;
		return 0;
	}
	int bad = leann_filter_and(a, b, out, &why);
	leann_filter_free(a);
	leann_filter_free(b);
	return bad ? leann_why(&why, e) : 0;
}

void want_release(struct want *w)
{
	mem_free(w->questions);
	mem_free(w->languages);
	mem_free(w->paths);
	buf_release(&w->where);
	*w = (struct want){0};
}
