/*
 * probe: the candidates of a question by codes: of all, or, where the index has lists
 * (leann-index(5)), of the lists of the anchors nearest to the question.
 *
 *	if (probe(s, p, q, allow, n_best, hits, &n_hits, e)) ...
 *
 * Lists are chosen by walking the graph over anchors. plan.n_probe of them are looked into, then as
 * many again, until n_best chunks were seen, with a filter 16 times as many that it lets through, or
 * all lists: then the hits are those of scanning every code. Only what the lists take up is read,
 * each stretch of it told to the system before.
 */
#ifndef LEANN_SEARCH_PROBE_H
#define LEANN_SEARCH_PROBE_H

#include "search/query.h"

/* How many lists to look into where nothing is said; 0: the index has none. */
size_t probe_default(const struct index *ix);
/*
 * The best n_best of the chunks whose bit is set in allow (NULL: all) into out, best first, *n of
 * them; of those that share a code (fmt/copies.h) only the first, unless the plan has all_copies. q: (dim), unit.
 */
int probe(struct asker *s, const struct plan *p, const float *q, const uint64_t *allow,
	  size_t n_best, struct search_hit *out, size_t *n, struct err *e) MUST_CHECK;

#endif
