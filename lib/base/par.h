/*
 * par: a pool of threads and one verb. Work is split by index; a body writes only
 * what belongs to its index, so results do not depend on the number of threads.
 *
 *	struct par *p = par_new(n_threads);	0: one per processor
 *	par_for(p, n_items, body, ctx);		body(ctx, i, worker), i = 0..n_items-1
 *	par_free(p);
 *
 * p == NULL runs everything in the caller.
 */
#ifndef LEANN_BASE_PAR_H
#define LEANN_BASE_PAR_H

#include <stddef.h>

struct par;
typedef void par_body(void *ctx, size_t i_item, size_t i_worker);

size_t par_n_processors(void);		/* those this process may run on, >= 1 */
struct par *par_new(size_t n_threads);
size_t par_n_threads(const struct par *p);	/* workers, the caller included; 1 for NULL */
void par_for(struct par *p, size_t n_items, par_body *body, void *ctx);
void par_free(struct par *p);

#endif
