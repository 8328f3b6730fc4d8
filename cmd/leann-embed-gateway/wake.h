/*
 * wake: one descriptor to poll for two things: a signal asks us to leave, or a thread has something done.
 *
 *	if (wake_open(&w, stop_fd, e)) ...		w.poll_fd is to be polled
 *	wake_up(&w);					by any thread
 *	if (wake_told(&w)) ...				what wake_up() did is forgotten; true: leave
 *	wake_close(&w);
 */
#ifndef LEANN_GATEWAY_WAKE_H
#define LEANN_GATEWAY_WAKE_H

#include <stdbool.h>

#include "base/err.h"

struct wake {
	int stop_fd;			/* the caller's */
	int event_fd, poll_fd;
};

int wake_open(struct wake *w, int stop_fd, struct err *e) MUST_CHECK;
void wake_up(const struct wake *w);
bool wake_told(const struct wake *w);
void wake_close(struct wake *w);

#endif
