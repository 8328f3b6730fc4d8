/* The server's loop; see serve.h. */
#include "serve.h"

#include <stdbool.h>
#include <sys/resource.h>

#include "base/mem.h"
#include "base/progress.h"
#include "job.h"
#include "sys/embed_ep.h"

enum {
	TAKE_MAX = 128,			/* messages taken in between two slices */
	TAKE_BYTES_MAX = 16 << 20,
	LOOK_S = 5,			/* idle seconds between two looks at the lock file */
};

struct loop {
	struct serve *s;
	struct mp_doc *doc;
	struct work work;
	struct buf reply;		/* of what needs no encoding */
	double start_s, active_s;
};

/* b is sent as it is and empty afterwards. A peer that is gone or does not read gets nothing. */
static int reply(struct loop *l, const struct zpeer *to, struct buf *b, struct err *e)
{
	l->s->info->n_requests++;
	l->active_s = now_s();
	return zsock_send_buf(l->s->z, to, b, e) < 0 ? -1 : 0;
}

static int reply_err(struct loop *l, const struct zpeer *to, uint64_t id, const struct err *why,
		     struct err *e)
{
	wire_put_err(&l->reply, id, why);
	return reply(l, to, &l->reply, e);
}

static void count(struct loop *l)
{
	struct wire_info *i = l->s->info;
	const struct queue *q = &l->work.queue;
	struct rusage u;
	i->uptime_s = (uint64_t)(now_s() - l->start_s);
	i->n_batches = q->n_batches;
	i->n_merged = q->n_merged;
	i->n_busy = q->n_busy;
	i->queue = q->n_jobs;
	if (getrusage(RUSAGE_SELF, &u) == 0)
		i->max_rss_bytes = (uint64_t)u.ru_maxrss * 1024;
}

/* A server has one model, of one kind. */
static int refuse_kind(struct loop *l, const struct zpeer *to, const struct wire_req *r,
		       struct err *e)
{
	const char *model = l->s->info->model;
	struct err why;
	if (l->s->info->reranker)
		err_set(&why, ERR_DATA, "embed: the model %s is a reranker: it scores texts for a "
			"query and makes no embeddings", model);
	else
		err_set(&why, ERR_DATA, "rerank: the model %s makes embeddings, it is no reranker",
			model);
	return reply_err(l, to, r->id, &why, e);
}

/* Passages by number. */
static bool is_numbered(const struct wire_req *r)
{
	return r->op == WIRE_OFFICIAL_ROWS || r->op == WIRE_OFFICIAL_DISTANCES;
}

/* Their texts, where there is an index that has them. */
static int find_texts(const struct serve *s, struct wire_req *r, struct numbered_kept *kept,
		      struct err *why)
{
	if (s->numbered)
		return numbered_texts(s->numbered, r, kept, why);
	return err_set(why, ERR_DATA, "request: passages asked for by number, and this server has no"
		       " index: start it with --index, or send texts");
}

/* Into the queue with it, but for one that is ready already. */
static int let_wait(struct loop *l, struct job *j, struct err *e)
{
	struct err busy;
	if (!job_ready(j)) {
		if (queue_add(&l->work.queue, &j->q, &busy) == 0)
			return 0;
		wire_put_busy(&j->reply, j->req.id, &busy);
	}
	int r = reply(l, &j->from, &j->reply, e);
	job_free(j);
	return r;
}

/* Answer what needs no encoding; let the rest wait, or say that too much waits. */
static int accept_request(struct loop *l, struct zmsg *m, struct wire_req *r, struct err *e)
{
	if (r->op == WIRE_INFO) {
		count(l);
		wire_put_info(&l->reply, r->id, l->s->info);
		return reply(l, &m->from, &l->reply, e);
	}
	if (r->op == WIRE_OFFICIAL_MODEL) {
		wire_put_official_model(&l->reply, l->s->info->model);
		return reply(l, &m->from, &l->reply, e);
	}
	if ((r->op == WIRE_RERANK) != l->s->info->reranker)
		return refuse_kind(l, &m->from, r, e);
	struct numbered_kept kept = NUMBERED_KEPT_INIT;
	struct err why;
	if (!is_numbered(r))
		return let_wait(l, job_new(&l->work, m, r, NULL), e);
	if (find_texts(l->s, r, &kept, &why) == 0)
		return let_wait(l, job_new(&l->work, m, r, &kept), e);
	numbered_kept_release(&kept);
	return reply_err(l, &m->from, 0, &why, e);
}

/* Take the messages that are there, up to a bound: slices must go on. */
static int take_messages(struct loop *l, struct err *e)
{
	struct zmsg m = ZMSG_INIT;
	size_t n_bytes = 0;
	int r = 0;
	for (size_t n = 0; n < TAKE_MAX && n_bytes < TAKE_BYTES_MAX; n++) {
		struct wire_req req = WIRE_REQ_INIT;
		struct err bad;
		r = zsock_recv(l->s->z, &m, e);
		if (r != 1)
			break;
		n_bytes += m.body.len;
		if (m.n_frames != 1) {
			err_set(&bad, ERR_DATA, "request: %zu frames of data, want 1", m.n_frames);
			r = reply_err(l, &m.from, 0, &bad, e);
		} else if (wire_req_parse(l->doc, m.body.p, m.body.len, &req, &bad)) {
			r = reply_err(l, &m.from, req.id, &bad, e);
		} else {
			r = accept_request(l, &m, &req, e);
		}
		wire_req_release(&req);
		if (r)
			break;
	}
	buf_release(&m.body);
	return r < 0 ? -1 : 0;
}

/* Encode one slice; what is ready is sent at once. */
static int work(struct loop *l, struct err *e)
{
	struct queue_part part[QUEUE_SLICE_TEXTS];
	size_t n = work_slice(&l->work, part);
	int r = 0;
	for (size_t i = 0; i < n && !r; i++) {
		struct job *j = job_of(part[i].job);
		if (!job_ready(j))
			continue;
		queue_remove(&l->work.queue, &j->q);
		r = j->failed ? reply_err(l, &j->from, j->req.id, &j->why, e)
			      : reply(l, &j->from, &j->reply, e);
		job_free(j);
	}
	return r;
}

/* Who still waits is told to go elsewhere. */
static void stop(struct loop *l)
{
	struct queue *q = &l->work.queue;
	struct err why;
	err_set(&why, ERR_TEMP, "the server stops");
	for (size_t i = 0; i < q->n_jobs; i++) {
		struct job *j = job_of(q->job[i]);
		if (reply_err(l, &j->from, j->req.id, &why, NULL))
			break;
	}
}

/* One turn. 1: go on, 0: leave, -1. */
static int turn(struct loop *l, struct err *e)
{
	struct serve *s = l->s;
	unsigned got;
	bool waits = l->work.queue.n_jobs > 0;
	double idle_left_s = s->idle_s > 0 ? l->active_s + s->idle_s - now_s() : LOOK_S;
	double wait_s = waits ? 0 : idle_left_s < LOOK_S ? idle_left_s : LOOK_S;
	if (!waits && idle_left_s <= 0)
		return 0;
	if (zsock_wait(s->z, s->stop_fd, false, wait_s, &got, e))
		return -1;
	if (got & ZEVENT_FD)
		return 0;
	if (!got && !waits && !pidlock_mine(s->lock_fd, s->pidfile))
		return 0;
	if ((got & ZEVENT_MESSAGE) && take_messages(l, e))
		return -1;
	return work(l, e) ? -1 : 1;
}

int serve_run(struct serve *s, struct err *e)
{
	struct loop l = {.s = s, .doc = mp_new(), .start_s = now_s(), .active_s = now_s()};
	int r;
	work_init(&l.work, s->enc, s->par, s->info);
	l.work.numbered = s->numbered;
	while ((r = turn(&l, e)) > 0)
		;
	stop(&l);
	work_release(&l.work);
	buf_release(&l.reply);
	mp_free(l.doc);
	return r;
}
