/*
 * serve: the requests of leann-embed-server: embed_serve.h takes them, an encoder works on a slice of
 * them at a time. queue.h says which go first.
 *
 *	struct embed_serve s = {.z = z, .info = &info, .stop_fd = fd, ...};
 *	if (serve_run(&s, enc, par, e)) ...
 */
#ifndef LEANN_SERVE_H
#define LEANN_SERVE_H

#include "base/err.h"
#include "base/par.h"
#include "nn/encoder.h"
#include "numbered.h"
#include "sys/embed_serve.h"

/*
 * ops, ctx and numbers of s are set here; counters of its info are kept up to date. numbered: passages
 * that can be asked for by number; NULL: none.
 */
int serve_run(struct embed_serve *s, struct encoder *enc, struct par *par, struct numbered *numbered,
	      struct err *e) MUST_CHECK;

#endif
