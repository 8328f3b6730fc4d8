/* config: what the settings of an MCP client say to have it start this program. */
#ifndef LEANN_MCP_CONFIG_H
#define LEANN_MCP_CONFIG_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Append the snippet for client ("claude", "codex", "vscode", "cursor") that runs argv, n of them, and
 * set *where to the file it belongs into; ERR_USAGE: there is no such client.
 */
int config_print(const char *client, const char *const *argv, size_t n, struct buf *out, const char **where,
		 struct err *e) MUST_CHECK;

#endif
