/*
 * leann-embed-server: embeddings of texts, over ZeroMQ; see leann-embed-server(1)
 * and leann-embed(7). This file: options, the lock, the background; serve.c: requests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/progress.h"
#include "background.h"
#include "load.h"
#include "serve.h"
#include "sys/embed_ep.h"
#include "sys/modeldir.h"
#include "sys/stop.h"

#define STOP_WAIT_S 30		/* a slice of long texts on a slow machine */
#define OTHER_WAIT_S 120	/* for a server that another process is starting */

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
	char *dir, *ep, *pidfile;
	int lock_fd, stop_fd;
	int ready_fd;			/* --daemon: told when we answer; else -1 */
	struct zsock *z;
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

/* Another process has the lock: an error, or with --daemon wait for its ready line (1). */
static int other_serves(struct server *s, pid_t holder, struct buf *ready, struct err *e)
{
	const struct timespec nap = {0, 10 * 1000 * 1000};
	double deadline_s = now_s() + OTHER_WAIT_S;
	if (!s->a.daemon)
		return err_set(e, ERR_TEMP, "%s: process %ld serves it already", s->ep,
			       (long)holder);
	while (now_s() < deadline_s) {
		int r = pidlock_query(s->pidfile, &holder, ready, e);
		if (r <= 0)
			return r;
		if (ready->len)
			return 1;
		nanosleep(&nap, NULL);
	}
	return err_set(e, ERR_TEMP, "%s: process %ld is starting for %d s now", s->ep, (long)holder,
		       OTHER_WAIT_S);
}

/* 0: we have the lock; 1: another server answers, its ready line was printed. */
static int take_lock(struct server *s, struct err *e)
{
	struct buf ready = BUF_INIT;
	pid_t holder;
	int r;
	while ((r = pidlock_take(s->pidfile, &s->lock_fd, &holder, e)) == 1) {
		r = other_serves(s, holder, &ready, e);
		if (r < 0)
			break;
		if (r == 1) {
			puts((const char *)ready.p);
			break;
		}
	}
	buf_release(&ready);
	return r;
}

/* We answer: say so in the lock file, on stdout, and to who started us. */
static int announce(struct server *s, struct err *e)
{
	const struct wire_info *i = &s->info;
	char *line = mem_printf("leann-embed-server: ready %s %s %s %zu %s %s", s->ep, i->model,
				i->sha256, i->dim, i->precision, i->kernels);
	int r = pidlock_write(s->lock_fd, s->pidfile, line, e);
	puts(line);
	mem_free(line);
	if (r)
		return -1;
	if (fflush(stdout))
		return err_sys(e, "stdout");
	return s->ready_fd < 0 ? 0 : background_ready(s->ready_fd, e);
}

static int serve(struct server *s, struct err *e)
{
	enum precision p = PRECISION_AUTO;
	umask(077);
	if (precision_from(s->a.precision, &p))
		return err_set(e, ERR_USAGE, "precision %s", s->a.precision);
	if (stop_fd_open(&s->stop_fd, e) || pidlock_write(s->lock_fd, s->pidfile, NULL, e) ||
	    load_model(s->dir, p, &s->enc, &s->info, e) ||
	    (s->a.index && numbered_open(s->a.index, s->a.metric, &s->info, &s->numbered, e)))
		return -1;
	s->par = par_new(s->a.n_threads);
	s->info.threads = par_n_threads(s->par);
	if (zsock_router(s->ep, WIRE_MESSAGE_MAX, &s->z, e) || announce(s, e))
		return -1;
	struct serve loop = {.z = s->z, .enc = s->enc, .par = s->par, .info = &s->info,
			     .numbered = s->numbered, .stop_fd = s->stop_fd, .idle_s = s->a.idle_s,
			     .lock_fd = s->lock_fd, .pidfile = s->pidfile};
	return serve_run(&loop, e);
}

/* Without --endpoint and --precision: all of the model's. 1: none ran. */
static int stop(struct server *s, struct err *e)
{
	bool all = !s->a.endpoint && !s->a.precision_given;
	int n_stopped = 0;
	for (size_t i = 0; precisions[i] && (i == 0 || all); i++) {
		pid_t pid;
		if (all) {
			mem_free(s->ep);
			if (embed_ep_default(s->dir, precisions[i], &s->ep, e))
				return -1;
		}
		int r = embed_stop(s->ep, STOP_WAIT_S, &pid, e);
		if (r < 0)
			return -1;
		n_stopped += r;
	}
	return !n_stopped;
}

static int run(struct server *s, struct err *e)
{
	int r;
	if (!s->a.endpoint || !s->a.stop)
		if (model_find(s->a.model, &s->dir, e))
			return -1;
	if ((s->a.endpoint ? embed_ep_check(s->a.endpoint, &s->ep, e)
			   : embed_ep_default(s->dir, s->a.precision, &s->ep, e)) ||
	    embed_ep_pidfile(s->ep, &s->pidfile, e))
		return -1;
	if (s->a.stop)
		return stop(s, e);
	if (s->a.daemon && background_start(&s->ready_fd, e))
		return -1;
	r = take_lock(s, e);
	if (r)
		return r < 0 ? -1 : 0;
	r = serve(s, e);
	/* Files that another server may have made since are not ours to remove; libzmq would. */
	if (!r && !pidlock_mine(s->lock_fd, s->pidfile))
		_exit(0);
	if (s->z) {
		zsock_unbind(s->z);
		zsock_free(s->z);
	}
	if (embed_ep_path(s->ep))
		unlink(embed_ep_path(s->ep));
	pidlock_drop(s->lock_fd, s->pidfile);
	numbered_close(s->numbered);
	par_free(s->par);
	encoder_free(s->enc);
	return r;
}

int main(int argc, char **argv)
{
	struct server s = {.lock_fd = -1, .stop_fd = -1, .ready_fd = -1};
	struct err e;
	prog_start(argv[0]);
	s.a = parse(argc, argv);
	int r = run(&s, &e);
	if (r < 0)
		err_die(&e);
	mem_free(s.dir);
	mem_free(s.ep);
	mem_free(s.pidfile);
	close_stdout_die();
	return r;
}
