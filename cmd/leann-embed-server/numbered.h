/*
 * numbered: the passages of an index by number, for requests of the official LEANN searcher,
 * whose graph knows passages by number alone: leann-embed(7).
 *
 *	struct numbered *ix;
 *	if (numbered_open("src.leann", METRIC_MIPS, &info, &ix, e)) ...
 *	if (numbered_texts(ix, &req, &kept, &why)) ...		req.texts, in kept
 *	d = numbered_distance(ix, &req, row);			of the embedding of one of them
 *	numbered_kept_release(&kept); numbered_close(ix);
 *
 * For one thread. The passages are read from their files each time: no text is kept.
 */
#ifndef LEANN_EMBED_SERVER_NUMBERED_H
#define LEANN_EMBED_SERVER_NUMBERED_H

#include "base/buf.h"
#include "base/err.h"
#include "fmt/wire.h"

/* As the official server's --distance-metric. */
enum metric { METRIC_MIPS, METRIC_COSINE, METRIC_L2 };
extern const char *const numbered_metrics[];	/* by enum metric; NULL-terminated */

#define NUMBERED_FAR 1e9f	/* the distance of a passage that is not there */

struct numbered;

/* ERR_DATA: no index, or one of another model or dimension than info. The caller closes it. */
int numbered_open(const char *path, enum metric m, const struct wire_info *info,
		  struct numbered **out, struct err *e) MUST_CHECK;
void numbered_close(struct numbered *ix);
size_t numbered_n(const struct numbered *ix);

/* What the texts of a request are in, until it is answered. */
struct numbered_kept {
	struct buf bytes;
	size_t *place;			/* (n_texts) of each text's number in the request */
};
#define NUMBERED_KEPT_INIT {BUF_INIT, NULL}
void numbered_kept_release(struct numbered_kept *k);

/*
 * The texts of r->numbers into r->texts, which wire_req_release() frees. For distances those that
 * are not there, or changed since they were indexed, are left out (k->place); for embeddings they
 * are an error, ERR_DATA, that says which.
 */
int numbered_texts(struct numbered *ix, struct wire_req *r, struct numbered_kept *k,
		   struct err *e) MUST_CHECK;

/* Of an embedding (dim, length 1) to the request's vector, by the metric; as the official one has it. */
float numbered_distance(const struct numbered *ix, const struct wire_req *r, const float *row);

#endif
