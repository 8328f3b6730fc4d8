/* routes: which path is answered by what. */
#ifndef LEANN_SERVE_ROUTES_H
#define LEANN_SERVE_ROUTES_H

#include "http.h"
#include "meter.h"
#include "serve/desk.h"
#include "serve/embedder.h"

enum { ROUTES = 21 };

struct routes {
	struct catalog *catalog;
	struct desk **desk;		/* (n_desks): one a worker */
	size_t n_desks;
	struct embedder **embedder;	/* (n_desks), for others: face_routes.h */
	struct http *http;		/* for counts; set once it runs */
	double started_s;
	const char *page_policy;	/* of page.h */
	struct meter meter[ROUTES];
};

/* As http_opts.route, with ctx a struct routes. */
const struct http_route *routes_find(void *ctx, const char *path);
/* Of route i, below ROUTES: "/search". */
const char *routes_path(size_t i);
/* As http_opts.done. */
void routes_done(void *ctx, const struct http_route *route, unsigned status, double seconds);

#endif
