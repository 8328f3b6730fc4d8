/*
 * http_client: requests over HTTP and HTTPS (libcurl, which http_client.c alone knows). Connections are
 * kept for the next request to the same server; redirects are not followed; certificates are checked.
 * Proxies are those of the environment (http_proxy, https_proxy, all_proxy, no_proxy), for loopback none.
 *
 *	struct http_client *c = http_client_new();
 *	struct http_ask a = {.url = "http://127.0.0.1:8080/v1/models", .timeout_s = 60, .max_bytes = 1 << 20};
 *	struct http_answer r = HTTP_ANSWER_INIT;
 *	if (http_client_ask(c, &a, &r, e)) ...	r.status, r.body
 *	http_answer_release(&r);
 *	http_client_free(c);
 *
 * For one thread at a time. Who runs this needs libcurl: it is not in libleann.
 */
#ifndef LEANN_SYS_HTTP_CLIENT_H
#define LEANN_SYS_HTTP_CLIENT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct http_client;

/* Of a body as it comes; -1 with e filled ends the request with that error. */
typedef int http_take(void *ctx, const void *p, size_t n, struct err *e);

struct http_ask {
	const char *url;
	const char *key;		/* sent as "Authorization: Bearer KEY"; in no message. NULL: none */
	const void *body;		/* n_body bytes of JSON, POSTed; NULL: GET */
	size_t n_body;
	const char *accept;		/* NULL: application/json */
	double timeout_s;		/* until the answer is whole */
	double connect_s;		/* until there is a connection; 0: 10, at most timeout_s */
	size_t max_bytes;		/* of the answer's body */
	http_take *take;		/* NULL: the body is in http_answer. Only of status 200 */
	void *ctx;
};

struct http_answer {
	unsigned status;
	char type[64];			/* "application/json": lower case, without parameters */
	double retry_after_s;		/* of Retry-After; -1: it did not say */
	struct buf body;		/* unless it was taken */
};
#define HTTP_ANSWER_INIT {0, "", -1, BUF_INIT}

/* ERR_USAGE unless the URL is http or https, has a host and no password; *loopback: of this machine. */
int http_url_check(const char *url, bool *loopback, bool *https, struct err *e) MUST_CHECK;

struct http_client *http_client_new(void);
void http_client_free(struct http_client *c);
/*
 * 0: there is a whole answer, of any status. ERR_TEMP: no connection, no whole answer in time, or one
 * that is cut short; ERR_DATA: over max_bytes, no HTTP, a certificate that is not good; or take's error.
 * r is for http_answer_release() in any case.
 */
int http_client_ask(struct http_client *c, const struct http_ask *a, struct http_answer *r,
		    struct err *e) MUST_CHECK;
void http_answer_release(struct http_answer *r);

#endif
