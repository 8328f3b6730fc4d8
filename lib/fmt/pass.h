/*
 * pass: a filter over a vector stream: every record goes through as it comes, checked,
 * vectors are spooled as well, and records of the filter's own follow before END.
 *
 *	struct pass p = PASS_INIT;
 *	pass_arg(&p, "--seed=%s", val);			for the provenance, as often as needed
 *	if (pass_open(&p, "leann-pq", e) ||			stdin to stdout
 *	    pass_records(&p, see, ctx, quiet, e) || ... pass_codes(&p, codes, n, m, e) ||
 *	    pass_end(&p, e))
 *		pass_fail(&p, e);				tells the next program why
 *	pass_release(&p);
 */
#ifndef LEANN_FMT_PASS_H
#define LEANN_FMT_PASS_H

#include <stdbool.h>

#include "fmt/record.h"
#include "fmt/spool.h"
#include "fmt/stream.h"

struct pass {
	struct stream_in in;
	struct stream_out out;
	struct rec_check check;
	struct spool spool; /* (check.n_vecs, check.dim) after pass_records() */
	struct buf args; /* options that change the output, NUL-terminated, end to end */
	size_t n_args;
};
#define PASS_INIT                                                                                  \
	{                                                                                          \
		.in.head = SHEAD_INIT, .spool = SPOOL_INIT                                         \
	}

/* An option that changes the output; before pass_open(). */
void pass_arg(struct pass *p, const char *fmt, ...) PRINTF(2, 3);
/* Header read from stdin, written to stdout with prog and its options in the provenance. */
int pass_open(struct pass *p, const char *prog, struct err *e) MUST_CHECK;
/*
 * Called for every record but vectors, before it goes out: 1 when it was read with a rec_*()
 * function of its own, 0 when it is none of see's business, -1 for an error.
 */
typedef int pass_see(void *ctx, struct rec_check *c, const struct stream_rec *r, struct err *e);
/* To the END of the input, which is held back. see may be NULL. */
int pass_records(struct pass *p, pass_see *see, void *ctx, bool quiet, struct err *e) MUST_CHECK;
/* Enrichments from plain arrays; a->scale and k's scales are ignored, the floats are taken. */
int pass_anchors(struct pass *p, const struct rec_anchors *a, const float *scale,
		 const uint32_t *assign, struct err *e) MUST_CHECK;
int pass_codebook(struct pass *p, const struct rec_codebook *k, const float *rot_scale,
		  const float *cent_scale, struct err *e) MUST_CHECK;
int pass_codes(struct pass *p, const uint8_t *codes, size_t n, size_t m, struct err *e) MUST_CHECK;
int pass_end(struct pass *p, struct err *e) MUST_CHECK;
void pass_fail(struct pass *p, const struct err *why);
void pass_release(struct pass *p);

#endif
