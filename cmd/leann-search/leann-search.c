/* leann-search: questions in, passages out. See leann-search(1). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "leann.h"
#include "search/why.h"
#include "base/env.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "filters.h"
#include "like.h"
#include "log.h"
#include "settings.h"
#include "show.h"

enum { BATCH_QUESTIONS = 64, QUESTION_MAX = 64 << 10, EF_DEFAULT = 200 };

/* What is open while questions are asked. */
struct asking {
	struct leann_index *ix;
	struct leann_searcher *from;
	struct leann_filter *filter;
	struct leann_params params;
	struct show show;
	size_t n_hits;
	bool no_log;
};

/* Files that only their codes speak for. */
static void warn_unreadable(const struct asking *g)
{
	const char *why;
	size_t n = leann_unreadable(g->from, &why);
	if (n)
		err_warn("%s: passages of %zu file%s are ranked by codes alone", why, n, n == 1 ? "" : "s");
}

/* One batch of questions. */
static int ask(struct asking *g, const struct leann_text *q, size_t n, struct err *e)
{
	struct leann_results *r;
	struct leann_error why;
	struct show *s = &g->show;
	int bad = leann_search(g->from, q, n, &g->params, &r, &why);
	if (!bad && !g->no_log)
		log_results(g->ix, r);
	for (size_t i = 0; i < n && !bad; i++) {
		if (s->batch && !s->json)
			show_question(s, &q[i]);
		bad = show_answer(s, g->from, &q[i], r, i, &why);
		g->n_hits += r->answers[i].n_hits;
	}
	leann_results_free(r);
	warn_unreadable(g);
	return bad ? leann_why(&why, e) : 0;
}

/* What is near a passage. None there is an answer: 1, and why on stderr. */
static int like(struct asking *g, const char *where, struct err *e)
{
	struct leann_results *r = NULL;
	struct leann_passage p;
	struct leann_error why;
	uint32_t chunk;
	if (like_find(g->from, where, &chunk, &why)) {
		leann_why(&why, e);
		if (why.status != LEANN_NOT_FOUND)
			return -1;
		err_print(e);
		return 0;
	}
	int bad = leann_related(g->from, chunk, &g->params, &r, &why);
	if (!bad && !g->no_log)
		log_results(g->ix, r);
	if (!bad)
		bad = leann_passage_get(g->from, chunk, &p, &why);
	if (!bad) {
		struct leann_text text = {mem_strndup(p.text.p, p.text.n_bytes), p.text.n_bytes};
		bad = show_answer(&g->show, g->from, &text, r, 0, &why);
		mem_free((char *)text.p);
		g->n_hits += r->answers[0].n_hits;
	}
	leann_results_free(r);
	warn_unreadable(g);
	return bad ? leann_why(&why, e) : 0;
}

static int ask_file(struct asking *g, const char *path, struct err *e)
{
	struct buf text = BUF_INIT;
	struct leann_text q[BATCH_QUESTIONS];
	size_t n = 0;
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : 0;
	if (fd < 0)
		return err_sys(e, "%s", path);
	int r = fd_slurp(fd, fd ? path : "stdin", (size_t)1 << 30, &text, e);
	if (fd)
		close(fd);
	for (size_t at = 0; at < text.len && !r;) {
		const char *p = (const char *)text.p + at, *lf = memchr(p, '\n', text.len - at);
		size_t len = lf ? (size_t)(lf - p) : text.len - at;
		at += len + 1;
		if (len > QUESTION_MAX)
			r = err_set(e, ERR_DATA, "%s: a question of %zu bytes, the limit is %d",
				    path, len, QUESTION_MAX);
		else if (len)
			q[n++] = (struct leann_text){p, len};
		if (!r && n && (n == BATCH_QUESTIONS || at >= text.len)) {
			r = ask(g, q, n, e);
			n = 0;
		}
	}
	if (!r && n)
		r = ask(g, q, n, e);
	buf_release(&text);
	return r;
}

static bool want_colour(size_t choice, bool tty)
{
	const char *term = env_get("TERM");
	if (choice != COLOUR_AUTO)
		return choice == COLOUR_ALWAYS;
	return tty && !env_get("NO_COLOR") && term && strcmp(term, "dumb");
}

static size_t ef_search(const struct settings *s)
{
	if (s->source == SOURCE_TWO_LEVEL)
		return s->ef_search;
	return s->source == SOURCE_GRAPH ? s->ef_search ? s->ef_search : EF_DEFAULT : 0;
}

static int open_all(struct asking *g, const struct settings *s, struct err *e)
{
	struct leann_error why;
	const struct leann_options o = {.root = s->root,
					.model = s->model,
					.endpoint = s->embed.endpoint,
					.timeout_s = s->embed.timeout_s,
					.no_start = s->embed.no_start,
					.threads = (unsigned)s->n_threads,
					.no_cache = s->no_cache,
					.reranker = s->reranker,
					.rerank_endpoint = s->rerank_endpoint};
	g->params = (struct leann_params){.top_k = s->top_k,
					  .recompute = s->recompute,
					  .codes_only = s->no_recompute,
					  .shortlist = s->candidates,
					  .word_weight = s->weight,
					  .dense = s->dense,
					  .per_file = s->per_file,
					  .all_copies = s->all_copies,
					  .recall_target = s->recall_target,
					  .confidence = s->confidence,
					  .ef_search = ef_search(s),
					  .n_probe = s->source == SOURCE_SCAN ? SIZE_MAX
									     : s->n_probe,
					  .promote = s->promote,
					  .recompute_batch = s->recompute_batch,
					  .rerank = s->rerank,
					  .rerank_depth = s->rerank_depth};
	bool graph = s->source == SOURCE_GRAPH || s->source == SOURCE_TWO_LEVEL;
	if (leann_open(s->index, graph ? LEANN_OPEN_GRAPH : 0, &g->ix, &why) ||
	    leann_searcher_new(g->ix, &o, &g->from, &why))
		return leann_why(&why, e);
	const struct leann_info *i = leann_index_info(g->ix);
	if ((s->n_probe || s->source == SOURCE_LISTS) && i->n_chunks && !i->n_lists)
		return err_set(e, ERR_USAGE, "%s has no lists: build it with leann-graph --backend "
			       "diskann, or search it with --candidates scan", s->index);
	if (filters_make(s, g->ix, &g->filter, e))
		return -1;
	g->params.filter = g->filter;
	return 0;
}

static int run(struct asking *g, const struct settings *s, struct err *e)
{
	bool tty = isatty(1);
	struct leann_text q = {(const char *)s->question.p, s->question.len};
	if (open_all(g, s, e))
		return -1;
	g->show = (struct show){.json = s->json,
				.explain = s->explain,
				.explain_words = !s->dense && !s->like && leann_index_info(g->ix)->has_words,
				.like = s->like,
				.batch = s->batch,
				.tty = tty,
				.colour = want_colour(s->colour, tty),
				.n_lines = s->n_lines};
	int r = s->like	   ? like(g, s->like, e)
		: s->batch ? ask_file(g, s->batch, e)
			   : ask(g, &q, 1, e);
	if (!r && g->show.n_stale && g->show.n_stale == g->show.n_hits)
		err_warn("%s: every hit is stale: build the index again, or say with --root where "
			 "its files are now", s->index);
	return r;
}

static int show_config(struct settings *s)
{
	struct buf b = BUF_INIT;
	config_show(&s->config, &b);
	fwrite(b.p, 1, b.len, stdout);
	buf_release(&b);
	settings_release(s);
	close_stdout_die();
	return 0;
}

int main(int argc, char **argv)
{
	struct settings s = {.top_k = 10, .candidates = 500, .weight = 1, .n_lines = 3,
			     .embed = EMBED_OPTS_INIT, .globs = GLOBS_INIT};
	struct asking g = {0};
	struct err e;
	prog_start(argv[0]);
	settings_parse(argc, argv, &s);
	if (s.show_config)
		return show_config(&s);
	g.no_log = s.no_log;
	if (run(&g, &s, &e))
		err_die(&e);
	leann_filter_free(g.filter);
	leann_searcher_free(g.from);
	leann_close(g.ix);
	settings_release(&s);
	close_stdout_die();
	return g.n_hits ? 0 : 1;
}
