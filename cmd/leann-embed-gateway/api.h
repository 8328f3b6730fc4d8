/*
 * api: what a provider's API is for the gateway: to say what it is, and rows for texts, once, as it is.
 * Splitting, waiting and checking is fetch.h's.
 *
 *	const struct api *a = api_find("openai");
 *	struct conn *c = conn_new(&config);
 *	if (a->learn(c, &facts, e)) ...
 *	v = a->embed(c, &call, &rows, e);
 *	conn_free(c);
 *
 * A connection is of one thread.
 */
#ifndef LEANN_GATEWAY_API_H
#define LEANN_GATEWAY_API_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/js.h"
#include "fmt/mp.h"
#include "fmt/provider.h"
#include "fmt/wire.h"
#include "sys/http_client.h"
#include "sys/zsock.h"

struct api;

/* What was asked for, by command line and environment. */
struct config {
	const struct api *api;
	struct provider p;		/* api, url, model, prefixes, dimensions */
	struct buf key;			/* empty: none */
	double timeout_s;		/* of a request to the provider */
};

/* What the provider says of itself; 0 and "": nothing. */
struct facts {
	size_t max_texts, max_bytes;	/* of a request; what is known of the API where it says nothing */
	size_t max_tokens;		/* of a text */
	size_t dim;
	char served[PROVIDER_NAME_MAX];
};

struct conn {
	const struct config *c;
	struct http_client *http;
	struct zsock *z;		/* NULL: not connected */
	struct mp_doc *doc;
	bool floats;			/* the server takes no base64 */
	double retry_after_s;		/* of a LATER; below 0: it did not say */
	bool key_refused;		/* status 401 or 403 */
	bool may_repeat;		/* of a LATER: the server is busy, nothing is wrong with the texts */
	char served[PROVIDER_NAME_MAX];	/* what the last answer said */
};

/* One request: texts with the prefix before each. cut: the server may cut what is too long. */
struct call {
	const struct wire_text *texts;
	size_t n;
	const char *prefix;
	bool cut;
};

/* (n, dim) as they came; v is grown by rows_take(). dim 0: the first row says. */
struct rows {
	float *v;
	size_t n, dim, cap;
	size_t n_tokens;
};

enum verdict {
	DONE,
	TOO_MUCH,	/* texts or bytes for a request: ask for fewer */
	TOO_LONG,	/* a text for the model */
	LATER,		/* ERR_TEMP */
	GONE,		/* ERR_TEMP: no connection, or no whole answer */
	WRONG,		/* asking again will not help */
};

struct api {
	const char *name;
	bool cuts;			/* it can be told to cut a text */
	int (*learn)(struct conn *c, struct facts *f, struct err *e);
	enum verdict (*embed)(struct conn *c, const struct call *call, struct rows *out, struct err *e);
};

extern const struct api api_openai, api_ollama, api_tei, api_leann;
const struct api *api_find(const char *name);		/* NULL: no such */

struct conn *conn_new(const struct config *c);
void conn_free(struct conn *c);

/* Room for row i of dim numbers; NULL, e filled: another dim than before, or one over the limit. */
float *rows_at(struct rows *r, size_t i, size_t dim, struct err *e);
void rows_release(struct rows *r);
/* Row i is the JSON array of numbers j. */
int rows_take(struct rows *r, size_t i, const struct js *j, struct err *e) MUST_CHECK;
/* All r->n of them are the arrays in the JSON array j, in order. */
int rows_take_all(struct rows *r, const struct js *j, struct err *e) MUST_CHECK;

/* Every row: finite, with a direction; its length becomes 1. */
int rows_unit(struct rows *r, struct err *e) MUST_CHECK;
/* Are the names of one model? "ORG/" may be before one, ":latest" and the like behind. */
bool api_names_agree(const char *asked, const char *served);

/* The prefix and text i of the call, as a JSON string. */
struct js *call_text(const struct call *call, size_t i);
/* The same of all of them, in an array. */
struct js *call_texts(const struct call *call);
/*
 * body (taken over; NULL: GET) to the API's address + path; *answer is the JSON of a 200, the caller
 * frees it. version goes before path where the address has no path.
 */
enum verdict ask(struct conn *c, const char *version, const char *path, struct js *body, size_t max_bytes,
		 struct js **answer, struct err *e);
/* What take makes of the answer j to n texts, which is freed, where v is DONE: WRONG if it refuses. */
enum verdict ask_rows(struct conn *c, enum verdict v, struct js *j, size_t n,
		      int (*take)(struct conn *c, const struct js *j, struct rows *r, struct err *e),
		      struct rows *r, struct err *e);
/* How large an answer for n texts may be, of want->dim numbers each where that is known. */
size_t ask_max_bytes(const struct rows *want, size_t n);
/* The name in an answer; absent is fine. */
void conn_served(struct conn *c, const struct js *name);

#endif
