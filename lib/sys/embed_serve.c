/* The loop of a server; see embed_serve.h. */
#include "sys/embed_serve.h"

#include <sys/resource.h>

#include "base/mem.h"
#include "base/progress.h"
#include "sys/embed_ep.h"

enum {
	TAKE_MAX = 128,			/* messages taken in before work goes on */
	TAKE_BYTES_MAX = 16 << 20,
	LOOK_S = 5,			/* idle seconds between two looks at the lock file */
};

int embed_serve_reply(struct embed_serve *s, const struct zpeer *to, struct buf *b, struct err *e)
{
	s->info->n_requests++;
	s->active_s = now_s();
	return zsock_send_buf(s->z, to, b, e) < 0 ? -1 : 0;
}

int embed_serve_err(struct embed_serve *s, const struct zpeer *to, uint64_t id, const struct err *why,
		    struct err *e)
{
	wire_put_err(&s->reply, id, why);
	return embed_serve_reply(s, to, &s->reply, e);
}

int embed_serve_busy(struct embed_serve *s, const struct zpeer *to, uint64_t id, const struct err *why,
		     struct err *e)
{
	wire_put_busy(&s->reply, id, why);
	return embed_serve_reply(s, to, &s->reply, e);
}

int embed_serve_refuse_kind(struct embed_serve *s, const struct zpeer *to, const struct wire_req *r,
			    struct err *e)
{
	struct err why;
	if (s->info->reranker)
		err_set(&why, ERR_DATA, "embed: the model %s is a reranker: it scores texts for a "
			"query and makes no embeddings", s->info->model);
	else
		err_set(&why, ERR_DATA, "rerank: the model %s makes embeddings, it is no reranker",
			s->info->model);
	return embed_serve_err(s, to, r->id, &why, e);
}

static int refuse_numbers(struct embed_serve *s, const struct zpeer *to, struct err *e)
{
	struct err why;
	err_set(&why, ERR_DATA, "request: passages asked for by number, and this server has no"
		" index: start leann-embed-server with --index, or send texts");
	return embed_serve_err(s, to, 0, &why, e);
}

static void count(struct embed_serve *s)
{
	struct rusage u;
	s->info->uptime_s = (uint64_t)(now_s() - s->start_s);
	if (getrusage(RUSAGE_SELF, &u) == 0)
		s->info->max_rss_bytes = (uint64_t)u.ru_maxrss * 1024;
	s->ops->count(s->ctx);
}

/* Answer what needs no work; the rest is given away. */
static int accept_request(struct embed_serve *s, struct zmsg *m, struct wire_req *r, struct err *e)
{
	if (r->op == WIRE_INFO) {
		count(s);
		wire_put_info(&s->reply, r->id, s->info);
		return embed_serve_reply(s, &m->from, &s->reply, e);
	}
	if (r->op == WIRE_OFFICIAL_MODEL) {
		wire_put_official_model(&s->reply, s->info->model);
		return embed_serve_reply(s, &m->from, &s->reply, e);
	}
	if ((r->op == WIRE_RERANK) != s->info->reranker)
		return embed_serve_refuse_kind(s, &m->from, r, e);
	if (wire_req_numbered(r) && !s->numbers)
		return refuse_numbers(s, &m->from, e);
	return s->ops->take(s->ctx, s, m, r, e);
}

/* Take the messages that are there, up to a bound: work must go on. */
static int take_messages(struct embed_serve *s, struct err *e)
{
	struct zmsg m = ZMSG_INIT;
	size_t n_bytes = 0;
	int r = 0;
	for (size_t n = 0; n < TAKE_MAX && n_bytes < TAKE_BYTES_MAX; n++) {
		struct wire_req req = WIRE_REQ_INIT;
		struct err bad;
		r = zsock_recv(s->z, &m, e);
		if (r != 1)
			break;
		n_bytes += m.body.len;
		if (m.n_frames != 1) {
			err_set(&bad, ERR_DATA, "request: %zu frames of data, want 1", m.n_frames);
			r = embed_serve_err(s, &m.from, 0, &bad, e);
		} else if (wire_req_parse(s->doc, m.body.p, m.body.len, &req, &bad)) {
			r = embed_serve_err(s, &m.from, req.id, &bad, e);
		} else {
			r = accept_request(s, &m, &req, e);
		}
		wire_req_release(&req);
		if (r)
			break;
	}
	buf_release(&m.body);
	return r < 0 ? -1 : 0;
}

/* One turn. 1: go on, 0: leave, -1. */
static int turn(struct embed_serve *s, struct err *e)
{
	unsigned got;
	bool waits = s->ops->n_open(s->ctx) > 0;
	double idle_left_s = s->idle_s > 0 ? s->active_s + s->idle_s - now_s() : LOOK_S;
	double wait_s = s->more ? 0 : waits || idle_left_s > LOOK_S ? LOOK_S : idle_left_s;
	if (!waits && idle_left_s <= 0)
		return 0;
	if (zsock_wait(s->z, s->stop_fd, false, wait_s, &got, e))
		return -1;
	if ((got & ZEVENT_FD) && (!s->ops->told_to_leave || s->ops->told_to_leave(s->ctx)))
		return 0;
	if (!got && !waits && !pidlock_mine(s->lock_fd, s->pidfile))
		return 0;
	if ((got & ZEVENT_MESSAGE) && take_messages(s, e))
		return -1;
	return s->ops->work(s->ctx, s, &s->more, e) ? -1 : 1;
}

int embed_serve_run(struct embed_serve *s, struct err *e)
{
	int r;
	s->doc = mp_new();
	s->reply = (struct buf)BUF_INIT;
	s->start_s = s->active_s = now_s();
	s->more = false;
	while ((r = turn(s, e)) > 0)
		;
	s->ops->stop(s->ctx, s);
	buf_release(&s->reply);
	mp_free(s->doc);
	return r;
}
