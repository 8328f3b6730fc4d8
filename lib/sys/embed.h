/*
 * embed: client of the embedding service, leann-embed(7).
 *
 *	struct embed_opts o = EMBED_OPTS_INIT;
 *	struct embed *h; if (embed_open(&o, &h, e)) return -1;	starts a server where none runs
 *	dim = embed_info(h)->dim;
 *	if (embed_texts(h, texts, n, WIRE_QUERY, out, e)) ...	out (n, dim)
 *	embed_free(h);
 *
 * A server that answers nothing for timeout_s is given up (ERR_TEMP); one that says it is busy
 * is asked again, with growing pauses, for as long. Replies are checked (id, n, dim, sha256,
 * finite, norm): a wrong one is ERR_DATA. After an error the handle can be used again.
 */
#ifndef LEANN_SYS_EMBED_H
#define LEANN_SYS_EMBED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "fmt/wire.h"

enum {
	EMBED_OPEN_MAX = 16,			/* requests in flight */
	EMBED_BATCH_TEXTS = 64,			/* of one request of embed_texts(): small ones */
	EMBED_BATCH_BYTES = 16 << 10,		/* about 4,000 tokens: under a second of work */
};

struct embed_opts {
	const char *endpoint;		/* NULL: the user's own socket for the model */
	const char *model;		/* NULL: the default model; with endpoint NULL alone */
	/*
	 * "fp32", "bf16" or "int8": with endpoint NULL, a server of that precision is found or
	 * started. NULL or "auto": the one that chooses by itself. What an endpoint has is for the
	 * caller to check: embed_want_precision().
	 */
	const char *precision;
	double timeout_s;		/* without an answer, and for opening, start included */
	bool no_start;			/* do not start a server: none there is ERR_TEMP */
	bool reranker;			/* for rerank.h: other defaults of endpoint and model */
	/*
	 * A server of others to be asked, through a gateway that is found or started; NULL: a model of
	 * this machine. What it knows of names and probe must be true of it: ERR_DATA.
	 */
	const struct provider *provider;
	bool provider_given;		/* by the user, whole: $LEANN_ENDPOINT is not for it */
	bool allow_remote;		/* it may be another machine, see gateway.h */
	const char *key_file;		/* of the provider; NULL: the environment */
	const char *whose;		/* who wants it, for messages; NULL: nobody in particular */
};
#define EMBED_TIMEOUT_S 60
#define EMBED_OPTS_INIT {NULL, NULL, NULL, EMBED_TIMEOUT_S, false, false, NULL, false, false, NULL, NULL}

struct embed;

/* Connect (endpoint NULL: start a server if none runs) and ask for info. Caller: embed_free. */
int embed_open(const struct embed_opts *o, struct embed **out, struct err *e) MUST_CHECK;
void embed_free(struct embed *h);
const struct wire_info *embed_info(const struct embed *h);	/* as the server said when opened */
const char *embed_endpoint(const struct embed *h);
/* ERR_DATA unless the server's model has this identity; remedy says what to do, for people. */
int embed_want_model(const struct embed *h, const char *sha256, const char *remedy,
		     struct err *e) MUST_CHECK;
/* ERR_DATA unless the server has this precision: "..., WHOSE PRECISION: REMEDY". */
int embed_want_precision(const struct embed *h, const char *precision, const char *whose,
			 const char *remedy, struct err *e) MUST_CHECK;

/* Embed n texts into out (n, dim), rows of L2 norm 1; requests are bounded, several in flight. */
int embed_texts(struct embed *h, const struct wire_text *texts, size_t n, enum wire_kind kind,
		float *out, struct err *e) MUST_CHECK;
/* Texts that had more tokens than the model takes, since embed_open(). */
uint64_t embed_n_cut(const struct embed *h);
/* Tokens of the texts, special ones included, since then; of a server that does not say, none. */
uint64_t embed_n_tokens(const struct embed *h);

/* One request of a pipeline, at most EMBED_OPEN_MAX open; out (n, dim) lives until it is done. */
struct embed_job {
	const struct wire_text *texts;	/* n; copied by embed_send() */
	size_t n;
	enum wire_kind kind;
	float *out;
	void *tag;			/* the caller's */
	const struct wire_text *query;	/* what the texts are scored for, copied; NULL: they are embedded */
};
int embed_send(struct embed *h, const struct embed_job *job, struct err *e) MUST_CHECK;
size_t embed_n_open(const struct embed *h);
/* Wait until any open request is done; its tag into *tag. */
int embed_next(struct embed *h, void **tag, struct err *e) MUST_CHECK;

#endif
