/* explain: where a hit's score comes from, for --explain. */
#ifndef LEANN_SEARCH_EXPLAIN_H
#define LEANN_SEARCH_EXPLAIN_H

#include <stdbool.h>

#include "algo/lexical.h"
#include "base/js.h"
#include "leann.h"

/* The question's words, to be looked for in its hits; how rare they are is not known. */
struct lexical *explain_new(const struct leann_text *question);
void explain_free(struct lexical *q);
/* A line for people; words, which may be NULL, as lexical_score() left them for the hit. */
void explain_print(const struct leann_hit *h, const struct lexical *words,
		   const struct leann_text *question, bool tty);
/* The words of the question that the hit has, as they stand in it. */
struct js *explain_json(const struct lexical *words, const struct leann_text *question);

#endif
