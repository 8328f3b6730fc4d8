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
/* Its parts, which leann-search(1) puts elsewhere: path, and where the file is as it was, lines. */
struct js *place_json(const struct leann_passage *p);
/* The places of its copies into hit, as "also", where it has any; what from gave before is gone. */
int copies_json(struct leann_searcher *from, const struct leann_hit *h, struct js *hit, struct leann_error *e);
/* An object with all n items. */
struct js *meta_json(const struct leann_meta *meta, size_t n);
/* Milliseconds, a question's share where r is of several. */
struct js *latency_json(const struct leann_results *r);
/* enum leann_source as hits have it: "changed"; NULL: fresh. */
const char *stale_name(int source);

#endif
