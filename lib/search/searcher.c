/* The searcher of leann.h: connection, questions, passages. */
#include "base/buf.h"
#include "base/js.h"
#include "base/mem.h"
#include "base/progress.h"
#include "search/heading.h"
#include "search/leann_impl.h"
#include "search/query.h"
#include "sys/embed.h"
#include "sys/peek.h"
#include "sys/source.h"

enum { THREADS_MAX = 1024 };

struct leann_searcher {
	const struct leann_index *ix;
	struct asker a;
	struct source_passage p;	/* what leann_passage_get() gave last */
	struct buf head;
};

/* One block: answers after it, hits of all of them in another. */
struct results {
	struct leann_results pub;
	struct leann_hit *hits;
	struct leann_answer answers[];
};

/* A server of the model and precision of the index, or an error that says what differs. */
static int connect_model(struct leann_searcher *s, const struct leann_options *want, struct err *e)
{
	const struct leann_info *i = &s->ix->info;
	const char *sha = js_str(index_key(&s->ix->g.ix, "model.sha256"), NULL);
	struct embed_opts o = {
		.endpoint = want->endpoint,
		.model = want->model ? want->model : i->model,
		.precision = i->precision,
		.timeout_s = want->timeout_s > 0 ? want->timeout_s : EMBED_TIMEOUT_S,
		.no_start = want->no_start,
	};
	if (!wire_precision_known(o.precision))
		return err_set(e, ERR_DATA, "%s: made in precision \"%s\", which is not known here:"
			       " use a newer leann", i->path, o.precision);
	if (embed_open(&o, &s->a.embed, e))
		return -1;
	if (!sha)
		return err_set(e, ERR_DATA, "%s: damaged index: manifest: no model.sha256",
			       i->path);
	if (embed_want_precision(s->a.embed, o.precision, "the index has",
				 "search without --endpoint, or build it again", e) ||
	    embed_want_model(s->a.embed, sha,
			     "search with the model of the index (--model), or build it again", e))
		return err_prefix(e, "%s", i->path);
	if (embed_info(s->a.embed)->dim != i->dim)
		return err_set(e, ERR_DATA,
			       "%s: embeddings of %zu dimensions, the server makes %zu", i->path,
			       i->dim, embed_info(s->a.embed)->dim);
	return 0;
}

static int set_up(struct leann_searcher *s, const struct leann_options *o, struct err *e)
{
	const struct source_opts so = {.root = o->root};
	if (!(o->timeout_s >= 0) || o->threads > THREADS_MAX)
		return err_set(e, ERR_USAGE, "timeout_s %g, threads %u: want 0 or more, at most %d",
			       o->timeout_s, o->threads, THREADS_MAX);
	if (source_open(&s->ix->g.ix, &so, &s->a.src, e) || connect_model(s, o, e))
		return -1;
	s->a.peek = peek_new(s->a.src);
	s->a.par = par_new(o->threads);
	return 0;
}

int leann_searcher_new(const struct leann_index *ix, const struct leann_options *o,
		       struct leann_searcher **out, struct leann_error *e)
{
	static const struct leann_options defaults = LEANN_OPTIONS_INIT;
	struct err why;
	struct leann_searcher *s = mem_calloc(1, sizeof *s);
	*out = NULL;
	s->ix = ix;
	s->a.g = &ix->g;
	s->p = (struct source_passage)SOURCE_PASSAGE_INIT;
	if (set_up(s, o ? o : &defaults, &why)) {
		leann_searcher_free(s);
		return leann_fail(e, &why);
	}
	*out = s;
	return 0;
}

void leann_searcher_free(struct leann_searcher *s)
{
	if (!s)
		return;
	embed_free(s->a.embed);
	peek_free(s->a.peek);
	source_free(s->a.src);
	par_free(s->a.par);
	graph_scratch_release(&s->a.scratch);
	source_passage_release(&s->p);
	buf_release(&s->head);
	mem_free(s);
}

static struct leann_results *give(const struct answer *a, size_t n, const struct latency *t,
				  double total_ms)
{
	struct results *r;
	size_t total = 0;
	for (size_t i = 0; i < n; i++)
		total += a[i].n_hits;
	r = mem_alloc(sizeof *r + n * sizeof r->answers[0]);
	r->hits = mem_array(total, sizeof *r->hits);
	r->pub = (struct leann_results){r->answers, n, total_ms, t->embed_ms, t->search_ms,
					t->words_ms, t->recompute_ms};
	total = 0;
	for (size_t i = 0; i < n; i++) {
		r->answers[i] = (struct leann_answer){r->hits + total, a[i].n_hits,
						      a[i].n_recomputed};
		for (size_t k = 0; k < a[i].n_hits; k++) {
			const struct search_hit *h = &a[i].hits[k];
			r->hits[total++] = (struct leann_hit){h->chunk, h->score, h->cosine,
							      h->approx, h->words, h->exact};
		}
	}
	return &r->pub;
}

static int plan_for(const struct leann_searcher *s, const struct leann_params *p,
		    struct plan *plan, struct err *e)
{
	static const struct leann_params defaults = LEANN_PARAMS_INIT;
	if (plan_make(&s->ix->g, p ? p : &defaults, plan, e))
		return -1;
	if (p && p->filter && p->filter->ix != s->ix)
		return err_set(e, ERR_USAGE, "%s: a filter of another index", s->ix->info.path);
	plan->allow = p && p->filter ? p->filter->allow : NULL;
	return 0;
}

int leann_search(struct leann_searcher *s, const struct leann_text *questions, size_t n,
		 const struct leann_params *p, struct leann_results **out, struct leann_error *e)
{
	double t0 = now_s();
	struct latency t = {0};
	struct plan plan;
	struct err why;
	*out = NULL;
	if (plan_for(s, p, &plan, &why))
		return leann_fail(e, &why);
	struct answer *a = mem_calloc(n, sizeof *a);
	struct wire_text *q = mem_array(n, sizeof *q);
	for (size_t i = 0; i < n; i++)
		q[i] = (struct wire_text){questions[i].p, questions[i].n_bytes};
	int r = n && s->ix->info.n_chunks ? ask(&s->a, &plan, q, n, a, &t, &why) : 0;
	if (!r)
		*out = give(a, n, &t, (now_s() - t0) * 1e3);
	for (size_t i = 0; i < n; i++)
		answer_release(&a[i]);
	mem_free(a);
	mem_free(q);
	return r ? leann_fail(e, &why) : 0;
}

void leann_results_free(struct leann_results *r)
{
	if (r)
		mem_free(((struct results *)r)->hits);	/* pub is its first member */
	mem_free(r);
}

static struct leann_text text_of(const struct buf *b)
{
	return (struct leann_text){b->len ? (const char *)b->p : "", b->len};
}

static int read_passage(struct leann_searcher *s, uint32_t chunk, struct leann_passage *out,
			struct err *e)
{
	static const struct leann_text none = {"", 0};
	const struct index *ix = &s->ix->g.ix;
	struct index_chunk c;
	struct index_file f;
	if (chunk >= ix->n_chunks)
		return err_set(e, ERR_USAGE, "%s: chunk %u of %zu", s->ix->info.path, chunk,
			       ix->n_chunks);
	buf_clear(&s->head);
	if (source_passage(s->a.src, chunk, &s->p, e) || index_chunk(ix, chunk, &c, e))
		return -1;
	index_file(ix, c.file, &f);
	heading_add(ix, &s->p, chunk, &s->head);
	bool fresh = s->p.status == SOURCE_FRESH;
	*out = (struct leann_passage){
		.source = fresh				    ? LEANN_FRESH
			  : s->p.status == SOURCE_MISSING ? LEANN_MISSING
							    : LEANN_CHANGED,
		.path = text_of(&s->p.path),
		.id = text_of(&s->p.id),
		.language = index_lang(ix, f.lang),
		.text = fresh ? text_of(&s->p.text) : none,
		.first_line = fresh ? s->p.first_line : 0,
		.last_line = fresh ? s->p.last_line : 0,
		.heading = text_of(&s->head),
	};
	return 0;
}

int leann_passage_get(struct leann_searcher *s, uint32_t chunk, struct leann_passage *out,
		      struct leann_error *e)
{
	struct err why;
	return read_passage(s, chunk, out, &why) ? leann_fail(e, &why) : 0;
}
