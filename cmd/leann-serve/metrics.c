/* Counters as text; see metrics.h. */
#include "metrics.h"

#include "base/progress.h"

static void family(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct buf *out, const char *name, const char *type, const char *help, double value)
{
	family(out, name, type, help);
	buf_printf(out, "%s %.15g\n", name, value);
}

void metrics_text(const struct routes *r, struct buf *out)
{
	struct http_counts c;
	http_counts(r->http, &c);
	family(out, "leann_requests_total", "counter", "Requests answered, by path and class of status.");
	for (size_t i = 0; i < ROUTES; i++)
		meter_counts(&r->meter[i], routes_path(i), out);
	family(out, "leann_request_seconds", "histogram", "From the whole request to its answer.");
	for (size_t i = 0; i < ROUTES; i++)
		meter_times(&r->meter[i], routes_path(i), out);
	one(out, "leann_refused_total", "counter", "Requests refused by their head.", (double)c.n_refused);
	one(out, "leann_busy_total", "counter", "Requests answered 429.", (double)c.n_busy);
	one(out, "leann_queued", "gauge", "Requests that wait for a worker.", (double)c.n_queued);
	one(out, "leann_connections", "gauge", "Open connections.", (double)c.n_connections);
	one(out, "leann_indexes", "gauge", "Indexes served.", (double)catalog_n(r->catalog));
	one(out, "leann_uptime_seconds", "gauge", "Since the start.", now_s() - r->started_s);
}
