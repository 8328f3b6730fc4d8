/*
 * pool: requests of leann-embed(7) that wait for a provider, and the threads that ask it. Small requests
 * of kind query go first, and one thread is theirs alone; the rest goes in the order it came.
 *
 *	struct pool *p = pool_new(&fetch, &info, n_threads, stop_fd, e);
 *	s.stop_fd = pool_fd(p); s.ops = &pool_ops; s.ctx = p;
 *	r = embed_serve_run(&s, e);
 *	if (!pool_free(p)) ...		a thread is still asking: the process has to end as it is
 */
#ifndef LEANN_GATEWAY_POOL_H
#define LEANN_GATEWAY_POOL_H

#include <stdbool.h>

#include "fetch.h"
#include "sys/embed_serve.h"

struct pool;
extern const struct embed_serve_ops pool_ops;

/* n_threads for all, and one more for questions. info: its counters are kept; dim and prefixes read. */
struct pool *pool_new(struct fetch *f, struct wire_info *info, size_t n_threads, int stop_fd,
		      struct err *e) MUST_CHECK;
int pool_fd(const struct pool *p);
bool pool_free(struct pool *p);

#endif
