/* Counts and times; see meter.h. */
#include "meter.h"

static const double bound_s[METER_BUCKETS] = {.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5};

void meter_add(struct meter *m, unsigned status, double seconds)
{
	size_t i = 0;
	while (i < METER_BUCKETS && seconds > bound_s[i])
		i++;
	atomic_fetch_add(&m->n[i], 1);
	atomic_fetch_add(&m->sum_us, (unsigned long long)(seconds * 1e6));
	atomic_fetch_add(&m->n_status[status / 100 < 6 ? status / 100 : 5], 1);
}

void meter_counts(const struct meter *m, const char *path, struct buf *out)
{
	for (size_t i = 1; i < 6; i++)
		if (atomic_load(&m->n_status[i]))
			buf_printf(out, "leann_requests_total{path=\"%s\",status=\"%zuxx\"} %llu\n", path, i,
				   atomic_load(&m->n_status[i]));
}

void meter_times(const struct meter *m, const char *path, struct buf *out)
{
	unsigned long long n = 0;
	for (size_t i = 0; i < METER_BUCKETS; i++) {
		n += atomic_load(&m->n[i]);
		buf_printf(out, "leann_request_seconds_bucket{path=\"%s\",le=\"%g\"} %llu\n", path, bound_s[i], n);
	}
	n += atomic_load(&m->n[METER_BUCKETS]);
	buf_printf(out, "leann_request_seconds_bucket{path=\"%s\",le=\"+Inf\"} %llu\n", path, n);
	buf_printf(out, "leann_request_seconds_sum{path=\"%s\"} %.6f\nleann_request_seconds_count{path=\"%s\"} %llu\n",
		   path, (double)atomic_load(&m->sum_us) / 1e6, path, n);
}
