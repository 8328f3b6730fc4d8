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
	double total_ms;
};

/* One question's hits on stdout. */
int show_answer(const struct show *s, struct engine *g, const struct wire_text *question,
		const struct answer *a, const struct latency *t, struct err *e) MUST_CHECK;

#endif
