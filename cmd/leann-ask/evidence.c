/* Passages to answer from; see evidence.h. */
#include "evidence.h"

#include <string.h>

#include "base/env.h"
#include "base/mem.h"
#include "search/why.h"
#include "serve/safe.h"

static void add(struct evidence *out, const struct leann_hit *h, const struct leann_passage *p)
{
	size_t k = env_here(p->path.p, p->path.n_bytes);
	struct passage *to = &out->p[out->n++];
	*to = (struct passage){.path = mem_strndup(p->path.p + k, p->path.n_bytes - k),
			       .n_path = p->path.n_bytes - k,
			       .first_line = p->first_line,
			       .last_line = p->last_line,
			       .chunk = h->chunk,
			       .score = h->score};
	safe_text(&to->place, to->path, to->n_path, true);
	buf_printf(&to->place, ":%llu-%llu", (unsigned long long)to->first_line,
		   (unsigned long long)to->last_line);
	safe_text(&to->text, p->text.p, p->text.n_bytes, false);
}

static int add_all(const struct settings *s, struct leann_searcher *from, const struct leann_answer *a,
		   struct evidence *out, struct leann_error *why)
{
	size_t n_bytes = 0;
	out->p = mem_array(a->n_hits, sizeof *out->p);
	out->n_hits = a->n_hits;
	for (size_t i = 0; i < a->n_hits; i++) {
		struct leann_passage p;
		if (leann_passage_get(from, a->hits[i].chunk, &p, why))
			return -1;
		if (p.source != LEANN_FRESH) {
			out->n_stale++;
			continue;
		}
		n_bytes += p.text.n_bytes;
		if (out->n && n_bytes > s->context_bytes) {
			out->n_over = a->n_hits - i;
			return 0;
		}
		add(out, &a->hits[i], &p);
	}
	return 0;
}

static int find(const struct settings *s, struct leann_index *ix, struct evidence *out, struct leann_error *why)
{
	const struct leann_text q = {(const char *)s->question.p, s->question.len};
	struct leann_params params = LEANN_PARAMS_INIT;
	struct leann_searcher *from = NULL;
	struct leann_filter *filter = NULL;
	struct leann_results *r = NULL;
	params.top_k = s->top_k;
	params.dense = s->dense;
	int bad = s->filter.len ? leann_filter_parse(ix, (const char *)s->filter.p, &filter, why) : 0;
	params.filter = filter;
	bad = bad || leann_searcher_new(ix, &s->o, &from, why) || leann_search(from, &q, 1, &params, &r, why) ||
	      add_all(s, from, &r->answers[0], out, why);
	leann_results_free(r);
	leann_searcher_free(from);
	leann_filter_free(filter);
	return bad ? -1 : 0;
}

int evidence_find(const struct settings *s, struct evidence *out, struct err *e)
{
	struct leann_index *ix;
	struct leann_error why;
	*out = (struct evidence){0};
	if (leann_open(s->index, 0, &ix, &why))
		return leann_why(&why, e);
	int bad = find(s, ix, out, &why);
	leann_close(ix);
	if (!bad)
		return 0;
	evidence_release(out);
	return leann_why(&why, e);
}

void evidence_release(struct evidence *p)
{
	for (size_t i = 0; i < p->n; i++) {
		mem_free(p->p[i].path);
		buf_release(&p->p[i].place);
		buf_release(&p->p[i].text);
	}
	mem_free(p->p);
	*p = (struct evidence){0};
}

/* Models write [1], [1, 3] and [1][3]. */
bool evidence_cited(const struct buf *answer, size_t i)
{
	bool in = false;
	size_t n = 0;
	for (size_t k = 0; k < answer->len; k++) {
		uint8_t c = answer->p[k];
		if (c >= '0' && c <= '9') {
			n = n > 1000 ? n : 10 * n + (size_t)(c - '0');
			continue;
		}
		if (in && n == i + 1 && (c == ']' || c == ','))
			return true;
		n = 0;
		in = c == '[' || (in && (c == ',' || c == ' '));
	}
	return false;
}

struct js *evidence_json(const struct evidence *p, const struct buf *answer)
{
	struct js *list = js_new_arr();
	for (size_t i = 0; i < p->n; i++) {
		const struct passage *q = &p->p[i];
		struct js *o = js_new_obj();
		js_set(o, "n", js_new_int((int64_t)i + 1));
		js_set(o, "path", js_new_path(q->path, q->n_path));
		js_set(o, "startLine", js_new_int((int64_t)q->first_line));
		js_set(o, "endLine", js_new_int((int64_t)q->last_line));
		js_set(o, "chunk", js_new_int(q->chunk));
		js_set(o, "score", js_new_real((double)q->score));
		if (answer)
			js_set(o, "cited", js_new_bool(evidence_cited(answer, i)));
		js_push(list, o);
	}
	return list;
}
