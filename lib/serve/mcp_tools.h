/*
 * mcp_tools: what mcp.h offers: leann_search, leann_read, leann_list, leann_status, leann_build, in this
 * order; leann-mcp(1), TOOLS.
 */
#ifndef LEANN_SERVE_MCP_TOOLS_H
#define LEANN_SERVE_MCP_TOOLS_H

#include "serve/mcp.h"

struct mcp_tool {
	const char *name, *title, *description;
	const char *input, *output;		/* JSON schemas */
	bool writes;
	/* *reply as output says */
	enum op_result (*run)(const struct mcp *m, struct desk *d, const struct js *args, struct js **reply,
			      struct err *e);
	/* reply, which is safe_json(), for a model to read: content, appended to the array. */
	int (*tell)(const struct js *reply, bool links, struct js *content, struct err *e);
};

/* NULL: there is none such. */
const struct mcp_tool *mcp_tool_find(const struct mcp *m, const char *name);
/* "tools" of tools/list, with what v has. */
struct js *mcp_tools_list(const struct mcp *m, enum mcp_version v);
/* The result of tools/call, without what 2026-07-28 adds; args NULL: {}. */
struct js *mcp_tool_call(const struct mcp *m, const struct mcp_tool *tool, enum mcp_version v, struct desk *d,
			 const struct js *args);

/* mcp_tell.c: the tell() of tools. */
int mcp_tell_search(const struct js *reply, bool links, struct js *content, struct err *e);
int mcp_tell_read(const struct js *reply, bool links, struct js *content, struct err *e);
int mcp_tell_json(const struct js *reply, bool links, struct js *content, struct err *e);

#endif
