/* show: hits for people and as JSON. */
#ifndef LEANN_SEARCH_SHOW_H
#define LEANN_SEARCH_SHOW_H

#include <stdbool.h>

#include "leann.h"
#include "base/err.h"

struct show {
	bool json, colour, tty;		/* tty: control characters are shown as \xNN */
	bool explain, explain_words;	/* where scores come from; which words match */
	const char *like;		/* what stands for a question; NULL: there is one */
	bool batch;			/* for people: every question above its hits */
	size_t n_lines;			/* preview lines for people */
	size_t n_shown;			/* questions so far */
	size_t n_hits, n_stale;		/* hits so far, and those whose source changed */
};

struct shown {
	struct leann_searcher *from;
	const struct leann_hit *hit;
	const char *index;		/* path of the one it is from; NULL: there is one only */
};

/* Hits of a question, and what they took. */
struct shown_answer {
	const struct shown *hits;	/* n_hits, in the order to show them */
	size_t n_hits, n_recomputed, n_round_trips;
	bool cached;
	const struct leann_results *times;	/* the latency of the batch; no more is read */
};

/* On stdout; counts hits in s. */
int show_answer(struct show *s, const struct leann_text *question, const struct shown_answer *a,
		struct leann_error *e) MUST_CHECK;

/* A question above its hits, for people. */
void show_question(struct show *s, const struct leann_text *question);

#endif
