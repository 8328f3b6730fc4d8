/* routes: which path is answered by what. */
#ifndef LEANN_SERVE_ROUTES_H
#define LEANN_SERVE_ROUTES_H

#include "http.h"
#include "serve/desk.h"

struct routes {
	struct catalog *catalog;
	struct desk **desk;		/* (n_desks): one a worker */
	size_t n_desks;
	struct http *http;		/* for counts; set once it runs */
	double started_s;
};

/* As http_opts.route, with ctx a struct routes. */
const struct http_route *routes_find(void *ctx, const char *path);

#endif
