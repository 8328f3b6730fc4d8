/*
 * want: what a search asks for, as JSON: the members of POST /search of leann-serve(1), which
 * leann_search of MCP has, too. What is not known is refused by name.
 *
 *	struct want w;
 *	if (want_parse(json, &w, e)) ...	ERR_USAGE
 *	if (want_filter(&w, ix, &filter, e)) ...	for one index
 *	want_release(&w);			json outlives w
 */
#ifndef LEANN_SERVE_WANT_H
#define LEANN_SERVE_WANT_H

#include <stdbool.h>

#include "base/js.h"
#include "leann.h"

enum {
	WANT_QUESTIONS_MAX = 64,
	WANT_QUESTION_BYTES = 64 << 10,
	WANT_TOP_MAX = 1000,
	WANT_HITS_MAX = 10000,		/* queries times top_k */
	WANT_PAIRS_MAX = 2000,		/* queries times what a reranker reads of each */
	WANT_LIST_MAX = 256,		/* strings in a list of a filter */
	WANT_PREVIEW_LINES = 8,
};

struct want {
	struct leann_text *questions;	/* n; borrowed from the JSON */
	size_t n;
	bool many;			/* asked as "queries" */
	bool rerank;
	struct leann_params params;	/* filter: none */
	const char **languages, **paths;	/* NULL-terminated, or NULL */
	struct buf where;		/* an expression; empty: none */
};

int want_parse(const struct js *j, struct want *w, struct err *e) MUST_CHECK;
/* *out NULL: all passages. Caller: leann_filter_free. */
int want_filter(const struct want *w, const struct leann_index *ix, struct leann_filter **out,
		struct err *e) MUST_CHECK;
void want_release(struct want *w);

/* ERR_USAGE naming the first member of obj (an object, called where) that known has not. */
int want_members(const struct js *obj, const char *where, const char *const *known, struct err *e) MUST_CHECK;
/* Member key: *out as it was where it is absent; ERR_USAGE unless a number from min to max. */
int want_size(const struct js *obj, const char *key, size_t min, size_t max, size_t *out,
	      struct err *e) MUST_CHECK;
int want_bool(const struct js *obj, const char *key, bool *out, struct err *e) MUST_CHECK;
/* *out NULL where it is absent. */
int want_str(const struct js *obj, const char *key, const char **out, struct err *e) MUST_CHECK;

#endif
