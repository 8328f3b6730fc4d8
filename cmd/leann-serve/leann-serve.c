/* leann-serve: indexes over HTTP. See leann-serve(1). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/progress.h"
#include "routes.h"
#include "sys/stop.h"

enum { ID_INDEX = 256, ID_PORT, ID_TIMEOUT, ID_NO_START };

enum { WORKERS = 4, QUEUE_MAX = 256, CONNECTIONS_MAX = 4000, IDLE_S = 60 };

static const struct opt table[] = {
	{ID_INDEX, "index", "FILE", "serve this index; again for more"},
	{'p', "port", "N", "port on 127.0.0.1; 0 chooses one (8080)"},
	{ID_TIMEOUT, "timeout", "SECONDS", "give up on the embedding server after (60)"},
	{ID_NO_START, "no-start", NULL, "do not start an embedding server"},
	{0},
};

struct settings {
	const char *index[CATALOG_MAX];
	size_t n_index;
	unsigned port;
	struct leann_options o;
};

static void parse(int argc, char **argv, struct settings *s)
{
	struct opts o = {.table = table, .usage = "[options] --index FILE [--index FILE ...]",
			 .summary = "Answer questions to indexes over HTTP."};
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		switch (c) {
		case ID_INDEX:
			if (s->n_index == CATALOG_MAX)
				err_usage_die("the limit is %d indexes", CATALOG_MAX);
			s->index[s->n_index++] = o.val;
			break;
		case 'p': s->port = (unsigned)opts_num(&o, 0, 65535); break;
		case ID_TIMEOUT: s->o.timeout_s = opts_real(&o, .001, 86400); break;
		case ID_NO_START: s->o.no_start = 1; break;
		}
	if (o.n_args)
		err_usage_die("%s: want --index before it", o.args[0]);
	if (!s->n_index)
		err_usage_die("which --index?");
	mem_free(o.args);
}

/* A listening socket on 127.0.0.1; *port becomes the one it has. */
static int listen_loopback(unsigned *port, int *fd, struct err *e)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int on = 1;
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return err_sys(e, "socket");
	setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(*fd, (struct sockaddr *)&a, sizeof a) || listen(*fd, SOMAXCONN) ||
	    getsockname(*fd, (struct sockaddr *)&a, &n)) {
		err_sys(e, "127.0.0.1:%u", *port);
		close(*fd);
		return -1;
	}
	*port = ntohs(a.sin_port);
	return 0;
}

static void raise_descriptors(void)
{
	struct rlimit l;
	if (!getrlimit(RLIMIT_NOFILE, &l)) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int serve(struct settings *s, struct routes *r, struct err *e)
{
	int stop, fd;
	if (stop_fd_open(&stop, e) || listen_loopback(&s->port, &fd, e))
		return -1;
	struct http_opts o = {.listen_fd = fd,
			      .guard = {.port = s->port},
			      .route = routes_find,
			      .ctx = r,
			      .n_workers = WORKERS,
			      .queue_max = QUEUE_MAX,
			      .connections_max = CONNECTIONS_MAX,
			      .idle_s = IDLE_S};
	if (http_start(&o, &r->http, e))
		return -1;
	fprintf(stderr, "%s: listening at http://127.0.0.1:%u/\n", err_prog(), s->port);
	struct pollfd p = {.fd = stop, .events = POLLIN};
	while (poll(&p, 1, -1) < 0)
		;
	http_stop(r->http);
	close(stop);
	return 0;
}

int main(int argc, char **argv)
{
	struct settings s = {.port = 8080, .o = LEANN_OPTIONS_INIT};
	struct routes r = {.catalog = catalog_new(), .n_desks = WORKERS, .started_s = now_s()};
	struct err e;
	prog_start(argv[0]);
	parse(argc, argv, &s);
	raise_descriptors();
	s.o.threads = 1;
	for (size_t i = 0; i < s.n_index; i++)
		if (catalog_add(r.catalog, NULL, s.index[i], &e))
			err_die(&e);
	r.desk = mem_array(r.n_desks, sizeof *r.desk);
	for (size_t i = 0; i < r.n_desks; i++)
		r.desk[i] = desk_new(r.catalog, &s.o);
	if (serve(&s, &r, &e))
		err_die(&e);
	for (size_t i = 0; i < r.n_desks; i++)
		desk_free(r.desk[i]);
	mem_free(r.desk);
	catalog_free(r.catalog);
	close_stdout_die();
	return 0;
}
