/*
 * meter: how often something was asked and how long it took; any thread may add. As text it is in
 * the format of Prometheus, version 0.0.4.
 */
#ifndef LEANN_SERVE_METER_H
#define LEANN_SERVE_METER_H

#include <stdatomic.h>

#include "base/buf.h"

enum { METER_BUCKETS = 12 };

struct meter {
	atomic_ullong n[METER_BUCKETS + 1];	/* by upper bound; the last: above all of them */
	atomic_ullong sum_us;
	atomic_ullong n_status[6];		/* of 1xx to 5xx, by hundred */
};

void meter_add(struct meter *m, unsigned status, double seconds);
/* Samples of leann_requests_total, and of the histogram leann_request_seconds, labelled with path. */
void meter_counts(const struct meter *m, const char *path, struct buf *out);
void meter_times(const struct meter *m, const char *path, struct buf *out);

#endif
