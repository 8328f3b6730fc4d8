/*
 * progress: one line on stderr, redrawn twice a second, only where stderr is a
 * terminal and quiet was not asked for.
 */
#ifndef LEANN_BASE_PROGRESS_H
#define LEANN_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *unit;	/* "chunks" */
	bool on;
	double t0_s, shown_s;
	uint64_t total;		/* 0: not known */
};

double now_s(void);		/* monotonic seconds */
void progress_start(struct progress *p, const char *unit, uint64_t total, bool quiet);
void progress_at(struct progress *p, uint64_t done);
void progress_end(struct progress *p, uint64_t done);	/* clears the line */

#endif
