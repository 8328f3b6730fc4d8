/* show: hits for people and as JSON. */
#ifndef LEANN_SEARCH_SHOW_H
#define LEANN_SEARCH_SHOW_H

#include <stdbool.h>

#include "query.h"

struct show {
	bool json, colour, tty;		/* tty: control characters are shown as \xNN */
	bool batch;			/* for people: every question above its hits */
	size_t n_lines;			/* preview lines for people */
	size_t n_shown;			/* questions so far */
	size_t n_hits, n_stale;		/* hits so far, and those whose source changed */
	double total_ms;
};

/* One question's hits on stdout; counts them in s. */
int show_answer(struct show *s, struct engine *g, const struct wire_text *question,
		const struct answer *a, const struct latency *t, struct err *e) MUST_CHECK;

#endif
