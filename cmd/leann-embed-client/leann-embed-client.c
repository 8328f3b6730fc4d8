/*
 * leann-embed-client: chunk stream in, vector stream out, by way of an embedding
 * server; see leann-embed-client(1) and leann-embed(7). window.c keeps the order.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "base/fdio.h"
#include "base/progress.h"
#include "fmt/record.h"
#include "fmt/stream.h"
#include "head.h"
#include "info.h"
#include "sys/embed.h"
#include "sys/journal.h"
#include "window.h"

struct pipe {
	struct embed *h;
	struct stream_in in;
	struct stream_out out;
	struct rec_check check;
	struct journal *journal;	/* or NULL */
	struct window *w;
	struct progress progress;
	uint64_t n_tokens;
};

/* A server of the precision that was asked for; at an endpoint that was named it may have another. */
static int connect_server(const struct args *a, struct embed **h, struct err *e)
{
	const char *want = a->embed.precision;
	if (embed_open(&a->embed, h, e))
		return -1;
	if (!want || !strcmp(want, "auto") ||
	    !embed_want_precision(*h, want, "want", "name another --endpoint, or none", e))
		return 0;
	embed_free(*h);
	*h = NULL;
	return -1;
}

/* One record into the window. 0 at END. */
static int take_record(struct pipe *p, struct err *e)
{
	struct stream_rec r;
	struct rec_chunk k;
	int more = stream_in_next(&p->in, &r, e);
	if (more <= 0) {
		if (!more)
			window_end(p->w);
		return more;
	}
	if (r.tag != TAG_CHUNK) {
		if (rec_any(&p->check, &r, e))
			return -1;
		window_add_raw(p->w, r.raw, r.n_raw);
		return 1;
	}
	if (rec_chunk(&p->check, &r, &k, e))
		return -1;
	if (!k.text)
		return stream_in_bad(&p->in, e, "chunk %" PRIu64 " has no text", k.id);
	p->n_tokens += k.n_tokens;
	window_add_chunk(p->w, &k);
	return 1;
}

static int pump(struct pipe *p, struct err *e)
{
	while (!window_done(p->w)) {
		if (window_wants(p->w) && take_record(p, e) < 0)
			return -1;
		if (window_step(p->w, e))
			return -1;
		progress_at(&p->progress, window_n_written(p->w));
	}
	return rec_check_end(&p->check, e);
}

static void warn(const char *msg)
{
	err_warn("%s", msg);
}

/* What an interrupted run left is news even to those who asked for quiet: their build is short. */
static int open_journal(const char *path, struct pipe *p, struct err *e)
{
	if (journal_open(path, embed_info(p->h), warn, &p->journal, e))
		return -1;
	if (journal_n(p->journal))
		fprintf(stderr, "%s: %s: %zu embeddings of a run that was interrupted\n",
			err_prog(), path, journal_n(p->journal));
	return 0;
}

/*
 * A stream that has its vectors, as one that takes over embeddings from elsewhere: it passes as it is, so that
 * who makes an index need not know which of the two came.
 */
static int pass_on(const struct args *a, struct pipe *p, struct err *e)
{
	struct stream_rec r;
	char model[256];
	int more;
	if (shead_str(&p->in.head, "model", model, sizeof model, e))
		return -1;
	const char *want = a->embed.model, *slash = want ? strrchr(want, '/') : NULL;
	if (want && strcmp(slash ? slash + 1 : want, model))
		return err_set(e, ERR_DATA, "stdin: a stream of vectors of model %s, wanted is %s: have its "
			       "texts embedded anew, or name no --model", *model ? model : "?", want);
	if (stream_out_head(&p->out, &p->in.head, e))
		return -1;
	while ((more = stream_in_next(&p->in, &r, e)) > 0)
		if (rec_any(&p->check, &r, e) || stream_out_raw(&p->out, r.raw, r.n_raw, e))
			return -1;
	return more || rec_check_end(&p->check, e) ? -1 : stream_out_end(&p->out, e);
}

static int run(struct args *a, struct pipe *p, struct err *e)
{
	stream_out_open(&p->out, 1, "stdout");
	if (stream_in_open(&p->in, 0, "stdin", NULL, e) || rec_check_init(&p->check, &p->in, e))
		return -1;
	if (!strcmp(p->in.head.kind, "vectors"))
		return pass_on(a, p, e);
	if (connect_server(a, &p->h, e))
		return -1;
	p->in.in.tie = &p->out.out;
	struct head head = {&p->in.head, embed_info(p->h), a->limits.keep_texts, a->n_data_args,
			    a->data_args};
	if (head_check(&p->in.head, embed_info(p->h), e) || head_put(&p->out, &head, e))
		return -1;
	if (a->journal && open_journal(a->journal, p, e))
		return -1;
	p->w = window_new(p->h, &p->out, &a->limits, p->journal);
	progress_start(&p->progress, "chunks", 0, a->quiet);
	int r = pump(p, e);
	progress_end(&p->progress, window_n_written(p->w));
	return r ? r : stream_out_end(&p->out, e);
}

static void summary(const struct args *a, const struct pipe *p, double s)
{
	if (!p->h) {
		if (a->verbose)
			fprintf(stderr, "%s: the stream has its vectors: passed on\n", err_prog());
		return;
	}
	const struct wire_info *i = embed_info(p->h);
	uint64_t n = window_n_written(p->w);
	if (embed_n_cut(p->h) && !i->max_tokens)
		err_warn("%" PRIu64 " chunks had more tokens than model %s takes: their ends are not"
			 " embedded", embed_n_cut(p->h), i->model);
	else if (embed_n_cut(p->h))
		err_warn("%" PRIu64 " chunks had more tokens than model %s takes (%zu): their ends"
			 " are not embedded", embed_n_cut(p->h), i->model, i->max_tokens);
	if (a->verbose)
		fprintf(stderr, "%s: %" PRIu64 " chunks, %" PRIu64 " tokens in %.1f s:"
			" %.0f chunks/s, %.0f tokens/s\n", err_prog(), n, p->n_tokens, s,
			(double)n / s, (double)p->n_tokens / s);
	if (a->verbose && window_n_again(p->w))
		fprintf(stderr, "%s: %" PRIu64 " of them have the text of one before\n", err_prog(),
			window_n_again(p->w));
	if (a->verbose && a->journal)
		fprintf(stderr, "%s: %" PRIu64 " of them were in %s\n", err_prog(),
			window_n_kept(p->w), a->journal);
}

static int filter(struct args *a)
{
	struct pipe p = {0};
	struct err e;
	double t0_s = now_s();
	if (isatty(1))
		err_usage_die("stdout is a terminal, and the stream is not text");
	if (run(a, &p, &e)) {
		stream_out_fail(&p.out, &e);
		err_die(&e);
	}
	summary(a, &p, now_s() - t0_s);
	if (p.w)
		window_free(p.w);
	journal_close(p.journal);
	stream_in_release(&p.in);
	stream_out_release(&p.out);
	embed_free(p.h);
	return 0;
}

/* --info. With --no-start, that none runs is an answer: 1. */
static int show_info(const struct args *a)
{
	struct embed *h;
	struct err e;
	bool all = a->embed.no_start && !a->embed.endpoint && !a->provider &&
		   !config_is_set(&a->config, "embeddingServer.precision");
	size_t n = 0;
	if (all && info_print_all(&a->embed, &n, &e))
		err_die(&e);
	if (n) {
		close_stdout_die();
		return 0;
	}
	if (connect_server(a, &h, &e)) {
		if (!a->embed.no_start || e.code != ERR_TEMP)
			err_die(&e);
		err_print(&e);
		return 1;
	}
	info_print(embed_endpoint(h), embed_info(h));
	embed_free(h);
	close_stdout_die();
	return 0;
}

static int show_config(const struct args *a)
{
	struct buf b = BUF_INIT;
	config_show(&a->config, &b);
	fwrite(b.p, 1, b.len, stdout);
	buf_release(&b);
	close_stdout_die();
	return 0;
}

int main(int argc, char **argv)
{
	prog_start(argv[0]);
	struct args a = args_parse(argc, argv);
	int r = a.show ? show_config(&a) : a.info ? show_info(&a) : filter(&a);
	args_release(&a);
	return r;
}
