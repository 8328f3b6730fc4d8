/*
 * lanes: requests that wait for one of two threads, one that asks indexes and one that builds them, and
 * the stdout that all answers go to, a line each.
 *
 *	struct lanes *l = lanes_new(&mcp, catalog, &options, e);
 *	if (!lanes_push(l, &msg, session)) ...	too many wait
 *	lanes_cancel(l, "7");
 *	lanes_finish(l, e);			what was pushed is answered
 */
#ifndef LEANN_MCP_LANES_H
#define LEANN_MCP_LANES_H

#include "serve/mcp.h"

enum { LANES_WAITING_MAX = 256 };

struct lanes;

/* NULL: e says why. What it is made of outlives it. */
struct lanes *lanes_new(const struct mcp *m, struct catalog *c, const struct leann_options *o,
			struct err *e) MUST_CHECK;
/* Takes *msg over, unless it returns false. */
bool lanes_push(struct lanes *l, struct mcp_message *msg, struct mcp_session session);
/* The request with that id, as JSON, gets no answer: it is forgotten, or what it found is. */
void lanes_cancel(struct lanes *l, const char *id);
/* Write line and LF; nothing where it is empty. */
void lanes_send(struct lanes *l, struct buf *line);
/* stdout takes no more: lanes_finish() says why. */
bool lanes_failed(const struct lanes *l);
/*
 * No line is begun any more, and the one that is being written is whole, unless the client does not read it for
 * a second; for those who leave without lanes_finish().
 */
void lanes_close(void);
/* A build is ended, the rest is answered; frees l. -1: stdout took no more. */
int lanes_finish(struct lanes *l, struct err *e) MUST_CHECK;

#endif
