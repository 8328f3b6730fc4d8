/* The server's loop; see serve.h. */
#include "serve.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "sys/embed_ep.h"

enum {
	SLICE_TEXTS = 64,		/* encoded between two looks at the socket */
	JOBS_MAX = 64,			/* requests held here; more wait in ZeroMQ's queues */
	JOBS_BYTES_MAX = 128 << 20,
	OLDEST_EVERY = 4,		/* slices until the oldest request has its turn */
	LOOK_S = 5,			/* idle seconds between two looks at the lock file */
};

struct job {
	struct zpeer from;
	struct buf body;		/* the texts point into it */
	struct wire_req req;
	size_t n_done;			/* texts encoded */
	float *out;			/* (n_texts, dim) */
	uint64_t n_tokens, n_cut;
};

struct loop {
	struct serve *s;
	struct mp_doc *doc;
	struct job *jobs[JOBS_MAX];	/* oldest first */
	size_t n_jobs, n_bytes;
	uint64_t n_slices;
	struct buf reply;
	double start_s, active_s;
};

static void job_free(struct loop *l, size_t i)
{
	struct job *j = l->jobs[i];
	l->n_bytes -= j->body.len;
	wire_req_release(&j->req);
	buf_release(&j->body);
	mem_free(j->out);
	mem_free(j);
	memmove(l->jobs + i, l->jobs + i + 1, (l->n_jobs - i - 1) * sizeof *l->jobs);
	l->n_jobs--;
}

/* A peer that is gone or does not read gets nothing; its own deadline tells it. */
static int reply(struct loop *l, const struct zpeer *to, struct err *e)
{
	l->s->info->n_requests++;
	l->active_s = now_s();
	return zsock_send(l->s->z, to, l->reply.p, l->reply.len, e) < 0 ? -1 : 0;
}

static int reply_err(struct loop *l, const struct zpeer *to, uint64_t id, const struct err *why,
		     struct err *e)
{
	buf_clear(&l->reply);
	wire_put_err(&l->reply, id, why);
	return reply(l, to, e);
}

/* Answer what needs no encoding; keep the rest as a job, which then owns m's bytes and r. */
static int accept_request(struct loop *l, struct zmsg *m, struct wire_req *r, struct err *e)
{
	buf_clear(&l->reply);
	if (r->op == WIRE_INFO) {
		l->s->info->uptime_s = (uint64_t)(now_s() - l->start_s);
		wire_put_info(&l->reply, r->id, l->s->info);
		return reply(l, &m->from, e);
	}
	if (r->op == WIRE_OFFICIAL_MODEL) {
		wire_put_official_model(&l->reply, l->s->info->model);
		return reply(l, &m->from, e);
	}
	struct job *j = mem_calloc(1, sizeof *j);
	*j = (struct job){.from = m->from, .body = m->body, .req = *r};
	m->body = (struct buf)BUF_INIT;
	*r = (struct wire_req)WIRE_REQ_INIT;
	l->n_bytes += j->body.len;
	l->jobs[l->n_jobs++] = j;
	return 0;
}

/* Take every message that is there and that there is room for. */
static int take_messages(struct loop *l, struct err *e)
{
	struct zmsg m = ZMSG_INIT;
	int r = 0;
	while (l->n_jobs < JOBS_MAX && l->n_bytes < JOBS_BYTES_MAX &&
	       (r = zsock_recv(l->s->z, &m, e)) == 1) {
		struct wire_req req = WIRE_REQ_INIT;
		struct err bad;
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

/* Fewest texts left first, older before younger; every fourth slice the oldest. */
static size_t pick(struct loop *l)
{
	size_t best = 0;
	if (l->n_slices++ % OLDEST_EVERY == 0)
		return 0;
	for (size_t i = 1; i < l->n_jobs; i++)
		if (l->jobs[i]->req.n_texts - l->jobs[i]->n_done <
		    l->jobs[best]->req.n_texts - l->jobs[best]->n_done)
			best = i;
	return best;
}

/* The next texts of job j into its rows. */
static int encode_slice(struct loop *l, struct job *j, struct err *e)
{
	static const enum encoder_kind kinds[] = {[WIRE_RAW] = ENCODER_RAW,
		[WIRE_QUERY] = ENCODER_QUERY, [WIRE_DOCUMENT] = ENCODER_DOCUMENT};
	const struct wire_info *info = l->s->info;
	struct encoder_text texts[SLICE_TEXTS];
	uint32_t n_tokens[SLICE_TEXTS];
	size_t left = j->req.n_texts - j->n_done, n = left < SLICE_TEXTS ? left : SLICE_TEXTS;
	if (!j->out)
		j->out = mem_array(j->req.n_texts * info->dim, sizeof *j->out);
	float *out = j->out + j->n_done * info->dim;
	for (size_t i = 0; i < n; i++) {
		const struct wire_text *t = &j->req.texts[j->n_done + i];
		texts[i] = (struct encoder_text){t->p, t->n};
	}
	struct encoder_batch b = {texts, n, kinds[j->req.kind], out, n_tokens};
	if (encoder_embed(l->s->enc, l->s->par, &b, e))
		return -1;
	for (size_t i = 0; i < n * info->dim; i++)
		if (!isfinite(out[i]))
			return err_set(e, ERR_DATA, "text %zu: the model's answer is not finite",
				       j->n_done + i / info->dim);
	for (size_t i = 0; i < n; i++) {
		j->n_cut += n_tokens[i] > info->max_tokens;
		j->n_tokens += n_tokens[i] < info->max_tokens ? n_tokens[i] : info->max_tokens;
	}
	j->n_done += n;
	return 0;
}

/* Encode one slice of one job; reply when it was the last or failed. */
static int work(struct loop *l, struct err *e)
{
	size_t i = pick(l);
	struct job *j = l->jobs[i];
	struct wire_info *info = l->s->info;
	struct err bad;
	int r = 0;
	if (encode_slice(l, j, &bad)) {
		r = reply_err(l, &j->from, j->req.id, &bad, e);
		job_free(l, i);
		return r;
	}
	if (j->n_done < j->req.n_texts)
		return 0;
	info->n_texts += j->req.n_texts;
	info->n_tokens += j->n_tokens;
	buf_clear(&l->reply);
	if (j->req.op == WIRE_EMBED) {
		struct wire_rows rows = {j->out, j->req.n_texts, j->n_tokens, j->n_cut};
		wire_put_embed(&l->reply, j->req.id, info, &rows);
	} else {
		wire_put_official_rows(&l->reply, j->out, j->req.n_texts, info->dim);
	}
	r = reply(l, &j->from, e);
	job_free(l, i);
	return r;
}

/* Who still waits is told to go elsewhere. */
static void stop(struct loop *l)
{
	struct err why;
	err_set(&why, ERR_TEMP, "the server stops");
	while (l->n_jobs) {
		struct job *j = l->jobs[0];
		bool bad = reply_err(l, &j->from, j->req.id, &why, NULL) != 0;
		job_free(l, 0);
		if (bad)
			break;
	}
}

/* One turn. 1: go on, 0: leave, -1. */
static int turn(struct loop *l, struct err *e)
{
	struct serve *s = l->s;
	unsigned got;
	double idle_left_s = s->idle_s > 0 ? l->active_s + s->idle_s - now_s() : LOOK_S;
	double wait_s = l->n_jobs ? 0 : idle_left_s < LOOK_S ? idle_left_s : LOOK_S;
	if (!l->n_jobs && idle_left_s <= 0)
		return 0;
	if (zsock_wait(s->z, s->stop_fd, false, wait_s, &got, e))
		return -1;
	if (got & ZEVENT_FD)
		return 0;
	if (!got && !l->n_jobs && !pidlock_mine(s->lock_fd, s->pidfile))
		return 0;
	if (take_messages(l, e))
		return -1;
	return l->n_jobs && work(l, e) ? -1 : 1;
}

int serve_run(struct serve *s, struct err *e)
{
	struct loop l = {.s = s, .doc = mp_new(), .start_s = now_s(), .active_s = now_s()};
	int r;
	while ((r = turn(&l, e)) > 0)
		;
	stop(&l);
	while (l.n_jobs)
		job_free(&l, 0);
	buf_release(&l.reply);
	mp_free(l.doc);
	return r;
}
