/*
 * leann-graph: the last stage of a build: a vector stream in, one index file out. See
 * leann-graph(1).
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/opts.h"
#include "base/tmpfile.h"
#include "inherit.h"
#include "settings.h"
#include "write.h"

static void say(const struct settings *s, const struct collect *c, const struct build *b)
{
	const struct changes *x = &c->changes;
	struct index_counts n;
	index_build_counts(c->ib, &n);
	fprintf(stderr, "%s: %s: %llu files, %llu chunks, ", err_prog(), s->out,
		(unsigned long long)(n.n_files - n.removed_files),
		(unsigned long long)(n.n_chunks - n.removed_chunks));
	if (x->on)
		fprintf(stderr, "%zu embedded, %zu kept, ", x->n_embedded,
			x->n_kept + x->n_old - (size_t)n.removed_chunks);
	if (x->n_old)
		fprintf(stderr, "reconstruction of new ones %.3f\n", b->reconstruction);
	else
		fprintf(stderr, "%zu anchors, %zu bytes a code, coverage %.3f, quantisation error %.4f, "
			"balance %.3f\n", b->x.anchors.n, b->x.pq.m, b->health.coverage,
			b->quantization_error, b->health.balance);
}

/* What is there is left alone when nothing changed, unless it is to be somewhere else. */
static int make(struct settings *s, struct collect *c, struct build *b, struct par *par,
		struct err *e)
{
	const struct changes *x = &c->changes;
	if (x->on && !changes_any(x) && !strcmp(s->out, s->base)) {
		if (s->verbose)
			fprintf(stderr, "%s: %s: nothing changed\n", err_prog(), s->out);
		return 0;
	}
	if (x->on && inherit(s, c, e))
		return -1;
	int r = x->n_old ? build_append(b, c, &s->build, par, e) : build_all(b, c, &s->build, par, e);
	if (r || write_index(s->out, c, b, &s->build, e))
		return -1;
	if (s->verbose)
		say(s, c, b);
	return 0;
}

static int run(struct settings *s, struct collect *c, struct build *b, struct err *e)
{
	struct par *par = par_new(s->n_threads);
	int lock = -1, r = -1;
	/* the lock first: a second writer is told before its hours of work, not after */
	c->base = s->base;
	if (!lock_writer(s->out, s->wait_s, &lock, e) && !collect_stream(c, s->build.quiet, e))
		r = make(s, c, b, par, e);
	if (lock >= 0)
		close(lock);
	par_free(par);
	return r;
}

static int show_config(struct settings *s)
{
	struct buf out = BUF_INIT;
	config_show(&s->config, &out);
	fwrite(out.p, 1, out.len, stdout);
	buf_release(&out);
	config_release(&s->config);
	close_stdout_die();
	return 0;
}

int main(int argc, char **argv)
{
	struct settings s = {.build = {.enrich = ENRICH_PARAMS_DEFAULT, .seed = ENRICH_SEED,
				       .kind = GRAPH_AUTO,
				       .complexity = GRAPH_MEDIUM}, .hubs = -1};
	struct collect c;
	struct build b = {0};
	struct err e;
	prog_start(argv[0]);
	settings_parse(argc, argv, &s);
	if (s.show)
		return show_config(&s);
	collect_init(&c);
	c.tiny = s.build.tiny;
	if (run(&s, &c, &b, &e))
		err_die(&e);
	build_release(&b);
	collect_release(&c);
	config_release(&s.config);
	close_stdout_die();
	return 0;
}
