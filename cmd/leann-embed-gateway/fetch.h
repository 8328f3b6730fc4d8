/*
 * fetch: embeddings of any number of texts from a provider: requests within its limits, split where it
 * wants them smaller, waited with where it is busy, and every number looked at.
 *
 *	struct fetch f;
 *	if (fetch_open(&f, &config, e)) ...			asks what it is, embeds the fixed text
 *	struct conn *c = conn_new(&config);			one for each thread
 *	struct fetch_job j = {texts, n, prefix, out};
 *	if (fetch_rows(&f, c, &j, e)) ...			out (n, f.dim), rows of length 1
 *	conn_free(c);
 *	fetch_release(&f);
 *
 * What threads share of it, pauses above all, has a lock of its own.
 */
#ifndef LEANN_GATEWAY_FETCH_H
#define LEANN_GATEWAY_FETCH_H

#include <pthread.h>

#include "api.h"
#include "gate.h"

struct fetch {
	const struct config *c;
	struct provider p;		/* with served and probe, as info says it */
	struct facts facts;		/* max_texts and max_bytes shrink where they are refused */
	size_t dim;
	struct gate gate;
	/* under lock */
	pthread_mutex_t lock;
	double probe_s;			/* when it is to be looked at again */
	bool leave;			/* who comes next needs another gateway: key or model are wrong */
};

struct fetch_job {
	const struct wire_text *texts;
	size_t n;
	const char *prefix;
	float *out;
	/* results */
	uint64_t n_tokens, n_cut;
	bool busy;			/* ERR_TEMP: ask again here */
};

int fetch_open(struct fetch *f, const struct config *c, struct err *e) MUST_CHECK;
void fetch_release(struct fetch *f);
int fetch_rows(struct fetch *f, struct conn *c, struct fetch_job *j, struct err *e) MUST_CHECK;
bool fetch_leaves(struct fetch *f);

#endif
