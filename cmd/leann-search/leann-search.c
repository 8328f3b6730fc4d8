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
#include "like.h"
#include "settings.h"
#include "show.h"
#include "together.h"

enum { BATCH_QUESTIONS = 64, QUESTION_MAX = 64 << 10 };

/* What is open while questions are asked. */
struct asking {
	struct together *t;
	struct show show;
};

/* One batch of questions. */
static int ask(struct asking *g, const struct leann_text *q, size_t n, struct err *e)
{
	struct leann_error why;
	struct show *s = &g->show;
	int bad = together_ask(g->t, q, n, &why);
	for (size_t i = 0; i < n && !bad; i++) {
		struct shown_answer a = together_answer(g->t, i);
		if (s->batch && !s->json)
			show_question(s, &q[i]);
		bad = show_answer(s, &q[i], &a, &why);
	}
	together_warn(g->t);
	return bad ? leann_why(&why, e) : 0;
}

/* What is near a passage. None there is an answer: 1, and why on stderr. */
static int like(struct asking *g, const char *where, struct err *e)
{
	struct leann_searcher *from = together_searcher(g->t);
	struct leann_passage p;
	struct leann_error why;
	uint32_t chunk;
	if (like_find(from, where, &chunk, &why)) {
		leann_why(&why, e);
		if (why.status != LEANN_NOT_FOUND)
			return -1;
		err_print(e);
		return 0;
	}
	int bad = together_near(g->t, chunk, &why);
	if (!bad)
		bad = leann_passage_get(from, chunk, &p, &why);
	if (!bad) {
		struct leann_text text = {mem_strndup(p.text.p, p.text.n_bytes), p.text.n_bytes};
		struct shown_answer a = together_answer(g->t, 0);
		bad = show_answer(&g->show, &text, &a, &why);
		mem_free((char *)text.p);
	}
	together_warn(g->t);
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

static int run(struct asking *g, const struct settings *s, struct err *e)
{
	bool tty = isatty(1);
	struct leann_text q = {(const char *)s->question.p, s->question.len};
	if (together_open(s, &g->t, e))
		return -1;
	g->show = (struct show){.json = s->json,
				.explain = s->explain,
				.explain_words = !s->dense && !s->like && together_has_words(g->t),
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
	if (run(&g, &s, &e))
		err_die(&e);
	together_free(g.t);
	settings_release(&s);
	close_stdout_die();
	return g.show.n_hits ? 0 : 1;
}
