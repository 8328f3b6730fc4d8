/* metrics: what GET /metrics says: the text format of Prometheus, version 0.0.4. */
#ifndef LEANN_SERVE_METRICS_H
#define LEANN_SERVE_METRICS_H

#include "routes.h"

void metrics_text(const struct routes *r, struct buf *out);

#endif
