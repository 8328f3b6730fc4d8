/*
 * wire: requests and replies of leann-embed(7), packed and strictly parsed.
 *
 *	server:	wire_req_parse(doc, p, n, &req, e), then wire_put_embed() or wire_put_err();
 *		where rows come piece by piece: wire_put_embed_head(), _rows() each, _tail()
 *	client:	wire_put_req_embed(&b, ...), then wire_reply_parse(doc, p, n, &rep, e)
 *
 * Parsed texts and numbers are borrowed from the message's bytes. Whether a reply is
 * the right one (id, n, dim, sha256, norms) is for the caller: sys/embed.h.
 */
#ifndef LEANN_FMT_WIRE_H
#define LEANN_FMT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "fmt/mp.h"
#include "fmt/provider.h"

enum {
	WIRE_VERSION = 1,
	WIRE_TEXTS_MAX = 4096,			/* texts of a request */
	WIRE_MESSAGE_MAX = 64 << 20,		/* bytes, both ways */
	WIRE_DIM_MAX = 8192,
};

enum wire_op {
	WIRE_INFO, WIRE_EMBED, WIRE_OFFICIAL_MODEL, WIRE_OFFICIAL_EMBED, WIRE_RERANK,
	WIRE_OFFICIAL_ROWS,		/* embeddings of numbered passages */
	WIRE_OFFICIAL_DISTANCES,	/* of these to a vector */
};
enum wire_kind { WIRE_RAW, WIRE_QUERY, WIRE_DOCUMENT };

struct wire_text {
	const char *p;			/* n bytes */
	size_t n;
};

struct wire_req {
	enum wire_op op;
	uint64_t id;			/* right even when parsing failed later on; else 0 */
	enum wire_kind kind;
	struct wire_text *texts;	/* n_texts, freed by wire_req_release; bytes borrowed */
	size_t n_texts;
	struct wire_text query;		/* of WIRE_RERANK; bytes borrowed */
	/* of the last two, freed by wire_req_release: what is no number of a passage is UINT64_MAX */
	uint64_t *numbers;		/* n_numbers */
	size_t n_numbers;
	float *vector;			/* n_vector, finite; of WIRE_OFFICIAL_DISTANCES */
	size_t n_vector;
};
#define WIRE_REQ_INIT {WIRE_INFO, 0, WIRE_RAW, NULL, 0, {NULL, 0}, NULL, 0, NULL, 0}

int wire_req_parse(struct mp_doc *doc, const uint8_t *p, size_t n, struct wire_req *r,
		   struct err *e) MUST_CHECK;
void wire_req_release(struct wire_req *r);
/* Does it ask for passages by number? */
static inline bool wire_req_numbered(const struct wire_req *r)
{
	return r->op == WIRE_OFFICIAL_ROWS || r->op == WIRE_OFFICIAL_DISTANCES;
}

/* What a server says of itself and its model. */
struct wire_info {
	char model[256], sha256[65];
	bool reranker;			/* it scores texts for a query, dim is 1; else it embeds */
	size_t dim, max_texts, threads;
	size_t max_tokens;		/* 0: not known, of a provider alone */
	bool normalized;
	char tokenizer_sha256[65];	/* "" unknown */
	char query_prefix[1024], document_prefix[1024];
	uint64_t n_requests, n_texts, n_tokens, uptime_s, pid;
	char version[32];
	char precision[16];		/* "fp32" where a server does not say, "" of a provider */
	char kernels[32];		/* "" unknown */
	double quality_mean, quality_min;	/* cosine to fp32; 0 unknown */
	uint64_t n_batches, n_merged, n_busy, queue, max_rss_bytes;	/* 0 where it does not say */
	struct provider provider;	/* that it asks; api "": it computes by itself. model and
					   prefixes are those above */
};

/* "fp32", "bf16", "int8"; NULL-terminated. */
extern const char *const wire_precisions[];
bool wire_precision_known(const char *name);

struct wire_reply {
	uint64_t id;
	bool failed;			/* err has the server's code and message; no more is set */
	struct err err;
	bool busy;			/* failed: ask again here, the connection is good */
	bool is_info;
	struct wire_info info;		/* model, sha256, dim always; the rest when is_info */
	size_t n;			/* rows of f32 */
	const uint8_t *f32;		/* (n, dim) little-endian, unaligned; NULL when is_info */
	uint64_t n_tokens, n_cut;
};

int wire_reply_parse(struct mp_doc *doc, const uint8_t *p, size_t n, struct wire_reply *r,
		     struct err *e) MUST_CHECK;

/* Packers append one message to b. */
void wire_put_req_info(struct buf *b, uint64_t id);
void wire_put_req_embed(struct buf *b, uint64_t id, enum wire_kind kind,
			const struct wire_text *texts, size_t n);
void wire_put_req_rerank(struct buf *b, uint64_t id, const struct wire_text *query,
			 const struct wire_text *texts, size_t n);
void wire_put_err(struct buf *b, uint64_t id, const struct err *why);
/* The same, for now: the asker may ask again on this connection. */
void wire_put_busy(struct buf *b, uint64_t id, const struct err *why);
void wire_put_info(struct buf *b, uint64_t id, const struct wire_info *i);
/* What an embed reply says besides the model; a rerank reply is one of dim 1. */
struct wire_rows {
	const float *v;			/* (n, dim) row-major, of this machine's byte order */
	size_t n;
	uint64_t n_tokens, n_cut;
};
void wire_put_embed(struct buf *b, uint64_t id, const struct wire_info *i,
		    const struct wire_rows *rows);
/* The same in pieces: n rows are announced, then come by any number of calls, then the tail. */
void wire_put_embed_head(struct buf *b, uint64_t id, const struct wire_info *i, size_t n);
void wire_put_embed_rows(struct buf *b, const float *v, size_t n, size_t dim);
void wire_put_embed_tail(struct buf *b, uint64_t n_tokens, uint64_t n_cut);
/* Replies of the official LEANN server; rows in pieces, too, after the head. */
void wire_put_official_model(struct buf *b, const char *model);
void wire_put_official_head(struct buf *b, size_t n, size_t dim);
void wire_put_official_rows(struct buf *b, const float *v, size_t n, size_t dim);
/* Those by number come flat behind their shape; distances are one array in another. */
void wire_put_official_flat_head(struct buf *b, size_t n, size_t dim);
void wire_put_official_flat(struct buf *b, const float *v, size_t n);
void wire_put_official_distances(struct buf *b, const float *v, size_t n);

#endif
