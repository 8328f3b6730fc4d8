/* The second of two stages; see reorder.h. */
#include "search/reorder.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sys/rerank.h"
#include "sys/source.h"

/* A hit and where it stood. */
struct place {
	struct search_hit hit;
	size_t at;
};

static int by_chunk(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return (x->hit.chunk > y->hit.chunk) - (x->hit.chunk < y->hit.chunk);
}

static int by_score(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->hit.reranked != y->hit.reranked)
		return x->hit.reranked ? -1 : 1;
	if (x->hit.reranked && x->hit.score != y->hit.score)
		return x->hit.score > y->hit.score ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

/* The passages of places that are as they were indexed, which become reranked, end to end; end (n). */
static int read_texts(struct asker *s, struct place *place, size_t n, struct buf *text, size_t *end,
		      struct err *e)
{
	struct source_passage p = SOURCE_PASSAGE_INIT;
	size_t k = 0;
	int r = 0;
	for (size_t i = 0; i < n && !r; i++) {
		uint32_t chunk = place[i].hit.chunk;
		r = source_passage(s->src, chunk, &p, e);
		if (r || p.status != SOURCE_FRESH)
			continue;
		r = source_embedded(s->src, chunk, &p, text, e);
		place[i].hit.reranked = true;
		end[k++] = text->len;
	}
	source_passage_release(&p);
	return r;
}

static int score(struct asker *s, const struct wire_text *question, struct place *place, size_t n,
		 struct answer *a, struct err *e)
{
	struct buf text = BUF_INIT;
	size_t *end = mem_array(n, sizeof *end), k = 0, m = 0;
	struct wire_text *texts = mem_array(n, sizeof *texts);
	float *out = mem_array(n, sizeof *out);
	int r = read_texts(s, place, n, &text, end, e);
	for (size_t i = 0; i < n && !r; i++) {
		size_t from = k ? end[k - 1] : 0;
		a->partial |= !place[i].hit.reranked;
		if (!place[i].hit.reranked)
			continue;
		texts[k] = (struct wire_text){(const char *)text.p + from, end[k] - from};
		k++;
	}
	if (!r && k)
		r = rerank_texts(s->reranker, question, texts, k, out, e);
	for (size_t i = 0; i < n && !r; i++)
		if (place[i].hit.reranked)
			place[i].hit.score = out[m++];
	buf_release(&text);
	mem_free(end);
	mem_free(texts);
	mem_free(out);
	return r;
}

/* Cosines of hits that have only those of their codes. */
static int make_exact(struct asker *s, const float *q, struct answer *a, struct err *e)
{
	uint32_t *ids = mem_array(a->n_hits, sizeof *ids);
	float *cosine = mem_array(a->n_hits, sizeof *cosine);
	bool *fresh = mem_calloc(a->n_hits, sizeof *fresh);
	size_t n = 0, k = 0;
	for (size_t i = 0; i < a->n_hits; i++)
		if (!a->hits[i].exact)
			ids[n++] = a->hits[i].chunk;
	int r = n ? query_exact(s, ids, n, q, cosine, fresh, a, e) : 0;
	for (size_t i = 0; i < a->n_hits && !r; i++) {
		if (a->hits[i].exact)
			continue;
		if (fresh[k]) {
			a->hits[i].cosine = cosine[k];
			a->hits[i].exact = true;
		}
		k++;
	}
	mem_free(ids);
	mem_free(cosine);
	mem_free(fresh);
	return r;
}

int reorder(struct asker *s, const struct plan *p, const struct wire_text *question, const float *q,
	    struct answer *a, struct err *e)
{
	struct place *place = mem_array(a->n_hits, sizeof *place);
	for (size_t i = 0; i < a->n_hits; i++)
		place[i] = (struct place){a->hits[i], i};
	qsort(place, a->n_hits, sizeof *place, by_chunk);	/* as files are read best */
	int r = score(s, question, place, a->n_hits, a, e);
	qsort(place, a->n_hits, sizeof *place, by_score);
	for (size_t i = 0; i < a->n_hits; i++)
		a->hits[i] = place[i].hit;
	mem_free(place);
	if (a->n_hits > p->n_best)
		a->n_hits = p->n_best;
	return !r && p->exact_last ? make_exact(s, q, a, e) : r;
}
