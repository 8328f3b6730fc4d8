/* The searcher of leann.h: connection, questions, passages. */
#include <stdlib.h>
#include <string.h>

#include "algo/preview.h"
#include "base/buf.h"
#include "base/js.h"
#include "base/mem.h"
#include "base/progress.h"
#include "search/cache.h"
#include "search/heading.h"
#include "search/leann_impl.h"
#include "search/query.h"
#include "search/recut.h"
#include "sys/embed.h"
#include "sys/embed_ep.h"
#include "sys/peek.h"
#include "sys/rerank.h"
#include "sys/source.h"

enum { THREADS_MAX = 1024, PREVIEW_LINES_MAX = 100000 };

/* One block: answers after it, hits of all of them in another, copies in a third. */
struct results {
	struct leann_results pub;
	struct leann_hit *hits;
	uint32_t *also;
	struct leann_answer answers[];
};

/* A server of the model and precision of the index, or an error that says what differs. */
static int connect_model(struct leann_searcher *s, struct embed **out, struct err *e)
{
	const struct leann_info *i = &s->ix->info;
	const char *sha = js_str(index_key(&s->ix->g.ix, "model.sha256"), NULL);
	struct embed_opts o = {
		.endpoint = s->endpoint,
		.model = s->model ? s->model : i->model,
		.precision = i->precision,
		.timeout_s = s->timeout_s > 0 ? s->timeout_s : EMBED_TIMEOUT_S,
		.no_start = s->no_start,
		.allow_remote = s->allow_remote,
		.whose = i->path,
	};
	struct provider *p = mem_alloc(sizeof *p);
	int r = provider_from_json(index_key(&s->ix->g.ix, "model"), i->path, p, e);
	o.provider = i->provider ? p : NULL;
	r = r || embed_open(&o, out, e) ? -1 : 0;
	mem_free(p);
	if (r)
		return -1;
	if (!i->provider && embed_want_precision(*out, o.precision, "the index has",
				 "search without --endpoint, or build it again", e))
		return err_prefix(e, "%s", i->path);
	if (embed_want_model(*out, sha,
			     "search with the model of the index (--model), or build it again", e))
		return err_prefix(e, "%s", i->path);
	if (embed_info(*out)->dim != i->dim)
		return err_set(e, ERR_DATA,
			       "%s: embeddings of %zu dimensions, the server makes %zu", i->path,
			       i->dim, embed_info(*out)->dim);
	return 0;
}

int searcher_ready(struct leann_searcher *s, struct err *e)
{
	struct embed *h = NULL;
	if (s->a.embed)
		return 0;
	if (connect_model(s, &h, e)) {
		embed_free(h);
		return -1;
	}
	s->a.embed = h;
	s->a.peek = peek_new(s->a.src);
	s->a.par = par_new(s->threads);
	return 0;
}

/* The reranker, where the plan wants one, and which it is: that decides what an answer is. */
static int ready_to_rerank(struct leann_searcher *s, struct plan *p, struct err *e)
{
	struct embed_opts o = {
		.endpoint = s->rerank_endpoint,
		.model = s->reranker,
		.timeout_s = s->timeout_s > 0 ? s->timeout_s : EMBED_TIMEOUT_S,
		.no_start = s->no_start,
	};
	if (!p->n_rerank)
		return 0;
	if (!s->a.reranker && rerank_open(&o, &s->a.reranker, e))
		return -1;
	p->reranker = embed_info(s->a.reranker)->sha256;
	return 0;
}

/* What no server is needed to see. */
static int check_model(const struct leann_index *ix, struct err *e)
{
	const struct leann_info *i = &ix->info;
	if (i->precision && !wire_precision_known(i->precision))
		return err_set(e, ERR_DATA, "%s: made in precision \"%s\", which is not known here:"
			       " use a newer leann", i->path, i->precision);
	if (!js_str(index_key(&ix->g.ix, "model.sha256"), NULL))
		return err_set(e, ERR_DATA, "%s: damaged index: manifest: no model.sha256",
			       i->path);
	return 0;
}

static int set_up(struct leann_searcher *s, const struct leann_options *o, struct err *e)
{
	if (!(o->timeout_s >= 0) || o->threads > THREADS_MAX)
		return err_set(e, ERR_USAGE, "timeout_s %g, threads %u: want 0 or more, at most %d",
			       o->timeout_s, o->threads, THREADS_MAX);
	if (recut_open(&s->ix->g.ix, o->root, o->model, &s->recut, &s->a.src, e) ||
	    check_model(s->ix, e))
		return -1;
	if (o->endpoint && s->ix->info.provider && strstr(o->endpoint, "http") == o->endpoint)
		s->endpoint = mem_strdup(o->endpoint);	/* where the provider is now */
	else if (o->endpoint && embed_ep_check(o->endpoint, &s->endpoint, e))
		return -1;
	if (	    o->rerank_endpoint && embed_ep_check(o->rerank_endpoint, &s->rerank_endpoint, e))
		return -1;
	s->model = o->model ? mem_strdup(o->model) : NULL;
	s->reranker = o->reranker ? mem_strdup(o->reranker) : NULL;
	s->timeout_s = o->timeout_s;
	s->no_start = o->no_start;
	s->allow_remote = o->allow_remote;
	s->threads = o->threads;
	s->a.cache = o->no_cache ? NULL : cache_new();
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
	cache_free(s->a.cache);
	mem_free(s->model);
	mem_free(s->endpoint);
	mem_free(s->reranker);
	mem_free(s->rerank_endpoint);
	embed_free(s->a.embed);
	embed_free(s->a.reranker);
	peek_free(s->a.peek);
	source_free(s->a.src);
	recut_free(s->recut);
	par_free(s->a.par);
	graph_scratch_release(&s->a.scratch);
	source_passage_release(&s->p);
	buf_release(&s->head);
	buf_release(&s->lines);
	meta_reader_free(s->meta);
	meta_release(&s->now);
	mem_free(s->items);
	mem_free(s);
}

static int by_copy(const void *a, const void *b)
{
	const struct copy *x = a, *y = b;
	return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

/* The copies of chunk into also, ascending; how many. */
static size_t copies_of(const struct answer *a, uint32_t chunk, uint32_t *also)
{
	size_t n = 0;
	for (size_t i = 0; i < a->n_copies; i++)
		if (a->copies[i].of == chunk)
			also[n++] = a->copies[i].chunk;
	return n;
}

static struct leann_results *give(const struct answer *a, size_t n, const struct latency *t,
				  double total_ms)
{
	struct results *r;
	size_t total = 0, n_also = 0;
	for (size_t i = 0; i < n; i++) {
		total += a[i].n_hits;
		n_also += a[i].n_copies;
		if (a[i].n_copies)
			qsort(a[i].copies, a[i].n_copies, sizeof *a[i].copies, by_copy);
	}
	r = mem_alloc(sizeof *r + n * sizeof r->answers[0]);
	r->hits = mem_array(total, sizeof *r->hits);
	r->also = mem_array(n_also, sizeof *r->also);
	r->pub = (struct leann_results){r->answers, n, total_ms, t->embed_ms, t->search_ms,
					t->words_ms, t->recompute_ms, t->rerank_ms};
	total = n_also = 0;
	for (size_t i = 0; i < n; i++) {
		r->answers[i] = (struct leann_answer){r->hits + total, a[i].n_hits,
						      a[i].n_recomputed, a[i].cached,
						      a[i].n_round_trips};
		for (size_t k = 0; k < a[i].n_hits; k++) {
			const struct search_hit *h = &a[i].hits[k];
			size_t copies = copies_of(&a[i], h->chunk, r->also + n_also);
			r->hits[total++] = (struct leann_hit){
				h->chunk, h->score, h->cosine, h->approx,
				h->words, h->exact, r->also + n_also, copies, h->by_word,
				h->reranked};
			n_also += copies;
		}
	}
	return &r->pub;
}

int searcher_plan(const struct leann_searcher *s, const struct leann_params *p,
		  struct plan *plan, struct err *e)
{
	static const struct leann_params defaults = LEANN_PARAMS_INIT;
	if (plan_make(&s->ix->g, p ? p : &defaults, plan, e))
		return -1;
	if (p && p->filter && p->filter->ix != s->ix)
		return err_set(e, ERR_USAGE, "%s: a filter of another index", s->ix->info.path);
	plan->allow = p && p->filter ? p->filter->allow : s->a.g->live;
	return 0;
}

int searcher_ask(struct leann_searcher *s, const struct plan *plan, const struct leann_text *texts,
		 size_t n, struct leann_results **out, struct err *e)
{
	double t0 = now_s();
	struct latency t = {0};
	struct answer *a = mem_calloc(n, sizeof *a);
	struct wire_text *q = mem_array(n, sizeof *q);
	for (size_t i = 0; i < n; i++)
		q[i] = (struct wire_text){texts[i].p, texts[i].n_bytes};
	int r = n && s->ix->info.n_chunks ? searcher_answers(s, plan, q, n, a, &t, e) : 0;
	if (!r)
		*out = give(a, n, &t, (now_s() - t0) * 1e3);
	for (size_t i = 0; i < n; i++)
		answer_release(&a[i]);
	mem_free(a);
	mem_free(q);
	return r;
}

void searcher_look_anew(struct leann_searcher *s)
{
	source_forget(s->a.src);
	if (s->a.peek)
		peek_forget(s->a.peek);
}

int leann_search(struct leann_searcher *s, const struct leann_text *questions, size_t n,
		 const struct leann_params *p, struct leann_results **out, struct leann_error *e)
{
	struct plan plan;
	struct err why;
	*out = NULL;
	searcher_look_anew(s);
	if (searcher_plan(s, p, &plan, &why) || ready_to_rerank(s, &plan, &why) ||
	    searcher_ask(s, &plan, questions, n, out, &why))
		return leann_fail(e, &why);
	return 0;
}

void leann_results_free(struct leann_results *r)
{
	if (r) {	/* pub is its first member */
		mem_free(((struct results *)r)->hits);
		mem_free(((struct results *)r)->also);
	}
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
	struct index_file f;
	if (chunk >= ix->n_chunks)
		return err_set(e, ERR_USAGE, "%s: chunk %u of %zu", s->ix->info.path, chunk,
			       ix->n_chunks);
	buf_clear(&s->head);
	if (source_passage(s->a.src, chunk, &s->p, e))
		return -1;
	index_file(ix, s->p.at.file, &f);
	heading_add(ix, &s->p, &s->head);
	bool fresh = s->p.status == SOURCE_FRESH;
	*out = (struct leann_passage){
		.source = fresh				    ? LEANN_FRESH
			  : s->p.status == SOURCE_MISSING ? LEANN_MISSING
			  : s->p.status == SOURCE_RECUT	    ? LEANN_RECUT
			  : s->p.status == SOURCE_UNREADABLE ? LEANN_UNREADABLE
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

void leann_passage_preview(struct leann_searcher *s, struct leann_text question, size_t n_lines,
			   struct leann_text *out)
{
	struct leann_text t = text_of(&s->p.text);
	size_t first, n = n_lines ? n_lines : 3;
	buf_clear(&s->lines);
	if (s->p.status == SOURCE_FRESH)
		preview_lines(t.p, t.n_bytes, question.p, question.n_bytes,
			      n < PREVIEW_LINES_MAX ? n : PREVIEW_LINES_MAX, &s->lines, &first);
	buf_add(&s->lines, "", 1);
	*out = (struct leann_text){(const char *)s->lines.p, s->lines.len - 1};
}

size_t leann_unreadable(const struct leann_searcher *s, const char **why)
{
	return source_unreadable(s->a.src, why);
}
