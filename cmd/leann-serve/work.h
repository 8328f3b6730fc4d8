/*
 * work: threads that take jobs from a bounded queue, in order.
 *
 *	struct work *w = work_new(4, 256, e);
 *	if (!work_push(w, &job)) ...	the queue is full
 *	work_stop(w);			when all that was pushed has run; nothing more is taken
 *	work_free(w);			when nobody pushes any more
 */
#ifndef LEANN_SERVE_WORK_H
#define LEANN_SERVE_WORK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Lives in what it is about; may be freed by its run(). */
struct job {
	struct job *next;		/* work's */
	void (*run)(struct job *j, size_t i_worker);
};

struct work;

/* NULL: e says why. */
struct work *work_new(size_t n_workers, size_t queue_max, struct err *e) MUST_CHECK;
/* Twice is fine, and so is NULL. */
void work_stop(struct work *w);
void work_free(struct work *w);
bool work_push(struct work *w, struct job *j);
size_t work_n_queued(struct work *w);

#endif
