/* A request over HTTP, and what its status means; see api.h. */
#include <string.h>
#include <strings.h>

#include "api.h"
#include "serve/http_error.h"
#include "sys/secret.h"
#include "sys/url.h"

enum {
	ANSWER_SLACK = 1 << 20,
	BYTES_A_NUMBER = 32,		/* in JSON */
};

size_t ask_max_bytes(const struct rows *want, size_t n)
{
	size_t dim = want->dim ? want->dim : PROVIDER_DIM_MAX;
	return n * dim * BYTES_A_NUMBER + ANSWER_SLACK;
}

/* Does the message have one of these words? */
static bool says(const char *text, const char *const *words)
{
	for (; *words; words++)
		for (const char *p = text; *p; p++)
			if (!strncasecmp(p, *words, strlen(*words)))
				return true;
	return false;
}

/*
 * A text that is too long, or too many of them, in the words of: OpenAI ("maximum context length",
 * "context_length_exceeded", "max_tokens_per_request"), text-embeddings-inference ("must have less than",
 * "batch size"), Ollama ("input length exceeds"), llama.cpp ("too large to process", "larger than the max").
 */
static enum verdict size_verdict(const char *text)
{
	static const char *const much[] = {"batch size", "too many inputs", "array too long", "tokens per request",
					   "max_tokens_per_request", "too many texts", NULL};
	static const char *const lengthy[] = {"context length", "context_length", "must have less than",
					      "exceeds the", "too large to process", "larger than the max", "too long",
					      "maximum allowed", "more than the", NULL};
	return says(text, much) ? TOO_MUCH : says(text, lengthy) ? TOO_LONG : WRONG;
}

static enum verdict refused(struct conn *c, const char *url, struct http_answer *r, struct err *e)
{
	static const char *const quota[] = {"insufficient_quota", NULL};
	const char *body = r->body.p ? (const char *)r->body.p : "", *key = c->c->key.len ? "" : ", no key was sent";
	struct buf told = BUF_INIT;
	enum verdict v = WRONG;
	unsigned s = r->status;
	secret_mask_text(&c->c->key, &r->body);	/* before anything is cut: half a key is too much */
	http_error_text(r->body.p, r->body.len, &told);
	secret_mask_text(&c->c->key, &told);
	const char *t = (const char *)told.p;
	if (s == 401 || s == 403) {
		err_set(e, ERR_DATA, "%s: status %u%s: %.400s: the key is that of LEANN_EMBED_API_KEY, or of "
			"OPENAI_API_KEY for OpenAI itself", url, s, key, t);
		c->key_refused = true;
	} else if (s == 404) {
		err_set(e, ERR_DATA, "%s: status 404: %.400s: has it model %s, and is this its address?", url, t,
			c->c->p.model);
	} else if (s >= 300 && s < 400) {
		err_set(e, ERR_DATA, "%s: status %u: it is elsewhere, and texts are not sent after it: name the right "
			"address", url, s);
	} else if (s == 429 && says(body, quota)) {
		err_set(e, ERR_DATA, "%s: status 429: %.400s", url, t);
	} else if (s == 408 || s == 425 || s == 429 || (s >= 500 && s != 501 && s != 505)) {
		err_set(e, ERR_TEMP, "%s: status %u: %.400s", url, s, t);
		c->retry_after_s = r->retry_after_s;
		c->may_repeat = s != 500;
		v = LATER;
	} else {
		err_set(e, ERR_DATA, "%s: status %u: %.400s", url, s, t);
		if (s == 413 || s == 400 || s == 422)
			v = size_verdict(body);
		if (s == 413 && v == WRONG)
			v = TOO_MUCH;
	}
	buf_release(&told);
	return v;
}

static bool is_json(const char *type)
{
	size_t n = strlen(type);
	return !strcmp(type, "application/json") || !strcmp(type, "text/json") ||
	       (n > 5 && !strcmp(type + n - 5, "+json"));
}

static enum verdict accepted(const char *url, const struct http_answer *r, struct js **answer, struct err *e)
{
	struct err why;
	if (!is_json(r->type)) {
		err_set(e, ERR_DATA, "%s: want application/json, not %s", url,
			*r->type ? r->type : "what says not what it is");
		return WRONG;
	}
	if (js_parse(r->body.p, r->body.len, "the answer", answer, &why)) {
		err_set(e, ERR_DATA, "%s: %s", url, why.msg);
		return WRONG;
	}
	return DONE;
}

enum verdict ask(struct conn *c, const char *version, const char *path, struct js *body, size_t max_bytes,
		 struct js **answer, struct err *e)
{
	struct buf url = BUF_INIT, text = BUF_INIT;
	struct http_answer r = HTTP_ANSWER_INIT;
	url_api(c->c->p.url, version, path, &url);
	if (body)
		js_dump(body, 0, &text);
	js_free(body);
	const struct http_ask a = {
		.url = (const char *)url.p,
		.key = c->c->key.len ? (const char *)c->c->key.p : NULL,
		.body = text.p,
		.n_body = text.len,
		.timeout_s = c->c->timeout_s,
		.max_bytes = max_bytes,
	};
	enum verdict v;
	c->retry_after_s = -1;
	if (http_client_ask(c->http, &a, &r, e))
		v = e->code == ERR_TEMP ? GONE : WRONG;
	else
		v = r.status == 200 ? accepted(a.url, &r, answer, e) : refused(c, a.url, &r, e);
	if (v != DONE)
		secret_mask(&c->c->key, e);
	http_answer_release(&r);
	buf_release(&url);
	buf_release(&text);
	return v;
}

enum verdict ask_rows(struct conn *c, enum verdict v, struct js *j, size_t n,
		      int (*take)(struct conn *c, const struct js *j, struct rows *r, struct err *e),
		      struct rows *r, struct err *e)
{
	r->n = n;
	if (v == DONE && take(c, j, r, e)) {
		err_prefix(e, "%s", c->c->p.url);
		v = WRONG;
	}
	js_free(j);
	return v;
}
