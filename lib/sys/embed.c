/* The embedding client: requests with ids, deadlines, second tries; see embed.h. */
#include "sys/embed.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/progress.h"
#include "sys/embed_ep.h"
#include "sys/embed_impl.h"
#include "sys/gateway.h"

enum {
	TRIES_MAX = 3,			/* the first and two more, after lost connections */
	RETRY_MS = 50,			/* a server that stops is gone by then */
};
#define POLL_S 1.0			/* while not connected: when to look if a server lives */
#define PAUSE_MIN_S .02			/* before a busy server is asked again; doubles */
#define PAUSE_MAX_S 1.

static void request_drop(struct embed *h, size_t i)
{
	buf_release(&h->open[i].body);
	memmove(h->open + i, h->open + i + 1, (h->n_open - i - 1) * sizeof *h->open);
	h->n_open--;
}

/* After an error nothing stays open, so that no late reply is written into memory that is gone. */
void embed_reset(struct embed *h)
{
	while (h->n_open)
		request_drop(h, h->n_open - 1);
	zsock_free(h->z);
	h->z = NULL;
	h->lost = false;
	h->n_tries = 0;
	h->later.code = ERR_NONE;
	h->pause_s = h->resume_s = 0;
}

/* With an endpoint of our own: start its server unless one holds the lock. */
static int ensure_server(struct embed *h, double deadline_s, struct err *e)
{
	struct buf ready = BUF_INIT;
	pid_t pid;
	if (!h->model_dir && !h->provider)
		return 0;
	int r = pidlock_query(h->pidfile, &pid, &ready, e);
	buf_release(&ready);
	if (r)
		return r < 0 ? -1 : 0;
	if (h->no_start && h->provider)
		return err_set(e, ERR_TEMP, "no gateway to %s runs at %s: start one with "
			       "leann-embed-gateway --daemon", h->provider->url, h->endpoint);
	if (h->no_start)
		return err_set(e, ERR_TEMP, "no embedding server runs at %s:"
			       " start one with leann-embed-server --daemon%s%s", h->endpoint,
			       h->reranker ? " --model " : "", h->reranker ? h->model_dir : "");
	if (h->provider)
		return gateway_start(&(struct gateway_start){h->provider, h->endpoint, h->key_file,
							     h->timeout_s}, deadline_s, e);
	return embed_start(h->model_dir, h->precision, h->endpoint, deadline_s, e);
}

static int reconnect(struct embed *h, double deadline_s, struct err *e)
{
	const struct timespec nap = {0, RETRY_MS * 1000L * 1000};
	zsock_free(h->z);
	h->z = NULL;
	h->lost = false;
	if (h->n_tries++ == TRIES_MAX)
		return err_set(e, ERR_TEMP, "embedding server at %s: %s, %d times", h->endpoint,
			       h->later.code ? h->later.msg : "connection lost", TRIES_MAX);
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

/* Ask again, but not at once: what is refused together is one refusal. */
static void back_off(struct embed *h, struct request *q)
{
	double now = now_s();
	q->sent = false;
	h->n_tries = 1;		/* the connection is good */
	if (now < h->resume_s)
		return;
	h->pause_s = h->pause_s > 0 ? 2 * h->pause_s : PAUSE_MIN_S;
	if (h->pause_s > PAUSE_MAX_S)
		h->pause_s = PAUSE_MAX_S;
	h->resume_s = now + h->pause_s * (.5 + rng_unit(&h->rng));
}

/* Request i is done: its place is free, and the server is at work. */
static void request_done(struct embed *h, size_t i)
{
	double deadline_s = now_s() + h->timeout_s;
	request_drop(h, i);
	for (i = 0; i < h->n_open; i++)	/* they wait behind it: their time begins again */
		h->open[i].deadline_s = deadline_s;
	h->n_tries = 1;
	h->later.code = ERR_NONE;
	h->pause_s = h->resume_s = 0;
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
	if (rep.failed && rep.err.code == ERR_TEMP) {
		if (rep.busy)
			back_off(h, &h->open[i]);
		else	/* as if the connection were lost */
			h->lost = true;
		h->later = rep.err;
		return 0;
	}
	if (rep.failed)
		*e = rep.err;
	if (rep.failed && *h->info.provider.api)	/* what went wrong is not there, and it says where */
		return -1;
	if (rep.failed || embed_check(h, &rep, &h->open[i], e))
		return bad_reply(h, rep.id, e);
	*tag = h->open[i].tag;
	request_done(h, i);
	return 1;
}

/* Send what was not sent yet, unless the server is busy; *waiting: no room for the next. */
static int send_open(struct embed *h, bool *waiting, struct err *e)
{
	*waiting = false;
	if (h->resume_s > 0 && now_s() < h->resume_s)
		return 0;
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
	if (h->later.code && !h->lost)
		return err_set(e, ERR_TEMP, "embedding server at %s: for %g s: %s", h->endpoint,
			       h->timeout_s, h->later.msg);
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
		double pause_s = h->resume_s - now_s();
		if (pause_s > 0 && left_s > pause_s)
			left_s = pause_s;
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
		embed_reset(h);
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

int embed_ask_info(struct embed *h, struct err *e)
{
	void *tag;
	struct request *q = request_new(h);
	wire_put_req_info(&q->body, q->id);
	return embed_next(h, &tag, e);
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
	q->scores = job->query != NULL;
	if (job->query)
		wire_put_req_rerank(&q->body, q->id, job->query, job->texts, job->n);
	else
		wire_put_req_embed(&q->body, q->id, job->kind, job->texts, job->n);
	if (q->body.len > WIRE_MESSAGE_MAX) {
		err_set(e, ERR_DATA, "%zu texts have %zu bytes, a request takes %d", job->n,
			q->body.len, WIRE_MESSAGE_MAX);
		request_drop(h, h->n_open - 1);
		return -1;
	}
	if (h->z && send_open(h, &waiting, e)) {
		embed_reset(h);
		return -1;
	}
	return 0;
}

/* All of these, out and tag being those of the first; a query counts once for every request. */
int embed_all(struct embed *h, const struct embed_job *all, struct err *e)
{
	enum { IN_FLIGHT = 4 };
	const struct wire_text *texts = all->texts;
	size_t n = all->n, query_bytes = all->query ? all->query->n : 0;
	void *tag;
	for (size_t i = 0; i < n || h->n_open;) {
		while (i < n && h->n_open < IN_FLIGHT) {
			size_t k = 0, n_bytes = query_bytes;
			while (i + k < n && k < EMBED_BATCH_TEXTS && k < h->info.max_texts &&
			       (!k || n_bytes + texts[i + k].n <= EMBED_BATCH_BYTES))
				n_bytes += texts[i + k++].n;
			struct embed_job job = *all;
			job.texts = texts + i;
			job.n = k;
			job.out = all->out + i * h->info.dim;
			if (embed_send(h, &job, e))
				return -1;
			i += k;
		}
		if (embed_next(h, &tag, e))
			return -1;
	}
	return 0;
}

int embed_texts(struct embed *h, const struct wire_text *texts, size_t n, enum wire_kind kind,
		float *out, struct err *e)
{
	return embed_all(h, &(struct embed_job){.texts = texts, .n = n, .kind = kind, .out = out}, e);
}

uint64_t embed_n_cut(const struct embed *h)
{
	return h->n_cut;
}

uint64_t embed_n_tokens(const struct embed *h)
{
	return h->n_tokens;
}

size_t embed_n_open(const struct embed *h)
{
	return h->n_open;
}
