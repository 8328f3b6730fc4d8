/*
 * Are a collection's embeddings those of the model? Its embedding function says what the client was told, while
 * embeddings may have come from anywhere; so some texts are embedded here, too, and compared.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "chroma.h"
#include "port/import_args.h"
#include "sys/jsonl.h"

enum { SAMPLES = 16, SAMPLES_MORE = 64 };	/* more where records were deleted once */

/* No, because. 0 or -1, as the user asked for. */
static int PRINTF(4, 5)
no(const struct import_args *a, const struct collection *c, struct err *e, const char *fmt, ...)
{
	struct err why;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(why.msg, sizeof why.msg, fmt, ap);
	va_end(ap);
	if (a->embeddings == EMBEDDINGS_REUSE)
		return err_set(e, ERR_DATA, "collection %s: its embeddings cannot be taken over: %.700s", c->name,
			       why.msg);
	if (!a->quiet)
		err_warn("collection %s: its texts are to be embedded anew: %.700s", c->name, why.msg);
	return 0;
}

struct sampling {
	const struct records *r;
	struct vectors *v;
	struct embed *h;
	struct buf line, text, id;
	float *vec;
	size_t n;			/* compared */
	double lowest;
	char lowest_id[101];
};

/* Record i, unless the model does not take all of its text, or has none. */
static int sample(struct sampling *s, size_t i, struct err *e)
{
	uint64_t n_cut = embed_n_cut(s->h);
	struct err why;
	double cosine;
	if (records_line(s->r, i, &s->line, e) || record_text(s->line.p, s->line.len, &s->text, &s->id, e) ||
	    vectors_get(s->v, i, s->vec, e))
		return -1;
	if (!s->text.len)
		return 0;
	if (import_normalise(s->vec, embed_info(s->h)->dim, &why))
		cosine = 0;
	else if (import_cosine(s->h, (const char *)s->text.p, s->text.len, s->vec, &cosine, e))
		return -1;
	if (embed_n_cut(s->h) != n_cut)
		return 0;
	if (!s->n++ || cosine < s->lowest) {
		s->lowest = cosine;
		snprintf(s->lowest_id, sizeof s->lowest_id, "%.100s", (const char *)s->id.p);
	}
	return 0;
}

/* Spread over all records, the first and the last among them. */
static int sample_all(struct sampling *s, size_t n_samples, struct err *e)
{
	size_t n = s->r->n, k = n < n_samples ? n : n_samples;
	int r = 0;
	s->vec = mem_array(embed_info(s->h)->dim, sizeof *s->vec);
	for (size_t i = 0; i < k && !r; i++)
		r = sample(s, k > 1 ? i * (n - 1) / (k - 1) : 0, e);
	buf_release(&s->line);
	buf_release(&s->text);
	buf_release(&s->id);
	mem_free(s->vec);
	return r;
}

static int compare(const struct import_args *a, const struct collection *c, const struct records *r,
		   struct vectors *v, struct embed *h, struct err *e)
{
	const struct wire_info *i = embed_info(h);
	struct sampling s = {.r = r, .v = v, .h = h};
	bool named = *c->model && !strcmp(c->model, i->model);
	if (i->dim != c->dim)
		return no(a, c, e, "they have %zu dimensions, model %s has %zu", c->dim, i->model, i->dim);
	if (!a->import.model && *c->model && !named)
		return no(a, c, e, "they were made by %s, the model here is %s: --model says that they are its",
			  c->model, i->model);
	bool gaps = v->hnsw.n_deleted || v->hnsw.label_max != v->hnsw.n;
	if (sample_all(&s, gaps ? SAMPLES_MORE : SAMPLES, e))
		return -1;
	if (s.n && s.lowest < IMPORT_COSINE_MIN)
		return no(a, c, e, "that of record \"%s\" is not what model %s makes of its text: their cosine is %.3f",
			  s.lowest_id, i->model, s.lowest);
	if (!s.n && !named && !a->import.model)
		return no(a, c, e, "no text is short enough to see whether they are those of model %s", i->model);
	if (a->verbose)
		fprintf(stderr, "%s: %zu embeddings were compared with those of their texts made here: cosine at least "
			"%.4f\n", err_prog(), s.n, s.n ? s.lowest : 1);
	return 1;
}

int decide(const struct import_args *a, const struct collection *c, const struct records *r, struct vectors *v,
	   struct err *e)
{
	struct embed_opts eo = a->import.embed;
	struct embed *h = NULL;
	if (a->embeddings == EMBEDDINGS_RECOMPUTE)
		return 0;
	if (v->why_not)
		return no(a, c, e, "%s", v->why_not);
	eo.model = a->import.model;
	int yes = embed_open(&eo, &h, e) ? -1 : compare(a, c, r, v, h, e);
	embed_free(h);
	return yes;
}
