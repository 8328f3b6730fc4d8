/* The handles of leann.h that threads share: indexes and filters. */
#include "leann.h"

#include <stdio.h>

#include "base/js.h"
#include "base/mem.h"
#include "base/opts.h"
#include "search/leann_impl.h"

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
	ix->info = (struct leann_info){
		.path = x->b.path,
		.model = js_str(index_key(x, "model.name"), NULL),
		.precision = precision ? precision : "fp32",
		.n_files = x->n_files,
		.n_chunks = x->n_chunks,
		.dim = x->dim,
		.code_bytes = x->n_chunks ? x->pq.m : 0,
		.has_words = x->terms.n_buckets > 0,
		.has_graph = x->chunk_graph.p != NULL,
		.n_lists = x->lists ? x->anchors.m : 0,
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
	*out = ix;
	return 0;
}

void leann_close(struct leann_index *ix)
{
	if (ix)
		engine_close(&ix->g);
	mem_free(ix);
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
