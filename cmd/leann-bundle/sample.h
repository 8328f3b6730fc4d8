/*
 * sample: passages of an index embedded again, to see how well its codes stand for them:
 * leann-index(5), QUALITY.
 */
#ifndef LEANN_BUNDLE_SAMPLE_H
#define LEANN_BUNDLE_SAMPLE_H

#include "algo/recall.h"
#include "base/err.h"
#include "base/js.h"

struct sample {
	size_t n_wanted, n_stale;	/* n_stale: sources changed, left out */
	size_t n;			/* passages embedded */
	size_t n_recompute;		/* of a question of the sample */
	struct recall recall;
	double coverage, quantization, reconstruction;
};

struct sample_opts {
	const char *index, *root, *model;	/* root, model: NULL as in leann_options */
	size_t n;			/* passages, at most all */
	bool quiet;			/* no progress */
};

/* ERR_TEMP: no embedding server. */
int sample_measure(const struct sample_opts *o, struct sample *out, struct err *e) MUST_CHECK;

#endif
