/* mcp_route: POST /mcp, the Model Context Protocol over HTTP: leann-serve(1), serve/mcp.h. */
#ifndef LEANN_SERVE_MCP_ROUTE_H
#define LEANN_SERVE_MCP_ROUTE_H

#include "http.h"

/* As http_route.answer, with ctx a struct routes. */
void mcp_route(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp);

#endif
