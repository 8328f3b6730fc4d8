/* Connections and workers; see http.h. */
#define _GNU_SOURCE
#include "http.h"

#include <ctype.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "work.h"

/* One request, from its head to its reply; libmicrohttpd keeps it for us. */
struct exchange {
	struct job job;			/* the first member */
	struct http *h;
	struct MHD_Connection *c;
	const struct http_route *route;
	struct http_request rq;
	struct reply rp;
	struct guard_says says;
	bool answered;			/* rp is ready */
};

struct http {
	struct http_opts o;
	struct MHD_Daemon *daemon;
	struct work *work;
	atomic_ullong n_requests, n_refused, n_busy;
};

static enum MHD_Result keep(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct js *o = cls;
	char name[256];
	size_t n = strlen(key);
	(void)kind;
	if (n >= sizeof name)
		return MHD_YES;
	for (size_t i = 0; i <= n; i++)
		name[i] = kind == MHD_HEADER_KIND ? (char)tolower((unsigned char)key[i]) : key[i];
	js_set(o, name, js_new_strn(value ? value : "", value ? strlen(value) : 0));
	return MHD_YES;
}

static const char *header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static void begin(struct exchange *x, const char *path, const char *method)
{
	const char *encoding = header(x->c, "Transfer-Encoding");
	const struct guard_head head = {
		.method = method,
		.host = header(x->c, "Host"),
		.origin = header(x->c, "Origin"),
		.authorization = header(x->c, "Authorization"),
		.content_type = header(x->c, "Content-Type"),
		.content_length = header(x->c, "Content-Length"),
		.chunked = encoding,
	};
	x->route = x->h->o.route(x->h->o.ctx, path);
	guard_check(&x->h->o.guard, &head, x->route ? x->route->methods : NULL, &x->says);
	atomic_fetch_add(&x->h->n_requests, 1);
	if (x->says.status != 200) {
		atomic_fetch_add(&x->h->n_refused, 1);
		return;
	}
	x->rq.method = mem_strdup(method);
	x->rq.path = mem_strdup(path);
	x->rq.args = js_new_obj();
	x->rq.headers = js_new_obj();
	MHD_get_connection_values(x->c, MHD_GET_ARGUMENT_KIND, keep, x->rq.args);
	MHD_get_connection_values(x->c, MHD_HEADER_KIND, keep, x->rq.headers);
}

static void *end_exchange(struct exchange *x)
{
	mem_free((char *)(uintptr_t)x->rq.method);
	mem_free((char *)(uintptr_t)x->rq.path);
	js_free(x->rq.args);
	js_free(x->rq.headers);
	js_free(x->rp.headers);
	buf_release(&x->rq.body);
	buf_release(&x->rp.body);
	mem_free(x);
	return NULL;
}

static void completed(void *cls, struct MHD_Connection *c, void **con_cls, enum MHD_RequestTerminationCode why)
{
	(void)cls;
	(void)c;
	(void)why;
	if (*con_cls)
		*con_cls = end_exchange(*con_cls);
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
	if (rp->status == 405 && x->route)
		MHD_add_response_header(r, "Allow", x->route->methods);
	if (rp->status == 401)
		MHD_add_response_header(r, "WWW-Authenticate", "Bearer");
	if (rp->retry_after_s) {
		char s[16];
		snprintf(s, sizeof s, "%u", rp->retry_after_s);
		MHD_add_response_header(r, "Retry-After", s);
	}
	if (rp->headers)
		js_each(rp->headers, add_header, r);
	enum MHD_Result done = MHD_queue_response(x->c, rp->status, r);
	MHD_destroy_response(r);
	return done;
}

/* Runs in a worker; the connection slept meanwhile. */
static void answer(struct job *j, size_t i_worker)
{
	struct exchange *x = (struct exchange *)j;
	x->route->answer(x->h->o.ctx, i_worker, &x->rq, &x->rp);
	x->answered = true;
	MHD_resume_connection(x->c);
}

/* The whole request is here. */
static enum MHD_Result finish(struct exchange *x)
{
	struct http *h = x->h;
	if (x->says.status != 200) {
		reply_error(&x->rp, x->says.status, x->says.why);
	} else if (x->route->quick) {
		x->route->answer(h->o.ctx, h->o.n_workers, &x->rq, &x->rp);
	} else {
		x->job.run = answer;
		MHD_suspend_connection(x->c);
		if (work_push(h->work, &x->job))
			return MHD_YES;
		MHD_resume_connection(x->c);
		atomic_fetch_add(&h->n_busy, 1);
		reply_error(&x->rp, 429, "too many requests wait: try again later");
		x->rp.retry_after_s = 1;
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
		x = *con_cls = mem_calloc(1, sizeof *x);
		x->h = cls;
		x->c = c;
		begin(x, url, method);
		if (x->says.status == 413) {	/* the rest is read of no such body */
			reply_error(&x->rp, 413, x->says.why);
			return respond(x);
		}
		return MHD_YES;
	}
	if (x->answered)
		return respond(x);
	if (!*n_upload)
		return finish(x);
	if (x->says.status == 200 && x->rq.body.len + *n_upload > GUARD_BODY_MAX) {
		x->says.status = 413;
		snprintf(x->says.why, sizeof x->says.why, "the limit of a body is 1 MiB");
		buf_release(&x->rq.body);
	}
	if (x->says.status == 200)
		buf_add(&x->rq.body, upload, *n_upload);
	*n_upload = 0;
	return MHD_YES;
}

int http_start(const struct http_opts *o, struct http **out, struct err *e)
{
	struct http *h = mem_calloc(1, sizeof *h);
	h->o = *o;
	h->work = work_new(o->n_workers, o->queue_max, e);
	int r = h->work ? 0 : -1;
	if (!r) {
		h->daemon = MHD_start_daemon(
			MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL, NULL,
			handle, h, MHD_OPTION_LISTEN_SOCKET, o->listen_fd, MHD_OPTION_NOTIFY_COMPLETED,
			completed, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections_max,
			MHD_OPTION_CONNECTION_TIMEOUT, o->idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
			(size_t)32 << 10, MHD_OPTION_END);
		if (!h->daemon)
			r = err_sys(e, "cannot start to serve");
	}
	if (r) {
		http_stop(h);
		return -1;
	}
	*out = h;
	return 0;
}

void http_stop(struct http *h)
{
	int fd = h->daemon ? MHD_quiesce_daemon(h->daemon) : -1;
	work_free(h->work);
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	if (fd >= 0)
		close(fd);
	mem_free(h);
}

void http_counts(struct http *h, struct http_counts *out)
{
	const union MHD_DaemonInfo *i = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
	*out = (struct http_counts){atomic_load(&h->n_requests), atomic_load(&h->n_refused),
				    atomic_load(&h->n_busy), work_n_queued(h->work),
				    i ? i->num_connections : 0};
}
