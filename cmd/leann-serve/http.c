/* Connections and workers; see http.h. */
#define _GNU_SOURCE
#include "http.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/progress.h"
#include "exchange.h"
#include "links.h"
#include "work.h"

struct http {
	struct http_opts o;
	struct MHD_Daemon *daemon;
	struct work *work;
	struct links *links;
	atomic_ullong n_requests, n_refused, n_busy;
	atomic_size_t n_connections;
	atomic_size_t n_owed;		/* requests that a worker got, until their answer is sent */
};

#define STOP_S 5.			/* for reading the last answers */

static enum MHD_Result keep(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	exchange_add(cls, kind == MHD_HEADER_KIND, key, value ? value : "");
	return MHD_YES;
}

static struct exchange *begin(struct http *h, struct MHD_Connection *c, const char *path, const char *method)
{
	struct exchange *x = exchange_new(method, path);
	x->h = h;
	x->c = c;
	MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, keep, x);
	MHD_get_connection_values(c, MHD_HEADER_KIND, keep, x);
	x->route = h->o.route(h->o.ctx, path);
	exchange_guard(x, &h->o.guard, x->route ? x->route->methods : NULL);
	atomic_fetch_add(&h->n_requests, 1);
	if (x->says.status != 200)
		atomic_fetch_add(&h->n_refused, 1);
	return x;
}

static struct link *link_of(struct MHD_Connection *c)
{
	return MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* Connections come and go. */
static void linked(void *cls, struct MHD_Connection *c, void **context,
		   enum MHD_ConnectionNotificationCode what)
{
	struct http *h = cls;
	int fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = links_add(h->links, fd);
		atomic_fetch_add(&h->n_connections, 1);
	} else {
		links_drop(h->links, *context);
		atomic_fetch_sub(&h->n_connections, 1);
	}
}

static void completed(void *cls, struct MHD_Connection *c, void **con_cls, enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *con_cls;
	(void)cls;
	(void)c;
	(void)why;
	if (!x)
		return;
	if (x->owed)
		atomic_fetch_sub(&x->h->n_owed, 1);
	exchange_free(x);
	*con_cls = NULL;
}

static int add_header(const char *name, const struct js *v, void *ctx)
{
	MHD_add_response_header(ctx, name, js_str(v, NULL));
	return 0;
}

static enum MHD_Result respond(struct exchange *x)
{
	struct reply *rp = &x->rp;
	struct MHD_Response *r =
		MHD_create_response_from_buffer(rp->body.len, rp->body.p ? rp->body.p : (void *)(uintptr_t)"",
						MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, "Content-Type", rp->type ? rp->type : "application/json");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(r, "Cache-Control", "no-store");
	if (rp->headers)
		js_each(rp->headers, add_header, r);
	enum MHD_Result done = MHD_queue_response(x->c, rp->status, r);
	link_hurry(link_of(x->c));
	MHD_destroy_response(r);
	return done;
}

static void done(const struct exchange *x)
{
	x->h->o.done(x->h->o.ctx, x->route, x->rp.status, now_s() - x->since_s);
}

/* Runs in a worker; the connection slept meanwhile. */
static void answer(struct job *j, size_t i_worker)
{
	struct exchange *x = (struct exchange *)j;
	x->route->answer(x->h->o.ctx, i_worker, &x->rq, &x->rp);
	done(x);
	x->answered = true;
	MHD_resume_connection(x->c);
}

/* The whole request is here. */
static enum MHD_Result finish(struct exchange *x)
{
	struct http *h = x->h;
	x->since_s = now_s();
	if (x->says.status != 200) {
		reply_refuse(&x->rp, &x->says, x->route ? x->route->methods : NULL);
		h->o.refused(h->o.ctx, x->rq.path, x->says.why, &x->rp);
	} else if (x->route->how & HTTP_QUICK) {
		x->route->answer(h->o.ctx, h->o.n_workers, &x->rq, &x->rp);
		done(x);
	} else {
		x->job.run = answer;
		x->owed = true;
		atomic_fetch_add(&h->n_owed, 1);
		link_rest(link_of(x->c));
		MHD_suspend_connection(x->c);
		if (work_push(h->work, &x->job))
			return MHD_YES;
		MHD_resume_connection(x->c);
		atomic_fetch_add(&h->n_busy, 1);
		reply_busy(&x->rp);
		h->o.refused(h->o.ctx, x->rq.path, BUSY, &x->rp);
		x->answered = true;	/* and sent when we are called again */
		return MHD_YES;
	}
	x->answered = true;
	return respond(x);
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *c, const char *url, const char *method,
			      const char *version, const char *upload, size_t *n_upload, void **con_cls)
{
	struct exchange *x = *con_cls;
	(void)version;
	if (!x) {
		x = *con_cls = begin(cls, c, url, method);
		return x->says.status == 413 ? finish(x) : MHD_YES;	/* no such body is read */
	}
	if (x->answered)
		return respond(x);
	if (!*n_upload)
		return finish(x);
	if (x->says.status == 200 && guard_length(x->rq.body.len + *n_upload, &x->says))
		buf_add(&x->rq.body, upload, *n_upload);
	*n_upload = 0;
	return MHD_YES;
}

int http_start(const struct http_opts *o, struct http **out, struct err *e)
{
	struct http *h = mem_calloc(1, sizeof *h);
	h->o = *o;
	h->work = work_new(o->n_workers, o->queue_max, e);
	h->links = h->work ? links_new(o->idle_s, e) : NULL;
	int r = h->links ? 0 : -1;
	*out = h;	/* requests come from the next line on, and may ask for http_counts() */
	if (!r) {
		h->daemon = MHD_start_daemon(
			MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL, NULL,
			handle, h,
			MHD_OPTION_LISTEN_SOCKET, o->listen_fd,
			MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
			MHD_OPTION_NOTIFY_CONNECTION, linked, h,
			MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections_max,
			MHD_OPTION_CONNECTION_TIMEOUT, o->idle_s,
			MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32 << 10,
			MHD_OPTION_END);
		if (!h->daemon)
			r = err_sys(e, "cannot start to serve");
	}
	if (r) {
		http_stop(h);
		*out = NULL;
	}
	return r;
}

/* Connections that are open still ask: they are told to come again, until the daemon is stopped. */
void http_stop(struct http *h)
{
	const struct timespec nap = {0, 5 * 1000 * 1000};
	int fd = h->daemon ? MHD_quiesce_daemon(h->daemon) : -1;
	work_stop(h->work);
	double end_s = now_s() + STOP_S;
	while (atomic_load(&h->n_owed) && now_s() < end_s)	/* what is not sent yet would be lost */
		nanosleep(&nap, NULL);
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	work_free(h->work);
	links_free(h->links);
	if (fd >= 0)
		close(fd);
	mem_free(h);
}

void http_counts(struct http *h, struct http_counts *out)
{
	*out = (struct http_counts){atomic_load(&h->n_requests), atomic_load(&h->n_refused),
				    atomic_load(&h->n_busy), work_n_queued(h->work),
				    atomic_load(&h->n_connections)};
}
