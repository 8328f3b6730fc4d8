/*
 * hits: what was found, as JSON for programs: {path, startLine, endLine, score, preview, symbol,
 * heading, page, stale, ...}, leann-serve(1).
 */
#ifndef LEANN_SERVE_HITS_H
#define LEANN_SERVE_HITS_H

#include "base/js.h"
#include "serve/desk.h"

/* NULL: e says why. Caller: js_free. */
struct js *hit_json(const struct seat *s, const struct leann_hit *h, const struct leann_text *question,
		    struct err *e);
/* Milliseconds, a question's share where r is of several. */
struct js *latency_json(const struct leann_results *r);
/* enum leann_source as hits have it: "changed"; NULL: fresh. */
const char *stale_name(int source);

#endif
