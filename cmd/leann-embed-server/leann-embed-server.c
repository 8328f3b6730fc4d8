/*
 * leann-embed-server: embeddings of texts, over ZeroMQ; see leann-embed-server(1)
 * and leann-embed(7). This file: options, the lock, the background; serve.c: requests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/progress.h"
#include "load.h"
#include "serve.h"
#include "sys/embed_ep.h"
#include "sys/modeldir.h"
#include "sys/service.h"

#define STOP_WAIT_S 30		/* a slice of long texts on a slow machine */

enum { ID_ENDPOINT = 256, ID_MODEL, ID_PRECISION, ID_IDLE, ID_DAEMON, ID_STOP, ID_INDEX, ID_METRIC };

static const struct opt table[] = {
	{ID_MODEL, "model", "NAME|DIR", "model to serve ($LEANN_MODEL, else " MODEL_DEFAULT ")"},
	{ID_ENDPOINT, "endpoint", "EP", "ipc:///PATH or tcp://127.0.0.1:PORT (the user's own)"},
	{ID_PRECISION, "precision", "NAME",
	 "numbers to compute in: auto, fp32, bf16 or int8 ($LEANN_PRECISION, else auto)"},
	{'j', "threads", "N", "threads that encode (one per processor)"},
	{ID_IDLE, "idle-timeout", "S", "leave after S seconds without requests (0: never)"},
	{ID_INDEX, "index", "FILE", "answer for its passages by number, as the official LEANN asks; wants --endpoint"},
	{ID_METRIC, "distance-metric", "NAME", "of --index: mips, cosine or l2 (mips)"},
	{ID_DAEMON, "daemon", NULL, "go to the background when ready; fine if one runs already"},
	{ID_STOP, "stop", NULL, "stop the server of this endpoint and wait until it is gone"},
	{0},
};

static const char *const precisions[] = {"auto", "fp32", "bf16", "int8", NULL};

struct args {
	const char *model, *endpoint, *index;
	const char *precision;		/* a name that is known */
	bool precision_given;		/* by option */
	size_t n_threads;
	double idle_s;
	bool daemon, stop;
	enum metric metric;		/* of index */
};

struct server {
	struct args a;
	char *dir;
	struct service life;
	struct encoder *enc;
	struct par *par;
	struct wire_info info;
	struct numbered *numbered;
};

static const char *precision_by_env(void)
{
	const char *name = env_get("LEANN_PRECISION");
	enum precision p;
	if (name && precision_from(name, &p))
		err_usage_die("LEANN_PRECISION: \"%s\": want auto, fp32, bf16 or int8", name);
	return name ? name : precisions[0];
}

static struct args parse(int argc, char **argv)
{
	struct args a = {0};
	struct opts o = {.table = table, .usage = "[options]",
			 .summary = "answer requests for embeddings over ZeroMQ"};
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		switch (c) {
		case ID_MODEL: a.model = o.val; break;
		case ID_ENDPOINT: a.endpoint = o.val; break;
		case ID_PRECISION:
			a.precision = precisions[opts_word(&o, precisions)];
			a.precision_given = true;
			break;
		case 'j': a.n_threads = (size_t)opts_num(&o, 1, 1024); break;
		case ID_IDLE: a.idle_s = opts_real(&o, 0, 1e9); break;
		case ID_INDEX: a.index = o.val; break;
		case ID_METRIC: a.metric = (enum metric)opts_word(&o, numbered_metrics); break;
		case ID_DAEMON: a.daemon = true; break;
		case ID_STOP: a.stop = true; break;
		}
	if (o.n_args)
		err_usage_die("%s: no operands are taken", o.args[0]);
	mem_free(o.args);
	if (a.index && !a.endpoint)
		err_usage_die("--index wants --endpoint: the user's own socket has no index");
	if (!a.precision)
		a.precision = precision_by_env();
	return a;
}

/* We answer: say so in the lock file, on stdout, and to who started us. */
static int announce(struct server *s, struct err *e)
{
	const struct wire_info *i = &s->info;
	char *line = mem_printf("leann-embed-server: ready %s %s %s %zu %s %s", s->life.ep, i->model,
				i->sha256, i->dim, i->precision, i->kernels);
	puts(line);
	int r = fflush(stdout) ? err_sys(e, "stdout") : service_ready(&s->life, line, e);
	mem_free(line);
	return r;
}

static int serve(struct server *s, struct err *e)
{
	enum precision p = PRECISION_AUTO;
	if (precision_from(s->a.precision, &p))
		return err_set(e, ERR_USAGE, "precision %s", s->a.precision);
	if (load_model(s->dir, p, &s->enc, &s->info, e) ||
	    (s->a.index && numbered_open(s->a.index, s->a.metric, &s->info, &s->numbered, e)))
		return -1;
	s->par = par_new(s->a.n_threads);
	s->info.threads = par_n_threads(s->par);
	if (service_bind(&s->life, e) || announce(s, e))
		return -1;
	struct embed_serve loop = {.z = s->life.z, .info = &s->info, .stop_fd = s->life.stop_fd,
				   .idle_s = s->a.idle_s, .lock_fd = s->life.lock_fd,
				   .pidfile = s->life.pidfile};
	return serve_run(&loop, s->enc, s->par, s->numbered, e);
}

/* Without --endpoint and --precision: all of the model's. 1: none ran. */
static int stop(struct server *s, struct err *e)
{
	bool all = !s->a.endpoint && !s->a.precision_given;
	int n_stopped = 0;
	for (size_t i = 0; precisions[i] && (i == 0 || all); i++) {
		pid_t pid;
		if (all) {
			mem_free(s->life.ep);
			s->life.ep = NULL;
			if (embed_ep_default(s->dir, precisions[i], &s->life.ep, e))
				return -1;
		}
		int r = embed_stop(s->life.ep, STOP_WAIT_S, &pid, e);
		if (r < 0)
			return -1;
		n_stopped += r;
	}
	return !n_stopped;
}

static int run(struct server *s, struct err *e)
{
	struct buf line = BUF_INIT;
	int r;
	if (!s->a.endpoint || !s->a.stop)
		if (model_find(s->a.model, &s->dir, e))
			return -1;
	if (s->a.endpoint ? embed_ep_check(s->a.endpoint, &s->life.ep, e)
			  : embed_ep_default(s->dir, s->a.precision, &s->life.ep, e))
		return -1;
	if (s->a.stop)
		return stop(s, e);
	r = service_begin(&s->life, s->a.daemon, &line, e);
	if (r == 1)
		puts((const char *)line.p);
	buf_release(&line);
	if (r)
		return r < 0 ? -1 : 0;
	r = serve(s, e);
	service_end(&s->life);
	numbered_close(s->numbered);
	par_free(s->par);
	encoder_free(s->enc);
	return r;
}

int main(int argc, char **argv)
{
	struct server s = {.life = SERVICE_INIT};
	struct err e;
	prog_start(argv[0]);
	s.a = parse(argc, argv);
	int r = run(&s, &e);
	if (r < 0)
		err_die(&e);
	mem_free(s.dir);
	service_release(&s.life);
	close_stdout_die();
	return r;
}
