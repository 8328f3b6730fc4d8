/* The handles of leann.h that threads share: indexes and filters. */
#include "leann.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/js.h"
#include "base/mem.h"
#include "base/opts.h"
#include "search/filter.h"
#include "search/leann_impl.h"
#include "sys/url.h"

const char *leann_version(void)
{
	return LEANN_VERSION;
}

int leann_fail(struct leann_error *to, const struct err *from)
{
	if (to) {
		to->status = from->code == ERR_USAGE  ? LEANN_USAGE
			     : from->code == ERR_TEMP ? LEANN_TEMPORARY
						      : LEANN_DATA;
		snprintf(to->message, sizeof to->message, "%s", from->msg);
	}
	return -1;
}

static void describe(struct leann_index *ix)
{
	const struct index *x = &ix->g.ix;
	const char *precision = js_str(index_key(x, "model.precision"), NULL);
	const char *api = js_str(index_key(x, "model.provider.api"), NULL);
	const char *url = js_str(index_key(x, "model.provider.url"), NULL);
	ix->info = (struct leann_info){
		.path = x->b.path,
		.model = js_str(index_key(x, "model.name"), NULL),
		.precision = api ? NULL : precision ? precision : "fp32",
		.n_files = x->n_files,
		.n_chunks = x->n_chunks,
		.dim = x->dim,
		.code_bytes = x->n_chunks ? x->pq.m : 0,
		.has_words = x->terms.n_buckets > 0,
		.has_graph = x->chunk_graph.p != NULL,
		.n_lists = x->lists ? x->anchors.m : 0,
		.provider = api,
		.provider_url = url,
		.remote = api && !(url && url_is_loopback(url)),
	};
}

int leann_open(const char *path, unsigned flags, struct leann_index **out, struct leann_error *e)
{
	struct err why;
	*out = NULL;
	if (flags & ~(unsigned)LEANN_OPEN_GRAPH) {
		err_set(&why, ERR_USAGE, "%s: unknown flags %#x", path, flags);
		return leann_fail(e, &why);
	}
	struct leann_index *ix = mem_calloc(1, sizeof *ix);
	if (engine_open(&ix->g, path, flags & LEANN_OPEN_GRAPH, &why)) {
		leann_close(ix);
		return leann_fail(e, &why);
	}
	describe(ix);
	fields_list(ix);
	*out = ix;
	return 0;
}

void leann_close(struct leann_index *ix)
{
	if (ix) {
		mem_free(ix->field);
		engine_close(&ix->g);
	}
	mem_free(ix);
}

static const char *model_sha256(const struct leann_index *ix)
{
	const char *s = js_str(index_key(&ix->g.ix, "model.sha256"), NULL);
	return s ? s : "";
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

int leann_comparable(const struct leann_index *a, const struct leann_index *b, struct leann_error *e)
{
	const struct leann_info *x = &a->info, *y = &b->info;
	struct err why;
	if (!x->n_chunks || !y->n_chunks ||
	    (*model_sha256(a) && !strcmp(model_sha256(a), model_sha256(b)) &&
	     same_text(x->precision, y->precision)))
		return 0;
	err_set(&why, ERR_USAGE, "%s and %s have different models (%s %s, %s %s), whose scores do not compare",
		x->path, y->path, x->model ? x->model : "?", x->precision ? x->precision : x->provider,
		y->model ? y->model : "?", y->precision ? y->precision : y->provider);
	return leann_fail(e, &why);
}

const struct leann_info *leann_index_info(const struct leann_index *ix)
{
	return &ix->info;
}

int leann_filter_new(const struct leann_index *ix, const char *const *languages,
		     const char *const *paths, struct leann_filter **out, struct leann_error *e)
{
	struct leann_filter f = {.ix = ix};
	struct err why;
	*out = NULL;
	if (allow_make(&ix->g, languages, paths, &f.allow, &f.n, &why))
		return leann_fail(e, &why);
	*out = mem_alloc(sizeof f);
	**out = f;
	return 0;
}

/* Takes allow over. */
static struct leann_filter *made(const struct leann_index *ix, uint64_t *allow)
{
	struct leann_filter *f = mem_alloc(sizeof *f);
	*f = (struct leann_filter){.ix = ix, .allow = allow};
	for (size_t i = 0; i < ix->g.ix.n_chunks / 64 + 1; i++)
		f->n += (size_t)__builtin_popcountll(allow[i]);
	return f;
}

int leann_filter_parse(const struct leann_index *ix, const char *expression,
		       struct leann_filter **out, struct leann_error *e)
{
	struct err why;
	struct filter *f;
	*out = NULL;
	if (filter_parse(expression, &f, &why))
		return leann_fail(e, &why);
	uint64_t *bits = mem_calloc(ix->g.ix.n_chunks / 64 + 1, sizeof *bits);
	int bad = filter_eval(f, &ix->g, (int64_t)time(NULL), bits, &why);
	filter_free(f);
	if (!bad)
		*out = made(ix, bits);
	else
		mem_free(bits);
	return bad ? leann_fail(e, &why) : 0;
}

int leann_filter_chunks(const struct leann_index *ix, const uint32_t *chunks, size_t n,
			struct leann_filter **out, struct leann_error *e)
{
	const struct index *x = &ix->g.ix;
	struct err why;
	*out = NULL;
	uint64_t *bits = mem_calloc(x->n_chunks / 64 + 1, sizeof *bits);
	for (size_t i = 0; i < n; i++) {
		if (chunks[i] >= x->n_chunks) {
			err_set(&why, ERR_USAGE, "%s: chunk %u of %zu", x->b.path, chunks[i], x->n_chunks);
			mem_free(bits);
			return leann_fail(e, &why);
		}
		bits[chunks[i] / 64] |= (uint64_t)1 << chunks[i] % 64;
	}
	for (size_t i = 0; ix->g.live && i < x->n_chunks / 64 + 1; i++)
		bits[i] &= ix->g.live[i];
	*out = made(ix, bits);
	return 0;
}

int leann_filter_and(const struct leann_filter *a, const struct leann_filter *b,
		     struct leann_filter **out, struct leann_error *e)
{
	struct err why;
	*out = NULL;
	if (a->ix != b->ix) {
		err_set(&why, ERR_USAGE, "filters of two indexes");
		return leann_fail(e, &why);
	}
	size_t n = a->ix->g.ix.n_chunks / 64 + 1;
	uint64_t *bits = mem_array(n, sizeof *bits);
	for (size_t i = 0; i < n; i++)
		bits[i] = a->allow[i] & b->allow[i];
	*out = made(a->ix, bits);
	return 0;
}

void leann_filter_free(struct leann_filter *f)
{
	if (f)
		mem_free(f->allow);
	mem_free(f);
}

size_t leann_filter_n_chunks(const struct leann_filter *f)
{
	return f->n;
}

int leann_filter_has(const struct leann_filter *f, uint32_t chunk)
{
	return chunk < f->ix->g.ix.n_chunks && f->allow[chunk / 64] >> chunk % 64 & 1;
}
