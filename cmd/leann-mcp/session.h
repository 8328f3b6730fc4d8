/*
 * session: messages on stdin, answers on stdout, one a line. One thread reads ahead, so that a request
 * that waits can be cancelled and a ping is answered while a search runs; one searches, one builds.
 *
 *	if (session_run(&mcp, catalog, &options, e)) ...	until stdin ends
 */
#ifndef LEANN_MCP_SESSION_H
#define LEANN_MCP_SESSION_H

#include "serve/mcp.h"

/*
 * At the end of stdin what was asked is answered first, but for a build, which is ended as by
 * notifications/cancelled; by SIGTERM and the like nothing more is.
 */
int session_run(const struct mcp *m, struct catalog *c, const struct leann_options *o, struct err *e) MUST_CHECK;

#endif
