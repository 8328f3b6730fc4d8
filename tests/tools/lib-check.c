/*
 * lib-check: libleann as another program uses it, for 46-libleann.bats.
 *
 *	lib-check open INDEX			status and message, or the index in a line
 *	lib-check filter INDEX LANGUAGES [PATH ...]	chunks let through; LANGUAGES "a,b" or "-"
 *	lib-check misuse INDEX OTHER		wrong calls, as TAP
 *	lib-check threads INDEX N <QUESTIONS	one searcher, then N threads with one each: same hits?
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/unit.h"
#include "leann.h"

enum { QUESTIONS_MAX = 64, THREADS_MAX = 16, LINE = 1000 };

static int complain(const struct leann_error *e)
{
	printf("%d %s\n", e->status, e->message);
	return 1;
}

static int check_open(const char *path)
{
	struct leann_index *ix;
	struct leann_error e;
	if (leann_open(path, 0, &ix, &e))
		return complain(&e) + (ix != NULL);
	const struct leann_info *i = leann_index_info(ix);
	printf("0 %s %s %s %zu files %zu chunks %zu dim %zu bytes words %d graph %d\n", i->path,
	       i->model, i->precision, i->n_files, i->n_chunks, i->dim, i->code_bytes,
	       i->has_words, i->has_graph);
	leann_close(ix);
	return 0;
}

static int check_filter(const char *path, char *languages, char **paths)
{
	const char *lang[16] = {0};
	struct leann_index *ix;
	struct leann_filter *f;
	struct leann_error e;
	size_t n = 0;
	for (char *p = languages; *p && n < 15; n++) {
		lang[n] = p;
		p += strcspn(p, ",");
		if (*p)
			*p++ = 0;
	}
	if (leann_open(path, 0, &ix, &e))
		return complain(&e);
	int r = leann_filter_new(ix, strcmp(languages, "-") ? lang : NULL,
				 (const char *const *)paths, &f, &e);
	if (r)
		complain(&e);
	else
		printf("0 %zu\n", leann_filter_n_chunks(f));
	leann_filter_free(f);
	leann_close(ix);
	return r != 0;
}

static int check_misuse(const char *path, const char *other)
{
	struct leann_index *ix, *ix2, *none;
	struct leann_searcher *s;
	struct leann_filter *f;
	struct leann_results *r;
	struct leann_passage p;
	struct leann_error e;
	struct leann_params q = LEANN_PARAMS_INIT;
	struct leann_options o = LEANN_OPTIONS_INIT;
	const struct leann_text text = {"bread", 5};
	if (leann_open(path, 0, &ix, &e) || leann_open(other, 0, &ix2, &e) ||
	    leann_filter_new(ix2, NULL, NULL, &f, &e) || leann_searcher_new(ix, NULL, &s, &e))
		return complain(&e);
	uint32_t n = (uint32_t)leann_index_info(ix)->n_chunks;
	ok(leann_open(path, 6, &none, NULL) == -1 && !none, "unknown flags are refused, e may be NULL");
	ok(leann_passage_get(s, n, &p, &e) == -1 && e.status == LEANN_USAGE,
	   "a chunk past the last is refused");
	q.filter = f;
	ok(leann_search(s, &text, 1, &q, &r, &e) == -1 && e.status == LEANN_USAGE && !r &&
		   strstr(e.message, "another index"), "a filter of another index is refused");
	q = (struct leann_params)LEANN_PARAMS_INIT;
	q.ef_search = 10;
	ok(leann_search(s, &text, 1, &q, &r, &e) == -1 && strstr(e.message, "LEANN_OPEN_GRAPH"),
	   "a walk over a graph that was not opened is refused");
	q = (struct leann_params)LEANN_PARAMS_INIT;
	q.word_weight = (double)NAN;
	ok(leann_search(s, &text, 1, &q, &r, &e) == -1 && e.status == LEANN_USAGE,
	   "a weight that is no number is refused");
	q.word_weight = 1;
	q.top_k = 10001;
	ok(leann_search(s, &text, 1, &q, &r, &e) == -1 && e.status == LEANN_USAGE,
	   "more hits than the limit are refused");
	q = (struct leann_params)LEANN_PARAMS_INIT;
	q.rerank = 1;
	q.rerank_depth = 1001;
	ok(leann_search(s, &text, 1, &q, &r, &e) == -1 && e.status == LEANN_USAGE,
	   "reranking more than 1,000 hits is refused");
	q.rerank_depth = 0;
	q.confidence = .5;
	ok(leann_search(s, &text, 1, &q, &r, &e) == -1 && e.status == LEANN_USAGE,
	   "early end and reranking are refused together");
	q.confidence = 0;
	ok(leann_related(s, 0, &q, &r, &e) == -1 && e.status == LEANN_USAGE,
	   "reranking what is near a passage is refused");
	const uint32_t some[] = {1, 0, 1, n};
	struct leann_filter *two;
	ok(leann_filter_chunks(ix, some, 4, &two, &e) == -1 && e.status == LEANN_USAGE && !two,
	   "a filter of a chunk past the last is refused");
	q = (struct leann_params)LEANN_PARAMS_INIT;
	ok(!leann_filter_chunks(ix, some, 3, &two, &e) && leann_filter_n_chunks(two) == 2 &&
		   (q.filter = two, !leann_search(s, &text, 1, &q, &r, &e)) && r->answers[0].n_hits == 2 &&
		   r->answers[0].hits[0].chunk + r->answers[0].hits[1].chunk == 1,
	   "a filter of chunks lets those through and no others");
	ok(leann_filter_has(two, 0) && leann_filter_has(two, 1) && !leann_filter_has(two, 2) &&
		   !leann_filter_has(two, n) && !leann_filter_has(two, UINT32_MAX),
	   "a filter says of each chunk what it does");
	leann_results_free(r);
	leann_filter_free(two);
	struct leann_text lines = {NULL, 1};
	leann_passage_preview(s, text, 0, &lines);
	ok(lines.p && lines.n_bytes == 0, "there is no preview before there is a passage");
	ok(!leann_passage_get(s, 0, &p, &e), "the first passage is there");
	const char *last = strrchr(p.text.p, '\n');
	const struct leann_text word = {last ? last + 1 : p.text.p, 0},
				end = {word.p, strcspn(word.p, " .;\n")};
	leann_passage_preview(s, end, 1, &lines);
	ok(lines.n_bytes >= end.n_bytes && !strncmp(lines.p, end.p, end.n_bytes) && !strchr(lines.p, '\n'),
	   "a preview of one line is the line that has the word");
	leann_passage_preview(s, end, (size_t)-1, &lines);
	ok(lines.n_bytes <= p.text.n_bytes && lines.n_bytes, "a preview of all lines is the passage");
	ok(!leann_search(s, NULL, 0, NULL, &r, &e) && r->n_answers == 0,
	   "no questions have no answers");
	leann_results_free(r);
	ok(!leann_search(s, &text, 1, NULL, &r, &e) && r->answers[0].n_hits > 0,
	   "after refusals the searcher answers");
	leann_searcher_free(s);
	leann_filter_free(f);
	struct leann_hit h = r->answers[0].hits[0];
	ok(h.chunk < n && h.score >= h.cosine && h.exact, "results outlive their searcher");
	leann_results_free(r);
	o.endpoint = "ipc:///nowhere/at/all.sock";
	o.no_start = 1;
	o.timeout_s = .2;
	o.no_cache = 1;
	ok(!leann_searcher_new(ix, &o, &s, &e) && leann_search(s, &text, 1, NULL, &r, &e) == -1 &&
		   e.status == LEANN_TEMPORARY && !r,
	   "a server that is not there is a temporary failure of the first search");
	leann_searcher_free(s);
	leann_close(ix);
	leann_close(ix2);
	leann_searcher_free(NULL);
	leann_filter_free(NULL);
	leann_results_free(NULL);
	leann_close(NULL);
	return done();
}

/* Questions and, once asked by one searcher alone, what each thread must find too. */
struct job {
	const struct leann_index *ix;
	const struct leann_filter *filter;
	const struct leann_text *q;
	size_t n;
	const struct leann_results *want;
	char line[LINE];		/* what was wrong */
};

static int same(const struct leann_answer *a, const struct leann_answer *b)
{
	if (a->n_hits != b->n_hits)
		return 0;
	for (size_t i = 0; i < a->n_hits; i++)
		if (a->hits[i].chunk != b->hits[i].chunk ||
		    fabsf(a->hits[i].score - b->hits[i].score) > 1e-5f)
			return 0;
	return 1;
}

/* Every question alone, every passage of its hits read. */
static void *ask_all(void *ctx)
{
	struct job *j = ctx;
	struct leann_options o = LEANN_OPTIONS_INIT;
	struct leann_params p = LEANN_PARAMS_INIT;
	struct leann_searcher *s;
	struct leann_passage text;
	struct leann_error e = {0, ""};
	o.threads = 2;
	p.filter = j->filter;
	if (leann_searcher_new(j->ix, &o, &s, &e))
		goto bad;
	for (size_t i = 0; i < j->n; i++) {
		struct leann_results *r;
		if (leann_search(s, &j->q[i], 1, &p, &r, &e))
			goto bad;
		if (!same(&r->answers[0], &j->want->answers[i]))
			snprintf(j->line, LINE, "question %zu has other hits", i);
		for (size_t k = 0; k < r->answers[0].n_hits; k++)
			if (leann_passage_get(s, r->answers[0].hits[k].chunk, &text, &e) ||
			    text.source != LEANN_FRESH || !text.text.n_bytes)
				snprintf(j->line, LINE, "question %zu: no text: %s", i, e.message);
		leann_results_free(r);
	}
	leann_searcher_free(s);
	return NULL;
bad:
	snprintf(j->line, LINE, "%s", e.message);
	leann_searcher_free(s);
	return NULL;
}

static int check_threads(const char *path, size_t n_threads)
{
	static char lines[QUESTIONS_MAX][LINE];
	static struct job job[THREADS_MAX];
	static const char *const not_c[] = {"!*.c", NULL};
	struct leann_text q[QUESTIONS_MAX];
	pthread_t t[THREADS_MAX];
	struct leann_index *ix;
	struct leann_filter *f;
	struct leann_searcher *s;
	struct leann_results *want;
	struct leann_error e;
	struct leann_params p = LEANN_PARAMS_INIT;
	size_t n = 0, bad = 0;
	while (n < QUESTIONS_MAX && fgets(lines[n], LINE, stdin)) {
		q[n] = (struct leann_text){lines[n], strcspn(lines[n], "\n")};
		n++;
	}
	if (leann_open(path, 0, &ix, &e) || leann_filter_new(ix, NULL, not_c, &f, &e) ||
	    leann_searcher_new(ix, NULL, &s, &e))
		return complain(&e);
	p.filter = f;
	if (leann_search(s, q, n, &p, &want, &e))
		return complain(&e);
	for (size_t i = 0; i < n_threads && i < THREADS_MAX; i++) {
		job[i] = (struct job){ix, f, q, n, want, ""};
		pthread_create(&t[i], NULL, ask_all, &job[i]);
	}
	for (size_t i = 0; i < n_threads && i < THREADS_MAX; i++) {
		pthread_join(t[i], NULL);
		if (job[i].line[0])
			printf("thread %zu: %s\n", i, job[i].line);
		bad += job[i].line[0] != 0;
	}
	printf("%zu threads, %zu questions, %zu hits: %s\n", n_threads, n,
	       want->answers[0].n_hits, bad ? "not the same" : "the same");
	leann_results_free(want);
	leann_searcher_free(s);
	leann_filter_free(f);
	leann_close(ix);
	return bad != 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	if (!strcmp(what, "open"))
		return check_open(argv[2]);
	if (!strcmp(what, "filter") && argc > 3)
		return check_filter(argv[2], argv[3], argv + 4);
	if (!strcmp(what, "misuse") && argc > 3)
		return check_misuse(argv[2], argv[3]);
	if (!strcmp(what, "threads") && argc > 3)
		return check_threads(argv[2], strtoul(argv[3], NULL, 10));
	fprintf(stderr, "usage: lib-check open|filter|misuse|threads INDEX ...\n");
	return 2;
}
