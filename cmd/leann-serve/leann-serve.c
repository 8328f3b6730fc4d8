/* leann-serve: indexes over HTTP. See leann-serve(1). */
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/progress.h"
#include "face_routes.h"
#include "listen.h"
#include "page.h"
#include "routes.h"
#include "sys/stop.h"

enum { IDLE_S = 60 };

/* A descriptor for every connection. */
static void raise_descriptors(void)
{
	struct rlimit l;
	if (!getrlimit(RLIMIT_NOFILE, &l)) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int serve(const struct settings *s, struct routes *r, struct err *e)
{
	int stop, fd;
	unsigned port;
	char *where;
	if (stop_fd_open(&stop, e) || listen_open(s, &fd, &where, &port, e))
		return -1;
	struct http_opts o = {.listen_fd = fd,
			      .guard = {.port = port, .hosts = s->hosts, .origins = s->origins,
					.token = s->token.len ? (const char *)s->token.p : NULL},
			      .route = routes_find,
			      .done = routes_done,
			      .refused = face_refused,
			      .ctx = r,
			      .n_workers = s->n_workers,
			      .queue_max = s->queue_max,
			      .connections_max = s->connections_max,
			      .idle_s = IDLE_S};
	int bad = http_start(&o, &r->http, e);
	if (!bad) {
		struct pollfd p = {.fd = stop, .events = POLLIN};
		fprintf(stderr, "%s: listening at %s\n", err_prog(), where);
		while (poll(&p, 1, -1) < 0)
			;
		http_stop(r->http);
	}
	mem_free(where);
	close(stop);
	return bad;
}

/* What each worker answers with. */
static void set_up(struct routes *r, const struct settings *s)
{
	struct edition *first = catalog_take(r->catalog, 0);
	r->n_desks = s->n_workers;
	r->desk = mem_array(r->n_desks, sizeof *r->desk);
	r->embedder = mem_array(r->n_desks, sizeof *r->embedder);
	for (size_t k = 0; k < r->n_desks; k++) {
		r->desk[k] = desk_new(r->catalog, &s->o);
		r->embedder[k] = embedder_of(&s->o, first->ix);
	}
	edition_drop(first);
}

static void tear_down(struct routes *r)
{
	for (size_t k = 0; k < r->n_desks; k++) {
		desk_free(r->desk[k]);
		embedder_free(r->embedder[k]);
	}
	mem_free(r->desk);
	mem_free(r->embedder);
	catalog_free(r->catalog);
}

int main(int argc, char **argv)
{
	struct settings s;
	struct routes r = {.catalog = catalog_new(), .started_s = now_s()};
	struct buf policy = BUF_INIT;
	struct err e;
	prog_start(argv[0]);
	settings_parse(argc, argv, &s);
	raise_descriptors();
	for (size_t i = 0; i < s.n_index; i++)
		if (catalog_add(r.catalog, NULL, s.index[i], &e))
			err_die(&e);
	page_policy(&policy);
	r.page_policy = (const char *)policy.p;
	set_up(&r, &s);
	if (serve(&s, &r, &e))
		err_die(&e);
	tear_down(&r);
	buf_release(&policy);
	settings_release(&s);
	close_stdout_die();
	return 0;
}
