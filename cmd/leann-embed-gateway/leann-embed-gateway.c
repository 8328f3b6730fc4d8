/*
 * leann-embed-gateway: embeddings of texts, over ZeroMQ, from a provider that is asked for them; see
 * leann-embed-gateway(1) and leann-embed(7).
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "pool.h"
#include "settings.h"
#include "sys/embed_ep.h"
#include "sys/gateway.h"
#include "sys/service.h"

enum { SLACK = 4096 };		/* bytes of a reply besides its numbers */
#define STOP_WAIT_S 30

/* What it says of itself to who asks for info. */
static void make_info(const struct fetch *f, size_t n_threads, struct wire_info *w)
{
	snprintf(w->model, sizeof w->model, "%s", f->p.model);
	snprintf(w->query_prefix, sizeof w->query_prefix, "%s", f->p.query_prefix);
	snprintf(w->document_prefix, sizeof w->document_prefix, "%s", f->p.document_prefix);
	snprintf(w->version, sizeof w->version, "%s", LEANN_VERSION);
	provider_identity(&f->p, f->dim, w->sha256);
	w->provider = f->p;
	w->dim = f->dim;
	w->max_tokens = f->facts.max_tokens;
	w->normalized = true;
	size_t fit = (WIRE_MESSAGE_MAX - SLACK) / (4 * f->dim);	/* in one reply */
	w->max_texts = fit < WIRE_TEXTS_MAX ? fit : WIRE_TEXTS_MAX;
	w->threads = n_threads + 1;
	w->pid = (uint64_t)getpid();
}

/* We answer: say so in the lock file, on stdout, and to who started us. */
static int announce(struct service *life, const struct wire_info *i, struct err *e)
{
	char *line = mem_printf("leann-embed-gateway: ready %s %s %s %zu %s %s", life->ep, i->model, i->sha256,
				i->dim, i->provider.api, i->provider.url);
	puts(line);
	int r = fflush(stdout) ? err_sys(e, "stdout") : service_ready(life, line, e);
	mem_free(line);
	return r;
}

static int serve(struct settings *s, struct service *life, struct err *e)
{
	struct fetch f;
	struct wire_info *info = mem_calloc(1, sizeof *info);
	struct pool *p = NULL;
	int r = fetch_open(&f, &s->c, e);
	if (!r) {
		make_info(&f, s->n_threads, info);
		p = pool_new(&f, info, s->n_threads, life->stop_fd, e);
		r = !p || service_bind(life, e) || announce(life, info, e) ? -1 : 0;
	}
	if (!r) {
		struct embed_serve loop = {.z = life->z, .info = info, .stop_fd = pool_fd(p), .idle_s = s->idle_s,
					   .lock_fd = life->lock_fd, .pidfile = life->pidfile, .ops = &pool_ops,
					   .ctx = p};
		r = embed_serve_run(&loop, e);
	}
	if (p && !pool_free(p)) {	/* a provider that does not answer is not waited for */
		service_end(life);
		_exit(r ? err_exit(e->code) : 0);
	}
	fetch_release(&f);
	mem_free(info);
	return r;
}

static int run(struct settings *s, struct service *life, struct err *e)
{
	struct buf line = BUF_INIT;
	pid_t pid;
	if (s->endpoint ? embed_ep_check(s->endpoint, &life->ep, e) : gateway_ep(&s->c.p, &life->ep, e))
		return -1;
	if (s->stop) {
		int r = embed_stop(life->ep, STOP_WAIT_S, &pid, e);
		return r < 0 ? -1 : !r;
	}
	int r = service_begin(life, s->daemon, &line, e);
	if (r == 1)
		puts((const char *)line.p);
	buf_release(&line);
	if (r)
		return r < 0 ? -1 : 0;
	r = serve(s, life, e);
	service_end(life);
	return r;
}

int main(int argc, char **argv)
{
	struct settings s;
	struct service life = SERVICE_INIT;
	struct err e;
	prog_start(argv[0]);
	settings_parse(argc, argv, &s);
	int r = run(&s, &life, &e);
	if (r < 0)
		err_die(&e);
	service_release(&life);
	settings_release(&s);
	close_stdout_die();
	return r;
}
