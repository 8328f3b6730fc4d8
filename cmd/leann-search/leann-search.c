/* leann-search: questions in, passages out. See leann-search(1). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/progress.h"
#include "query.h"
#include "settings.h"
#include "show.h"

enum { BATCH_QUESTIONS = 64, QUESTION_MAX = 64 << 10 };

/*
 * Recomputes a question that give recall@3 >= .95 against exact search, by bytes a chunk
 * (measured on scifact, squad-sents, pyfunc and tldr: leann-search(1)); a fifth more for
 * the smaller codec that a small collection gets.
 */
static size_t default_recompute(const struct rec_codebook *k)
{
	size_t r = k->m >= 48 ? 9 : k->m >= 32 ? 14 : k->m >= 24 ? 20 : 40;
	return k->m * k->dsub < k->dim / 2 ? r + r / 5 : r;
}

static void set_engine(struct engine *g, const struct settings *s)
{
	g->top_k = s->top_k;
	g->ef_search = s->ef_search;
	g->n_recompute = s->no_recompute ? 0
			 : s->recompute	 ? s->recompute
					 : default_recompute(&g->ix.pq);
	if (!s->no_recompute && g->n_recompute < g->top_k)
		g->n_recompute = g->top_k;
	g->n_candidates = g->n_recompute > g->top_k ? g->n_recompute : g->top_k;
}

/* A server of the model and precision of the index, or an error that says what differs. */
static int connect_model(struct engine *g, const struct settings *s, struct err *e)
{
	struct embed_opts o = s->embed;
	const char *sha = js_str(index_key(&g->ix, "model.sha256"), NULL);
	const char *precision = js_str(index_key(&g->ix, "model.precision"), NULL);
	o.model = s->model;
	if (!o.model)
		o.model = js_str(index_key(&g->ix, "model.name"), NULL);
	o.precision = precision ? precision : "fp32";
	if (!wire_precision_known(o.precision))
		return err_set(e, ERR_DATA, "%s: made in precision \"%s\", which is not known here:"
			       " use a newer leann", s->index, o.precision);
	if (embed_open(&o, &g->embed, e))
		return -1;
	if (!sha)
		return err_set(e, ERR_DATA, "%s: damaged index: manifest: no model.sha256",
			       s->index);
	if (embed_want_precision(g->embed, o.precision, "the index has",
				 "search without --endpoint, or build it again", e) ||
	    embed_want_model(g->embed, sha,
			     "search with the model of the index (--model), or build it again", e))
		return err_prefix(e, "%s", s->index);
	if (embed_info(g->embed)->dim != g->ix.dim)
		return err_set(e, ERR_DATA,
			       "%s: embeddings of %zu dimensions, the server makes %zu", s->index,
			       g->ix.dim, embed_info(g->embed)->dim);
	return 0;
}

/* One batch of questions; *hits grows by the number of hits. */
static int ask(struct engine *g, struct show *s, const struct wire_text *q, size_t n, size_t *hits,
	       struct err *e)
{
	struct answer a[BATCH_QUESTIONS] = {0};
	struct latency t = {0};
	double t0 = now_s();
	int r = 0;
	if (g->ix.n_chunks)
		r = engine_answer(g, q, n, a, &t, e);
	s->total_ms = (now_s() - t0) * 1e3 / (double)n;
	t.embed_ms /= (double)n;
	t.search_ms /= (double)n;
	t.recompute_ms /= (double)n;
	for (size_t i = 0; i < n; i++) {
		if (!r && s->batch && !s->json)
			printf("%s== %.*s\n", s->n_shown++ ? "\n" : "", (int)q[i].n, q[i].p);
		if (!r)
			r = show_answer(s, g, &q[i], &a[i], &t, e);
		*hits += a[i].n_hits;
		answer_release(&a[i]);
	}
	return r;
}

static int ask_file(struct engine *g, struct show *s, const char *path, size_t *hits, struct err *e)
{
	struct buf text = BUF_INIT;
	struct wire_text q[BATCH_QUESTIONS];
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
			q[n++] = (struct wire_text){p, len};
		if (!r && n && (n == BATCH_QUESTIONS || at >= text.len)) {
			r = ask(g, s, q, n, hits, e);
			n = 0;
		}
	}
	if (!r && n)
		r = ask(g, s, q, n, hits, e);
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

static int run(struct engine *g, const struct settings *s, size_t *hits, struct err *e)
{
	bool tty = isatty(1);
	struct show show = {.json = s->json,
			    .batch = s->batch,
			    .tty = tty,
			    .colour = want_colour(s->colour, tty),
			    .n_lines = s->n_lines};
	struct wire_text q = {(const char *)s->question.p, s->question.len};
	struct source_opts so = {.root = s->root};
	g->use_graph = s->use_graph;
	if (engine_open(g, s->index, e) || source_open(&g->ix, &so, &g->src, e) ||
	    connect_model(g, s, e))
		return -1;
	set_engine(g, s);
	if ((s->langs || s->globs.n) && engine_filter(g, s->langs, &s->globs, e))
		return -1;
	g->par = par_new(s->n_threads);
	int r = s->batch ? ask_file(g, &show, s->batch, hits, e) : ask(g, &show, &q, 1, hits, e);
	if (!r && show.n_stale && show.n_stale == show.n_hits)
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
	struct settings s = {.top_k = 10, .ef_search = 200, .n_lines = 3, .embed = EMBED_OPTS_INIT,
			     .globs = GLOBS_INIT};
	struct engine g = {0};
	struct err e;
	size_t hits = 0;
	prog_start(argv[0]);
	settings_parse(argc, argv, &s);
	if (s.show_config)
		return show_config(&s);
	if (run(&g, &s, &hits, &e))
		err_die(&e);
	embed_free(g.embed);
	source_free(g.src);
	par_free(g.par);
	engine_close(&g);
	settings_release(&s);
	close_stdout_die();
	return hits ? 0 : 1;
}
