/* What the server's loop has to do with an encoder; see serve.h. */
#include "serve.h"

#include "job.h"

static void count(void *ctx)
{
	struct work *w = ctx;
	struct wire_info *i = w->info;
	i->n_batches = w->queue.n_batches;
	i->n_merged = w->queue.n_merged;
	i->n_busy = w->queue.n_busy;
	i->queue = w->queue.n_jobs;
}

/* Into the queue with it, but for one that is ready already; or say that too much waits. */
static int let_wait(struct work *w, struct embed_serve *s, struct job *j, struct err *e)
{
	struct err busy;
	int r;
	if (job_ready(j))
		r = embed_serve_reply(s, &j->from, &j->reply, e);
	else if (queue_add(&w->queue, &j->q, &busy) == 0)
		return 0;
	else
		r = embed_serve_busy(s, &j->from, j->req.id, &busy, e);
	job_free(j);
	return r;
}

static int take(void *ctx, struct embed_serve *s, struct zmsg *m, struct wire_req *r, struct err *e)
{
	struct work *w = ctx;
	struct numbered_kept kept = NUMBERED_KEPT_INIT;
	struct err why;
	if (!wire_req_numbered(r))
		return let_wait(w, s, job_new(w, m, r, NULL), e);
	if (numbered_texts(w->numbered, r, &kept, &why) == 0)
		return let_wait(w, s, job_new(w, m, r, &kept), e);
	numbered_kept_release(&kept);
	return embed_serve_err(s, &m->from, 0, &why, e);
}

static size_t n_open(void *ctx)
{
	return ((struct work *)ctx)->queue.n_jobs;
}

/* Encode one slice; what is ready is sent at once. */
static int work(void *ctx, struct embed_serve *s, bool *more, struct err *e)
{
	struct work *w = ctx;
	struct queue_part part[QUEUE_SLICE_TEXTS];
	size_t n = work_slice(w, part);
	int r = 0;
	for (size_t i = 0; i < n && !r; i++) {
		struct job *j = job_of(part[i].job);
		if (!job_ready(j))
			continue;
		queue_remove(&w->queue, &j->q);
		r = j->failed ? embed_serve_err(s, &j->from, j->req.id, &j->why, e)
			      : embed_serve_reply(s, &j->from, &j->reply, e);
		job_free(j);
	}
	*more = w->queue.n_jobs > 0;
	return r;
}

/* Who still waits is told to go elsewhere. */
static void stop(void *ctx, struct embed_serve *s)
{
	struct queue *q = &((struct work *)ctx)->queue;
	struct err why;
	err_set(&why, ERR_TEMP, "the server stops");
	for (size_t i = 0; i < q->n_jobs; i++) {
		struct job *j = job_of(q->job[i]);
		if (embed_serve_err(s, &j->from, j->req.id, &why, NULL))
			break;
	}
}

int serve_run(struct embed_serve *s, struct encoder *enc, struct par *par, struct numbered *numbered,
	      struct err *e)
{
	static const struct embed_serve_ops ops = {count, take, n_open, work, NULL, stop};
	struct work w;
	work_init(&w, enc, par, s->info);
	w.numbered = numbered;
	s->numbers = numbered != NULL;
	s->ops = &ops;
	s->ctx = &w;
	int r = embed_serve_run(s, e);
	work_release(&w);
	return r;
}
