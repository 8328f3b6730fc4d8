/* Answers from the cache or, where it has none that is still good, by asking. See leann_impl.h. */
#include "base/mem.h"
#include "search/cache.h"
#include "search/leann_impl.h"

static bool chunk_is_fresh(struct leann_searcher *s, uint32_t chunk, struct source_passage *p)
{
	struct err ignored;
	return !source_passage(s->a.src, chunk, p, &ignored) && p->status == SOURCE_FRESH;
}

/* Is the passage of every hit still what was indexed? Only then is an answer as good as new. */
static bool is_fresh(struct leann_searcher *s, const struct answer *a)
{
	struct source_passage p = SOURCE_PASSAGE_INIT;	/* s->p may be what is asked */
	bool good = true;
	for (size_t i = 0; i < a->n_hits && good; i++)
		good = chunk_is_fresh(s, a->hits[i].chunk, &p);
	for (size_t i = 0; i < a->n_copies && good; i++)
		good = chunk_is_fresh(s, a->copies[i].chunk, &p);
	source_passage_release(&p);
	return good;
}

/* What the cache has first, then all else in one batch. */
int searcher_answers(struct leann_searcher *s, const struct plan *p, const struct wire_text *q,
		     size_t n, struct answer *a, struct latency *t, struct err *e)
{
	const struct engine *g = s->a.g;
	bool try = s->a.cache && (p->n_rerank ? p->n_best : p->top_k) <= CACHE_HITS_MAX;
	struct slots_key *key = mem_array(n, sizeof *key);
	struct wire_text *left = mem_array(n, sizeof *left);
	struct answer *b = mem_calloc(n, sizeof *b);
	size_t *at = mem_array(n, sizeof *at), n_left = 0;
	for (size_t i = 0; i < n; i++) {
		if (try) {
			cache_answer_key(g, p, &q[i], &key[i]);
			if (cache_get_answer(s->a.cache, &key[i], g->ix.n_chunks, &a[i]) &&
			    is_fresh(s, &a[i]))
				continue;
			answer_release(&a[i]);
		}
		at[n_left] = i;
		left[n_left++] = q[i];
	}
	int r = n_left && (searcher_ready(s, e) || ask(&s->a, p, left, n_left, b, t, e)) ? -1 : 0;
	for (size_t i = 0; i < n_left; i++) {
		a[at[i]] = b[i];
		if (try && !r)
			cache_put_answer(s->a.cache, &key[at[i]], &b[i]);
	}
	mem_free(key);
	mem_free(left);
	mem_free(b);
	mem_free(at);
	return r;
}
