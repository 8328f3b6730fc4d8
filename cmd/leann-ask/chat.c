/* Chat completions; see chat.h. */
#include "chat.h"

#include <stdio.h>
#include <string.h>

#include "serve/http_error.h"
#include "serve/safe.h"
#include "sys/http_client.h"
#include "sys/secret.h"
#include "sys/sse.h"

struct talking {
	const struct settings *s;
	struct chat *c;
	chat_show *show;
	void *ctx;
	struct http_answer r;
	struct sse sse;
	struct buf whole;		/* of a server that does not stream */
	bool done;			/* [DONE] came */
};

static int server_failed(struct talking *t, const struct js *j, const void *p, size_t n, enum err_code code,
			 struct err *e)
{
	struct buf b = BUF_INIT;
	http_error_json(j, p, n, &b);
	err_set(e, code, "%s: %.500s", (const char *)t->s->url.p, (const char *)b.p);
	buf_release(&b);
	return -1;
}

static int piece(struct talking *t, const struct js *content, struct err *e)
{
	size_t n, at = t->c->answer.len;
	const char *s = js_str(content, &n);
	if (!s || !n)
		return 0;
	safe_text(&t->c->answer, s, n, false);
	n = t->c->answer.len - at;
	return n && t->show ? t->show(t->ctx, t->c->answer.p + at, n, e) : 0;
}

/* What both kinds of reply have: choices[0], in which the text is in the member called where. */
static int choice(struct talking *t, const struct js *j, const char *where, const char *text, size_t n, struct err *e)
{
	const struct js *first = js_at(js_get(j, "choices"), 0);
	const char *finish = js_str(js_get(first, "finish_reason"), NULL);
	if (js_get(j, "error") && js_type(js_get(j, "error")) != JS_NULL)
		return server_failed(t, j, text, n, ERR_DATA, e);
	if (js_type(js_get(j, "choices")) != JS_ARR)
		return err_set(e, ERR_DATA, "%s: a reply without choices", (const char *)t->s->url.p);
	if (finish)
		snprintf(t->c->finish, sizeof t->c->finish, "%s", finish);
	return piece(t, js_get(js_get(first, where), "content"), e);
}

static int parse(struct talking *t, const char *where, const char *p, size_t n, struct err *e)
{
	struct js *j;
	struct err why;
	if (js_parse(p, n, "the reply", &j, &why))
		return err_set(e, ERR_DATA, "%s: %s", (const char *)t->s->url.p, why.msg);
	int r = choice(t, j, where, p, n, e);
	js_free(j);
	return r;
}

static int event(void *ctx, const char *p, size_t n, struct err *e)
{
	struct talking *t = ctx;
	if (t->done)
		return 0;
	if (n == 6 && !memcmp(p, "[DONE]", 6)) {
		t->done = true;
		return 0;
	}
	return parse(t, "delta", p, n, e);
}

static int take(void *ctx, const void *p, size_t n, struct err *e)
{
	struct talking *t = ctx;
	if (!strcmp(t->r.type, "text/event-stream"))
		return sse_feed(&t->sse, p, n, event, t, e) ? err_prefix(e, "the stream") : 0;
	if (strcmp(t->r.type, "application/json"))
		return err_set(e, ERR_DATA, "%s: want a stream of events, not %s", (const char *)t->s->url.p,
			       *t->r.type ? t->r.type : "what says not what it is");
	buf_add(&t->whole, p, n);
	return 0;
}

static int refused(struct talking *t, struct err *e)
{
	const struct http_answer *r = &t->r;
	bool later = r->status == 408 || r->status == 429 || r->status >= 500;
	struct js *j = NULL;
	struct err ignored;
	if (js_parse(r->body.p, r->body.len, "", &j, &ignored))
		j = NULL;
	server_failed(t, j, r->body.p ? (const void *)r->body.p : "", r->body.len, later ? ERR_TEMP : ERR_DATA, e);
	js_free(j);
	if (r->retry_after_s >= 0 && later)
		return err_prefix(e, "status %u, come again in %g s", r->status, r->retry_after_s);
	return err_prefix(e, "status %u%s", r->status, r->status == 401 && !t->s->key.len ? ", no key was sent" : "");
}

static int finish(struct talking *t, struct err *e)
{
	if (t->r.status != 200)
		return refused(t, e);
	if (!strcmp(t->r.type, "application/json"))
		return parse(t, "message", (const char *)t->whole.p, t->whole.len, e);
	if (!t->done && !*t->c->finish)
		return err_set(e, ERR_TEMP, "%s: the answer is cut short", (const char *)t->s->url.p);
	return 0;
}

static void request(const struct settings *s, const struct js *messages, struct buf *out)
{
	struct js *o = js_new_obj();
	js_set(o, "model", js_new_str(s->model));
	js_set(o, "messages", js_copy(messages));
	js_set(o, "stream", js_new_bool(true));
	if (s->max_tokens)
		js_set(o, "max_tokens", js_new_int(s->max_tokens));
	if (s->temperature >= 0)
		js_set(o, "temperature", js_new_real(s->temperature));
	js_dump(o, 0, out);
	js_free(o);
}

int chat_ask(const struct settings *s, const struct js *messages, chat_show *show, void *ctx, struct chat *c,
	     struct err *e)
{
	struct buf body = BUF_INIT;
	struct talking t = {.s = s, .c = c, .show = show, .ctx = ctx, .r = HTTP_ANSWER_INIT, .sse = SSE_INIT};
	struct http_client *h = http_client_new();
	*c = (struct chat){0};
	request(s, messages, &body);
	const struct http_ask a = {
		.url = (const char *)s->url.p,
		.key = s->key.len ? (const char *)s->key.p : NULL,
		.body = body.p,
		.n_body = body.len,
		.accept = "text/event-stream, application/json",
		.timeout_s = s->timeout_s,
		.max_bytes = CHAT_MAX,
		.take = take,
		.ctx = &t,
	};
	int r = http_client_ask(h, &a, &t.r, e) || finish(&t, e) ? -1 : 0;
	if (r)
		secret_mask(&s->key, e);
	buf_release(&body);
	buf_release(&t.whole);
	sse_release(&t.sse);
	http_answer_release(&t.r);
	http_client_free(h);
	return r;
}

void chat_release(struct chat *c)
{
	buf_release(&c->answer);
}
