/* Passages by number; see numbered.h. */
#include "numbered.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "leann.h"

const char *const numbered_metrics[] = {"mips", "cosine", "l2", NULL};

struct numbered {
	char *path;
	enum metric metric;
	size_t n, dim;
	struct leann_index *ix;
	struct leann_searcher *s;
};

static int failed(struct err *e, const struct leann_error *why)
{
	return err_set(e, why->status == LEANN_TEMPORARY ? ERR_TEMP : ERR_DATA, "%s", why->message);
}

/* Its passages were embedded by the model that is served, as far as both say. */
static int same_model(const struct numbered *ix, const struct wire_info *info, struct err *e)
{
	const struct leann_info *i = leann_index_info(ix->ix);
	if (i->n_chunks && (i->dim != info->dim || (i->model && strcmp(i->model, info->model))))
		return err_set(e, ERR_DATA, "%s: made with model %s, %zu numbers a vector; served is %s,"
			       " %zu: name the model of the index with --model", ix->path,
			       i->model ? i->model : "?", i->dim, info->model, info->dim);
	return 0;
}

int numbered_open(const char *path, enum metric m, const struct wire_info *info,
		  struct numbered **out, struct err *e)
{
	const struct leann_options o = {.no_start = 1, .no_cache = 1, .threads = 1};
	struct numbered *ix = mem_calloc(1, sizeof *ix);
	struct leann_error why;
	*out = NULL;
	ix->path = mem_strdup(path);
	ix->metric = m;
	int r = leann_open(path, 0, &ix->ix, &why) || leann_searcher_new(ix->ix, &o, &ix->s, &why)
		? failed(e, &why) : same_model(ix, info, e);
	if (r) {
		numbered_close(ix);
		return -1;
	}
	ix->n = leann_index_info(ix->ix)->n_chunks;
	ix->dim = info->dim;
	*out = ix;
	return 0;
}

void numbered_close(struct numbered *ix)
{
	if (!ix)
		return;
	leann_searcher_free(ix->s);
	leann_close(ix->ix);
	mem_free(ix->path);
	mem_free(ix);
}

size_t numbered_n(const struct numbered *ix)
{
	return ix->n;
}

void numbered_kept_release(struct numbered_kept *k)
{
	mem_free(k->place);
	buf_release(&k->bytes);
	*k = (struct numbered_kept)NUMBERED_KEPT_INIT;
}

/* 1: its text is appended to k->bytes; 0: it has none, and why. -1. */
static int get_text(struct numbered *ix, uint64_t number, struct numbered_kept *k, struct err *why,
		    struct err *e)
{
	static const char *const source[] = {
		[LEANN_CHANGED] = "its file changed since it was indexed",
		[LEANN_MISSING] = "its file is gone",
		[LEANN_RECUT] = "its file is cut another way now",
		[LEANN_UNREADABLE] = "its file may not be read",
	};
	struct leann_error bad;
	struct leann_passage p;
	if (number >= ix->n) {
		err_set(why, ERR_DATA, "passage %" PRIu64 ": %s has passages 0 to %zu", number, ix->path,
			ix->n - 1);
		return 0;
	}
	if (leann_passage_get(ix->s, (uint32_t)number, &p, &bad))
		return failed(e, &bad);
	if (p.source != LEANN_FRESH) {
		err_set(why, ERR_DATA, "passage %" PRIu64 ": %s: %s", number, p.path.p, source[p.source]);
		return 0;
	}
	buf_add(&k->bytes, p.text.p, p.text.n_bytes);
	return 1;
}

int numbered_texts(struct numbered *ix, struct wire_req *r, struct numbered_kept *k, struct err *e)
{
	struct err why;
	size_t *end = mem_array(r->n_numbers, sizeof *end);
	int bad = 0;
	if (r->n_vector && r->n_vector != ix->dim)
		bad = err_set(e, ERR_DATA, "request: a vector of %zu numbers, the model's have %zu",
			      r->n_vector, ix->dim);
	k->place = mem_array(r->n_numbers, sizeof *k->place);
	r->texts = mem_array(r->n_numbers, sizeof *r->texts);
	for (size_t i = 0; i < r->n_numbers && !bad; i++) {
		int got = get_text(ix, r->numbers[i], k, &why, e);
		if (got > 0) {
			k->place[r->n_texts] = i;
			end[r->n_texts++] = k->bytes.len;
		} else if (got < 0 || r->op == WIRE_OFFICIAL_ROWS) {
			if (!got)
				*e = why;
			bad = -1;
		}
	}
	for (size_t i = 0; i < r->n_texts && !bad; i++) {
		size_t from = i ? end[i - 1] : 0;
		r->texts[i] = (struct wire_text){(const char *)k->bytes.p + from, end[i] - from};
	}
	mem_free(end);
	return bad;
}

float numbered_distance(const struct numbered *ix, const struct wire_req *r, const float *row)
{
	double dot = 0, apart = 0;
	for (size_t i = 0; i < ix->dim; i++) {
		double a = (double)r->vector[i], b = (double)row[i];
		dot += a * b;
		apart += (a - b) * (a - b);
	}
	return (float)(ix->metric == METRIC_L2 ? apart : -dot);
}
