/*
 * together: several indexes asked at once, their hits in one order.
 *
 *	struct together *t;
 *	if (together_open(&s, &t, e)) ...		s.index and s.more
 *	if (together_ask(t, q, n, &why)) ...
 *	for (i = 0; i < n; i++) { a = together_answer(t, i); show_answer(&show, &q[i], &a, &why); }
 *	together_free(t);
 *
 * Scores of several compare where they have one model, or where a reranker gives them.
 */
#ifndef LEANN_SEARCH_TOGETHER_H
#define LEANN_SEARCH_TOGETHER_H

#include "leann.h"
#include "settings.h"
#include "show.h"

struct together;

/* ERR_USAGE: they do not compare. The caller frees. */
int together_open(const struct settings *s, struct together **out, struct err *e) MUST_CHECK;
void together_free(struct together *t);
/* Of the first index: it alone is asked for passages near to one. */
const struct leann_index *together_index(const struct together *t);
struct leann_searcher *together_searcher(const struct together *t);
/* Can any of them rank by words? */
bool together_has_words(const struct together *t);

/* Their answers stay until the next call; times go into the log unless s->no_log. */
int together_ask(struct together *t, const struct leann_text *q, size_t n,
		 struct leann_error *e) MUST_CHECK;
/* The same of passages near chunk of the first index: one answer. */
int together_near(struct together *t, uint32_t chunk, struct leann_error *e) MUST_CHECK;
/* Of question i, at most top_k hits; lives until the next call of any of these. */
struct shown_answer together_answer(struct together *t, size_t i);
/* Files that only their codes speak for: a line on stderr an index. */
void together_warn(const struct together *t);

#endif
