/* The embedding client: requests with ids, deadlines, checks, second tries; see embed.h. */
#include "sys/embed.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/env.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/progress.h"
#include "sys/embed_ep.h"
#include "sys/modeldir.h"
#include "sys/zsock.h"

enum {
	TRIES_MAX = 3,			/* the first and two more, after lost connections */
	RETRY_MS = 50,			/* a server that stops is gone by then */
};
#define POLL_S 1.0			/* while not connected: when to look if a server lives */
#define NORM_SLACK 1e-3			/* |norm - 1| of a normalised row */

struct request {
	uint64_t id;
	struct buf body;
	float *out;			/* NULL: info */
	size_t n;
	void *tag;
	double deadline_s;
	bool sent;
};

struct embed {
	char *endpoint, *pidfile;
	char *model_dir;		/* NULL: the server is not ours to start */
	double timeout_s;
	bool no_start;
	struct zsock *z;		/* NULL after an error, until the next request */
	bool lost;
	unsigned n_tries;		/* connections used since the last good reply */
	struct err busy;		/* why the server said "later"; code ERR_NONE: it did not */
	struct zmsg msg;
	struct mp_doc *doc;
	bool has_info;
	struct wire_info info;
	uint64_t last_id, n_cut;
	double left_s;			/* when the caller was last given control */
	struct request open[EMBED_OPEN_MAX];	/* oldest first */
	size_t n_open;
};

static void request_drop(struct embed *h, size_t i)
{
	buf_release(&h->open[i].body);
	memmove(h->open + i, h->open + i + 1, (h->n_open - i - 1) * sizeof *h->open);
	h->n_open--;
}

/* After an error nothing stays open, so that no late reply is written into memory that is gone. */
static void reset(struct embed *h)
{
	while (h->n_open)
		request_drop(h, h->n_open - 1);
	zsock_free(h->z);
	h->z = NULL;
	h->lost = false;
	h->n_tries = 0;
	h->busy.code = ERR_NONE;
}

/* With an endpoint of our own: start its server unless one holds the lock. */
static int ensure_server(struct embed *h, double deadline_s, struct err *e)
{
	struct buf ready = BUF_INIT;
	pid_t pid;
	if (!h->model_dir)
		return 0;
	int r = pidlock_query(h->pidfile, &pid, &ready, e);
	buf_release(&ready);
	if (r)
		return r < 0 ? -1 : 0;
	if (h->no_start)
		return err_set(e, ERR_TEMP, "no embedding server runs at %s:"
			       " start one with leann-embed-server --daemon", h->endpoint);
	return embed_start(h->model_dir, h->endpoint, deadline_s, e);
}

static int reconnect(struct embed *h, double deadline_s, struct err *e)
{
	const struct timespec nap = {0, RETRY_MS * 1000L * 1000};
	zsock_free(h->z);
	h->z = NULL;
	h->lost = false;
	if (h->n_tries++ == TRIES_MAX)
		return err_set(e, ERR_TEMP, "embedding server at %s: %s, %d times", h->endpoint,
			       h->busy.code ? h->busy.msg : "connection lost", TRIES_MAX);
	if (h->n_tries > 1)
		nanosleep(&nap, NULL);
	for (size_t i = 0; i < h->n_open; i++)
		h->open[i].sent = false;
	if (ensure_server(h, deadline_s, e))
		return -1;
	return zsock_dealer(h->endpoint, WIRE_MESSAGE_MAX, &h->z, e);
}

static int bad_reply(const struct embed *h, uint64_t id, struct err *e)
{
	return err_prefix(e, "embedding server at %s: reply %" PRIu64, h->endpoint, id);
}

/* Row i has this norm: right, or made right where the model leaves that to us. */
static int fix_norm(const struct embed *h, size_t i, double norm, float *row, struct err *e)
{
	if (h->info.normalized && fabs(norm - 1) > NORM_SLACK)
		return err_set(e, ERR_DATA, "row %zu: norm %g, want 1", i, norm);
	if (norm < FLT_MIN)
		return err_set(e, ERR_DATA, "row %zu: norm %g has no direction", i, norm);
	for (size_t k = 0; !h->info.normalized && k < h->info.dim; k++)
		row[k] = (float)(row[k] / norm);
	return 0;
}

/* Copy the rows, every number checked. */
static int take_rows(const struct embed *h, const struct wire_reply *rep, float *out, struct err *e)
{
	size_t dim = h->info.dim;
	for (size_t i = 0; i < rep->n; i++) {
		double sum = 0;
		for (size_t k = 0; k < dim; k++) {
			float x = get_lef32(rep->f32 + 4 * (i * dim + k));
			if (!isfinite(x))
				return err_set(e, ERR_DATA, "row %zu: float %zu is %s", i, k,
					       isnan(x) ? "not a number" : "infinite");
			out[i * dim + k] = x;
			sum += (double)x * x;
		}
		if (fix_norm(h, i, sqrt(sum), out + i * dim, e))
			return -1;
	}
	return 0;
}

static int check_rows(struct embed *h, const struct wire_reply *rep, const struct request *q,
		      struct err *e)
{
	const struct wire_info *got = &rep->info;
	if (rep->is_info)
		return err_set(e, ERR_DATA, "info, %zu embeddings were asked for", q->n);
	if (strcmp(got->sha256, h->info.sha256))
		return err_set(e, ERR_DATA, "model %s (%.12s), it was %s (%.12s) before",
			       got->model, got->sha256, h->info.model, h->info.sha256);
	if (got->dim != h->info.dim)
		return err_set(e, ERR_DATA, "%zu floats, model has %zu", got->dim, h->info.dim);
	if (rep->n != q->n)
		return err_set(e, ERR_DATA, "%zu embeddings, %zu were asked for", rep->n, q->n);
	if (take_rows(h, rep, q->out, e))
		return -1;
	h->n_cut += rep->n_cut;
	return 0;
}

static int take_info(struct embed *h, const struct wire_reply *rep, struct err *e)
{
	if (!rep->is_info)
		return err_set(e, ERR_DATA, "embeddings, info was asked for");
	h->info = rep->info;
	h->has_info = true;
	return 0;
}

/* One message. 1: a request is done (*tag), 0: not yet, -1. */
static int handle(struct embed *h, void **tag, struct err *e)
{
	struct wire_reply rep;
	size_t i = 0;
	if (h->msg.n_frames != 1)
		return err_set(e, ERR_DATA, "embedding server at %s: message of %zu frames, want 1",
			       h->endpoint, h->msg.n_frames);
	if (wire_reply_parse(h->doc, h->msg.body.p, h->msg.body.len, &rep, e))
		return bad_reply(h, rep.id, e);
	while (i < h->n_open && (h->open[i].id != rep.id || !h->open[i].sent))
		i++;
	if (i == h->n_open) {
		if (rep.failed)
			*e = rep.err;
		else
			err_set(e, ERR_DATA, "answers no open request");
		return bad_reply(h, rep.id, e);
	}
	if (rep.failed && rep.err.code == ERR_TEMP) {	/* as if the connection were lost */
		h->lost = true;
		h->busy = rep.err;
		return 0;
	}
	if (rep.failed)
		*e = rep.err;
	if (rep.failed ||
	    (h->open[i].out ? check_rows(h, &rep, &h->open[i], e) : take_info(h, &rep, e)))
		return bad_reply(h, rep.id, e);
	*tag = h->open[i].tag;
	request_drop(h, i);
	/* The others wait behind it: the server is at work, their time begins again. */
	for (i = 0; i < h->n_open; i++)
		h->open[i].deadline_s = now_s() + h->timeout_s;
	h->n_tries = 1;
	h->busy.code = ERR_NONE;
	return 1;
}

/* Send what was not sent yet; *waiting: no room for the next. */
static int send_open(struct embed *h, bool *waiting, struct err *e)
{
	*waiting = false;
	for (size_t i = 0; i < h->n_open && !*waiting; i++) {
		struct request *q = &h->open[i];
		if (q->sent)
			continue;
		int r = zsock_send(h->z, NULL, q->body.p, q->body.len, e);
		if (r < 0)
			return -1;
		q->sent = r == 1;
		*waiting = r == 0;
	}
	return 0;
}

static int too_late(const struct embed *h, struct err *e)
{
	return err_set(e, ERR_TEMP, "embedding server at %s: no answer in %g s%s", h->endpoint,
		       h->timeout_s, h->n_tries > 1 ? ", the connection was lost"
		       : h->has_info ? "" : ": is one running there?");
}

/* Send, wait, receive until one request is done. */
static int step(struct embed *h, void **tag, struct err *e)
{
	/* Deadlines count the time spent here, not what the caller does in between. */
	double away_s = now_s() - h->left_s;
	for (size_t i = 0; h->left_s > 0 && i < h->n_open; i++)
		h->open[i].deadline_s += away_s;
	for (;;) {
		unsigned got = 0;
		bool waiting;
		double left_s = h->open[0].deadline_s - now_s();
		if (left_s <= 0)
			return too_late(h, e);
		if ((!h->z || h->lost) && reconnect(h, h->open[0].deadline_s, e))
			return -1;
		if (send_open(h, &waiting, e))
			return -1;
		if (waiting && left_s > POLL_S)
			left_s = POLL_S;
		if (zsock_wait(h->z, -1, waiting, left_s, &got, e))
			return -1;
		for (int r; (r = zsock_recv(h->z, &h->msg, e));) {
			if (r < 0)
				return -1;
			r = handle(h, tag, e);
			if (r)
				return r < 0 ? -1 : 0;
		}
		if (got & ZEVENT_LOST)
			h->lost = true;
		/* Not connected yet: the server may have died while it started. */
		if (waiting && !got && ensure_server(h, h->open[0].deadline_s, e))
			return -1;
	}
}

int embed_next(struct embed *h, void **tag, struct err *e)
{
	if (!h->n_open)
		return err_set(e, ERR_USAGE, "no embedding request is open");
	if (step(h, tag, e)) {
		reset(h);
		return -1;
	}
	h->left_s = now_s();
	return 0;
}

static struct request *request_new(struct embed *h)
{
	/* A request made while the caller has control starts its time when he waits for it. */
	struct request *q = &h->open[h->n_open++];
	double start_s = h->left_s > 0 ? h->left_s : now_s();
	*q = (struct request){.id = ++h->last_id, .deadline_s = start_s + h->timeout_s};
	return q;
}

int embed_send(struct embed *h, const struct embed_job *job, struct err *e)
{
	bool waiting;
	if (h->n_open == EMBED_OPEN_MAX)
		return err_set(e, ERR_USAGE, "%d embedding requests are open", EMBED_OPEN_MAX);
	if (!job->n || job->n > h->info.max_texts)
		return err_set(e, ERR_DATA, "%zu texts in a request, want 1 to %zu", job->n,
			       h->info.max_texts);
	struct request *q = request_new(h);
	q->out = job->out;
	q->n = job->n;
	q->tag = job->tag;
	wire_put_req_embed(&q->body, q->id, job->kind, job->texts, job->n);
	if (q->body.len > WIRE_MESSAGE_MAX) {
		err_set(e, ERR_DATA, "%zu texts have %zu bytes, a request takes %d", job->n,
			q->body.len, WIRE_MESSAGE_MAX);
		request_drop(h, h->n_open - 1);
		return -1;
	}
	if (h->z && send_open(h, &waiting, e)) {
		reset(h);
		return -1;
	}
	return 0;
}

int embed_texts(struct embed *h, const struct wire_text *texts, size_t n, enum wire_kind kind,
		float *out, struct err *e)
{
	enum { IN_FLIGHT = 4 };
	void *tag;
	for (size_t i = 0; i < n || h->n_open;) {
		while (i < n && h->n_open < IN_FLIGHT) {
			size_t k = 0, n_bytes = 0;
			while (i + k < n && k < EMBED_BATCH_TEXTS && k < h->info.max_texts &&
			       (!k || n_bytes + texts[i + k].n <= EMBED_BATCH_BYTES))
				n_bytes += texts[i + k++].n;
			struct embed_job job = {texts + i, k, kind, out + i * h->info.dim, NULL};
			if (embed_send(h, &job, e))
				return -1;
			i += k;
		}
		if (embed_next(h, &tag, e))
			return -1;
	}
	return 0;
}

/* Where the server is, and whether it is ours to start. */
static int find_endpoint(const struct embed_opts *o, struct embed *h, struct err *e)
{
	const char *given = o->endpoint ? o->endpoint : env_get("LEANN_ENDPOINT");
	if (given)
		return embed_ep_check(given, &h->endpoint, e);
	if (model_find(o->model, &h->model_dir, e) ||
	    embed_ep_default(h->model_dir, &h->endpoint, e))
		return -1;
	return embed_ep_pidfile(h->endpoint, &h->pidfile, e);
}

int embed_open(const struct embed_opts *o, struct embed **out, struct err *e)
{
	struct embed *h = mem_calloc(1, sizeof *h);
	void *tag;
	h->timeout_s = o->timeout_s;
	h->no_start = o->no_start;
	h->doc = mp_new();
	if (find_endpoint(o, h, e))
		goto bad;
	struct request *q = request_new(h);
	wire_put_req_info(&q->body, q->id);
	if (embed_next(h, &tag, e))
		goto bad;
	*out = h;
	return 0;
bad:
	embed_free(h);
	return -1;
}

void embed_free(struct embed *h)
{
	if (!h)
		return;
	reset(h);
	buf_release(&h->msg.body);
	mp_free(h->doc);
	mem_free(h->endpoint);
	mem_free(h->pidfile);
	mem_free(h->model_dir);
	mem_free(h);
}

const struct wire_info *embed_info(const struct embed *h)
{
	return &h->info;
}

const char *embed_endpoint(const struct embed *h)
{
	return h->endpoint;
}

int embed_want_model(const struct embed *h, const char *sha256, const char *remedy, struct err *e)
{
	if (strcmp(sha256, h->info.sha256) == 0)
		return 0;
	return err_set(e, ERR_DATA, "embedding server at %s: model %s (%.12s), want %.12s: %s",
		       h->endpoint, h->info.model, h->info.sha256, sha256, remedy);
}

uint64_t embed_n_cut(const struct embed *h)
{
	return h->n_cut;
}

size_t embed_n_open(const struct embed *h)
{
	return h->n_open;
}
