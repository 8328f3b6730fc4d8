/* embed_impl: the inside of struct embed, for embed.c, embed_open.c and embed_check.c. */
#ifndef LEANN_SYS_EMBED_IMPL_H
#define LEANN_SYS_EMBED_IMPL_H

#include "base/buf.h"
#include "base/rng.h"
#include "sys/embed.h"
#include "sys/zsock.h"

struct request {
	uint64_t id;
	struct buf body;
	float *out;			/* NULL: info */
	bool scores;			/* of a reranker: any finite number */
	size_t n;
	void *tag;
	double deadline_s;
	bool sent;
};

struct embed {
	char *endpoint, *pidfile;
	bool reranker;			/* as in embed_opts */
	char *model_dir;		/* NULL: the server is not ours to start */
	const char *precision;		/* to start it with: one of wire_precisions, or NULL: auto */
	struct provider *provider;	/* a gateway to it is ours to start; NULL: none */
	char *key_file;			/* or NULL */
	double timeout_s;
	bool no_start;
	struct zsock *z;		/* NULL after an error, until the next request */
	bool lost;
	unsigned n_tries;		/* connections used since the last good reply */
	struct err later;		/* why the server said "later"; code ERR_NONE: it did not */
	double pause_s;			/* the server is busy: the last pause; 0: it is not */
	double resume_s;		/* nothing is sent before */
	struct rng rng;			/* so that clients that were refused together do not return so */
	struct zmsg msg;
	struct mp_doc *doc;
	bool has_info;
	struct wire_info info;
	uint64_t last_id, n_cut;
	uint64_t n_tokens;		/* of replies */
	double left_s;			/* when the caller was last given control */
	struct request open[EMBED_OPEN_MAX];	/* oldest first */
	size_t n_open;
};

/* Ask for info and wait for it. */
int embed_ask_info(struct embed *h, struct err *e) MUST_CHECK;
/* embed_texts() or rerank_texts(): any number of texts, in requests of a few. */
int embed_all(struct embed *h, const struct embed_job *all, struct err *e) MUST_CHECK;
/* Nothing is open afterwards and the connection is closed. */
void embed_reset(struct embed *h);
/* The reply is q's: every number is checked, rows are copied to where they belong. */
int embed_check(struct embed *h, const struct wire_reply *rep, const struct request *q,
		struct err *e) MUST_CHECK;

#endif
