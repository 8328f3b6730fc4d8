/*
 * gate: when a provider may be asked again, for all threads that do: who was told to come later holds back
 * the others, too.
 *
 *	if (gate_wait(&g, due_s, e)) ...	ERR_TEMP: not before due_s
 *	... ask ...
 *	gate_open(&g), or gate_close(&g, retry_after_s, &why)
 */
#ifndef LEANN_GATEWAY_GATE_H
#define LEANN_GATEWAY_GATE_H

#include <pthread.h>
#include <stdint.h>

#include "base/err.h"

struct gate {
	pthread_mutex_t lock;
	double closed_until_s, pause_s;	/* 0: it is open, there was no pause */
	struct err closed;		/* why */
	uint64_t n_asked, n_later;	/* requests, and those that were put off */
};
#define GATE_INIT {PTHREAD_MUTEX_INITIALIZER, 0, 0, {ERR_NONE, ""}, 0, 0}

/* Wait until the provider may be asked; at once with an error where that will not be before due_s. */
int gate_wait(struct gate *g, double due_s, struct err *e) MUST_CHECK;
/* It answered. */
void gate_open(struct gate *g);
/*
 * It said later; retry_after_s above 0: when, else a quarter of a second, doubled each time. why gets it
 * before its message.
 */
void gate_close(struct gate *g, double retry_after_s, struct err *why);
void gate_counts(struct gate *g, uint64_t *n_asked, uint64_t *n_later);
void gate_nap(double s);

#endif
