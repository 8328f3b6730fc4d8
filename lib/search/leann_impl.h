/* leann_impl: what is behind the handles of leann.h, and how questions are asked with them. */
#ifndef LEANN_SEARCH_LEANN_IMPL_H
#define LEANN_SEARCH_LEANN_IMPL_H

#include "leann.h"
#include "search/engine.h"
#include "search/query.h"
#include "sys/source.h"

struct leann_index {
	struct engine g;
	struct leann_info info;		/* borrows from g */
	struct leann_field *field;	/* (n_fields) */
	size_t n_fields;
};

struct leann_filter {
	const struct leann_index *ix;
	uint64_t *allow;
	size_t n;			/* chunks it lets through */
};

struct leann_searcher {
	const struct leann_index *ix;
	struct recut *recut;		/* of an index without spans, else NULL */
	struct asker a;			/* embed, peek and par: searcher_ready() */
	char *model, *endpoint;		/* as in leann_options; NULL: the default */
	char *reranker, *rerank_endpoint;
	double timeout_s;
	int no_start, allow_remote;
	unsigned threads;
	struct source_passage p;	/* what leann_passage_get() gave last */
	struct buf head;
	struct buf lines;		/* of leann_passage_preview() */
	struct meta_reader *meta;	/* NULL: there is none, or it was not asked for yet */
	struct meta now;		/* of leann_passage_meta() */
	struct leann_meta *items;
};

/* Before anything is computed: the connection, threads, unless they are there. */
int searcher_ready(struct leann_searcher *s, struct err *e) MUST_CHECK;
/* As ask(), but what the cache has is not asked; then no connection is needed. */
int searcher_answers(struct leann_searcher *s, const struct plan *p, const struct wire_text *q,
		     size_t n, struct answer *a, struct latency *t, struct err *e) MUST_CHECK;
/* How to answer as p (NULL: defaults) says. */
int searcher_plan(const struct leann_searcher *s, const struct leann_params *p,
		  struct plan *plan, struct err *e) MUST_CHECK;
/* Files are read anew from now on: each question, and each look for a passage, begins so. */
void searcher_look_anew(struct leann_searcher *s);
/* leann_search() by a plan. */
int searcher_ask(struct leann_searcher *s, const struct plan *plan, const struct leann_text *texts,
		 size_t n, struct leann_results **out, struct err *e) MUST_CHECK;

/* *from as the caller's *to, which may be NULL; returns -1. */
int leann_fail(struct leann_error *to, const struct err *from);
/* fields.c: ix->field. */
void fields_list(struct leann_index *ix);

#endif
