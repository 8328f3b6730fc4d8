/* Requests over libcurl; see http_client.h. */
#include "sys/http_client.h"

#include <ctype.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "sys/url.h"

#define CONNECT_S 10.

struct http_client {
	CURL *h;
};

/* One request under way. */
struct asking {
	struct http_client *c;
	const struct http_ask *a;
	struct http_answer *r;
	struct err *e;
	size_t n_bytes;			/* of the body so far */
	bool failed;			/* e is filled */
};

static void start(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		mem_none("libcurl");
}

struct http_client *http_client_new(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http_client *c = mem_calloc(1, sizeof *c);
	pthread_once(&once, start);
	c->h = curl_easy_init();
	if (!c->h)
		mem_none("libcurl");
	return c;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->h);
	mem_free(c);
}

void http_answer_release(struct http_answer *r)
{
	buf_release(&r->body);
	*r = (struct http_answer)HTTP_ANSWER_INIT;
}

static int check_parts(CURLU *u, const char *url, bool *loopback, bool *https, struct err *e)
{
	char *scheme = NULL, *host = NULL, *user = NULL;
	int r = 0;
	if (curl_url_set(u, CURLUPART_URL, url, 0) || curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) || (strcmp(scheme, "http") && strcmp(scheme, "https")))
		r = err_set(e, ERR_USAGE, "%s: want http://HOST... or https://HOST...", url);
	else if (!curl_url_get(u, CURLUPART_USER, &user, 0) || !curl_url_get(u, CURLUPART_PASSWORD, &user, 0))
		r = err_set(e, ERR_USAGE, "a URL with a user or a password in it: others see it");
	else {
		*loopback = url_host_is_loopback(host);
		*https = !strcmp(scheme, "https");
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	return r;
}

int http_url_check(const char *url, bool *loopback, bool *https, struct err *e)
{
	CURLU *u = curl_url();
	if (!u)
		mem_none("libcurl");
	int r = check_parts(u, url, loopback, https, e);
	curl_url_cleanup(u);
	return r;
}

/* n bytes of the body. Another number than n ends the request. */
static size_t take_body(char *p, size_t size, size_t n, void *ctx)
{
	struct asking *q = ctx;
	long status = 0;
	n *= size;
	if (n > q->a->max_bytes - q->n_bytes) {
		q->failed = true;
		err_set(q->e, ERR_DATA, "%s: an answer of over %zu bytes", q->a->url, q->a->max_bytes);
		return CURL_WRITEFUNC_ERROR;
	}
	q->n_bytes += n;
	curl_easy_getinfo(q->c->h, CURLINFO_RESPONSE_CODE, &status);
	if (!q->a->take || status != 200) {
		buf_add(&q->r->body, p, n);
		return n;
	}
	q->failed = q->a->take(q->a->ctx, p, n, q->e);
	return q->failed ? CURL_WRITEFUNC_ERROR : n;
}

/* The value of a header line that has this name, its end cut into out (cap); false: it has not. */
static bool header_is(const char *p, size_t n, const char *name, char *out, size_t cap)
{
	size_t k = strlen(name);
	if (n <= k || strncasecmp(p, name, k) || p[k] != ':')
		return false;
	p += k + 1;
	n -= k + 1;
	while (n && isspace((unsigned char)*p)) {
		p++;
		n--;
	}
	while (n && isspace((unsigned char)p[n - 1]))
		n--;
	n = n < cap ? n : cap - 1;
	memcpy(out, p, n);
	out[n] = 0;
	return true;
}

static size_t take_header(char *p, size_t size, size_t n, void *ctx)
{
	struct asking *q = ctx;
	char v[64];
	n *= size;
	if (header_is(p, n, "content-type", v, sizeof v)) {
		v[strcspn(v, "; \t")] = 0;
		for (size_t i = 0; i <= strlen(v); i++)
			q->r->type[i] = (char)tolower((unsigned char)v[i]);
	}
	return n;
}

static int failed(const struct asking *q, CURLcode c, const char *why)
{
	const char *url = q->a->url;
	if (q->failed)
		return -1;
	if (!*why)
		why = curl_easy_strerror(c);
	switch (c) {
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return err_set(q->e, ERR_USAGE, "%s: %s", url, why);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(q->e, ERR_TEMP, "%s: no whole answer in %g s", url, q->a->timeout_s);
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
		return err_set(q->e, ERR_TEMP, "%s: the answer is cut short: %s", url, why);
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return err_set(q->e, ERR_TEMP, "%s: %s", url, why);
	case CURLE_OUT_OF_MEMORY:
		mem_none("libcurl");
	default:
		return err_set(q->e, ERR_DATA, "%s: %s", url, why);
	}
}

static void add(struct curl_slist **list, const char *name, const char *value)
{
	char *line = mem_printf("%s: %s", name, value);
	struct curl_slist *more = curl_slist_append(*list, line);
	if (!more)
		mem_none("libcurl");
	*list = more;
	mem_free(line);
}

static struct curl_slist *headers(const struct http_ask *a)
{
	struct curl_slist *list = NULL;
	add(&list, "Accept", a->accept ? a->accept : "application/json");
	if (a->body)
		add(&list, "Content-Type", "application/json");
	if (a->body)
		add(&list, "Expect", "");	/* no pause before the body */
	if (a->key) {
		char *bearer = mem_printf("Bearer %s", a->key);
		add(&list, "Authorization", bearer);
		for (volatile char *p = bearer; *p; p++)
			*p = 0;
		mem_free(bearer);
	}
	return list;
}

static void set_options(CURL *h, struct asking *q, struct curl_slist *list, bool loopback, char *why)
{
	const struct http_ask *a = q->a;
	double connect_s = a->connect_s > 0 ? a->connect_s : CONNECT_S;
	curl_easy_reset(h);	/* not its connections */
	curl_easy_setopt(h, CURLOPT_URL, a->url);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_USERAGENT, "leann");
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)(a->timeout_s * 1000 + .5));
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS,
			 (long)((connect_s < a->timeout_s ? connect_s : a->timeout_s) * 1000 + .5));
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, q);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, q);
	curl_easy_setopt(h, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);	/* a proxy's are not the answer's */
	if (loopback)
		curl_easy_setopt(h, CURLOPT_PROXY, "");
	if (a->body) {
		curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)a->n_body);
		curl_easy_setopt(h, CURLOPT_POSTFIELDS, a->body);
	}
}

static CURLcode perform(struct asking *q, bool loopback, char *why)
{
	CURL *h = q->c->h;
	struct curl_slist *list = headers(q->a);
	long status = 0;
	curl_off_t wait_s = 0;
	set_options(h, q, list, loopback, why);
	CURLcode c = curl_easy_perform(h);
	curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(h, CURLINFO_RETRY_AFTER, &wait_s);
	q->r->status = (unsigned)status;
	q->r->retry_after_s = wait_s > 0 ? (double)wait_s : -1;
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, NULL);
	for (struct curl_slist *l = list; l; l = l->next)	/* one of them may have the key */
		for (volatile char *p = l->data; *p; p++)
			*p = 0;
	curl_slist_free_all(list);
	return c;
}

int http_client_ask(struct http_client *c, const struct http_ask *a, struct http_answer *r, struct err *e)
{
	char why[CURL_ERROR_SIZE] = "";
	bool loopback, https;
	struct asking q = {.c = c, .a = a, .r = r, .e = e};
	*r = (struct http_answer)HTTP_ANSWER_INIT;
	if (http_url_check(a->url, &loopback, &https, e))
		return -1;
	CURLcode code = perform(&q, loopback, why);
	return code ? failed(&q, code, why) : 0;
}
