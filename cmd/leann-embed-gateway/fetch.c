/* Requests to a provider, again, smaller, later; see fetch.h. */
#include "fetch.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"

enum {
	TRIES_MAX = 3,			/* of a request that ends in an error of the server */
	GONE_MAX = 2,			/* of one that finds nobody */
};
#define HOLD_MAX_S 2.		/* a request waits here for a busy provider; then its sender does */
#define PAUSE_S .25
#define PROBE_EVERY_S 300.

/* Its sender must hear of it before his own time is over. */
static double hold_s(const struct fetch *f)
{
	return f->c->timeout_s / 2 < HOLD_MAX_S ? f->c->timeout_s / 2 : HOLD_MAX_S;
}

static void must_leave(struct fetch *f)
{
	pthread_mutex_lock(&f->lock);
	f->leave = true;
	pthread_mutex_unlock(&f->lock);
}

/* Who answers next may be another. */
static void look_soon(struct fetch *f)
{
	pthread_mutex_lock(&f->lock);
	f->probe_s = 0;
	pthread_mutex_unlock(&f->lock);
}

bool fetch_leaves(struct fetch *f)
{
	pthread_mutex_lock(&f->lock);
	bool r = f->leave;
	pthread_mutex_unlock(&f->lock);
	return r;
}

/* ---- answers ---- */

static int check(struct fetch *f, const struct conn *c, struct rows *r, struct err *e)
{
	if (*f->p.served && *c->served && strcmp(f->p.served, c->served)) {
		must_leave(f);
		return err_set(e, ERR_DATA, "%s: the answers are of model %s, they were of %s", f->p.url,
			       c->served, f->p.served);
	}
	return rows_unit(r, e) ? err_prefix(e, "%s", f->p.url) : 0;
}

/* ---- asking ---- */

struct asking {
	struct fetch *f;
	struct conn *c;
	struct fetch_job *j;
	double due_s;
};

/* Texts first.. of n, until there is an answer that says something of them. */
static enum verdict persist(struct asking *q, size_t first, size_t n, bool cut, struct err *e)
{
	struct fetch *f = q->f;
	const struct call call = {q->j->texts + first, n, q->j->prefix, cut};
	for (unsigned tries = 1;; tries++) {
		struct rows r = {.n = n, .dim = f->dim};
		if (gate_wait(&f->gate, q->due_s, e)) {
			q->j->busy = true;
			return LATER;
		}
		enum verdict v = f->c->api->embed(q->c, &call, &r, e);
		if (v == DONE && check(f, q->c, &r, e))
			v = WRONG;
		if (v == DONE) {
			gate_open(&f->gate);
			memcpy(q->j->out + first * f->dim, r.v, n * f->dim * sizeof *r.v);
			q->j->n_tokens += r.n_tokens;
		}
		rows_release(&r);
		if (v == LATER) {
			gate_close(&f->gate, q->c->retry_after_s, e);
			if (q->c->may_repeat || tries < TRIES_MAX)
				continue;
		}
		if (v == GONE) {
			look_soon(f);
			q->j->busy = now_s() > q->due_s;
			if (!q->j->busy && tries < GONE_MAX) {
				gate_nap(PAUSE_S);
				continue;
			}
		}
		return v;
	}
}

/* Halves, until it is small enough; a text that is too long by itself is cut where the API can. */
static int some(struct asking *q, size_t first, size_t n, struct err *e)
{
	struct fetch *f = q->f;
	enum verdict v = persist(q, first, n, false, e);
	if ((v == TOO_MUCH || v == TOO_LONG) && n > 1) {
		if (v == TOO_MUCH) {
			pthread_mutex_lock(&f->lock);
			if (f->facts.max_texts >= n)
				f->facts.max_texts = n - n / 2;
			pthread_mutex_unlock(&f->lock);
		}
		return some(q, first, n - n / 2, e) || some(q, first + n - n / 2, n / 2, e) ? -1 : 0;
	}
	if (v == TOO_LONG && f->c->api->cuts) {
		v = persist(q, first, n, true, e);
		q->j->n_cut += v == DONE;
	}
	if (q->c->key_refused)
		must_leave(f);
	return v == DONE ? 0 : -1;
}

static size_t batch(struct fetch *f, const struct fetch_job *j, size_t first)
{
	size_t n = 0, n_bytes = 0, prefix = strlen(j->prefix);
	pthread_mutex_lock(&f->lock);
	while (first + n < j->n && n < f->facts.max_texts) {
		n_bytes += prefix + j->texts[first + n].n;
		if (n && n_bytes > f->facts.max_bytes)
			break;
		n++;
	}
	pthread_mutex_unlock(&f->lock);
	return n;
}

static int all(struct fetch *f, struct conn *c, struct fetch_job *j, struct err *e)
{
	struct asking q = {f, c, j, now_s() + hold_s(f)};
	for (size_t i = 0, n; i < j->n; i += n) {
		n = batch(f, j, i);
		if (some(&q, i, n, e))
			return -1;
		q.due_s = now_s() + hold_s(f);
	}
	return 0;
}

/* ---- the fixed text ---- */

/* From time to time, and when the connection was lost: is it still the same model? */
static int look_again(struct fetch *f, struct conn *c, bool *busy, struct err *e)
{
	pthread_mutex_lock(&f->lock);
	bool due = now_s() >= f->probe_s;
	if (due)
		f->probe_s = now_s() + PROBE_EVERY_S;
	pthread_mutex_unlock(&f->lock);
	if (!due)
		return 0;
	const struct wire_text t = {provider_probe_text, strlen(provider_probe_text)};
	struct provider *now = mem_alloc(sizeof *now);
	float *v = mem_array(f->dim, sizeof *v);
	struct fetch_job j = {.texts = &t, .n = 1, .prefix = f->p.document_prefix, .out = v};
	*now = f->p;
	int r = all(f, c, &j, e);
	*busy = j.busy;
	if (r)
		look_soon(f);
	else
		provider_set_probe(now, v, f->dim);
	if (!r && provider_same(&f->p, now, f->p.url, e)) {
		must_leave(f);
		r = -1;
	}
	mem_free(v);
	mem_free(now);
	return r;
}

int fetch_rows(struct fetch *f, struct conn *c, struct fetch_job *j, struct err *e)
{
	return look_again(f, c, &j->busy, e) || all(f, c, j, e) ? -1 : 0;
}

/* The first answer says which dimension there is. */
static int first_row(struct fetch *f, struct conn *c, struct err *e)
{
	const struct wire_text t = {provider_probe_text, strlen(provider_probe_text)};
	const struct call call = {&t, 1, f->p.document_prefix, false};
	struct rows r = {.n = 1, .dim = f->p.dimensions};
	enum verdict v = f->c->api->embed(c, &call, &r, e);
	if (v == LATER && c->may_repeat && c->retry_after_s <= hold_s(f)) {
		gate_nap(c->retry_after_s > 0 ? c->retry_after_s : PAUSE_S);
		v = f->c->api->embed(c, &call, &r, e);
	}
	if (v == LATER && c->retry_after_s > 0)
		err_prefix(e, "come again in %g s", c->retry_after_s);
	if (v == DONE && check(f, c, &r, e))
		v = WRONG;
	if (v == DONE && f->facts.dim && !f->p.dimensions && r.dim != f->facts.dim) {
		err_set(e, ERR_DATA, "%s: embeddings of %zu numbers, it says that they have %zu", f->p.url, r.dim,
			f->facts.dim);
		v = WRONG;
	}
	if (v == DONE) {
		f->dim = r.dim;
		provider_set_probe(&f->p, r.v, r.dim);
	}
	rows_release(&r);
	return v == DONE ? 0 : -1;
}

int fetch_open(struct fetch *f, const struct config *c, struct err *e)
{
	struct conn *n = conn_new(c);
	*f = (struct fetch){.c = c, .p = c->p, .probe_s = now_s() + PROBE_EVERY_S, .gate = GATE_INIT};
	pthread_mutex_init(&f->lock, NULL);
	int r = c->api->learn(n, &f->facts, e);
	if (!r)
		r = first_row(f, n, e);
	if (!r)
		snprintf(f->p.served, sizeof f->p.served, "%s", n->served);
	if (!r && *n->served && !api_names_agree(c->p.model, n->served))
		r = err_set(e, ERR_DATA, "%s: asked for model %s, the answers are of %s: is that --model?", c->p.url,
			    c->p.model, n->served);
	conn_free(n);
	return r;
}

void fetch_release(struct fetch *f)
{
	pthread_mutex_destroy(&f->lock);
}
