/*
 * mcp: the Model Context Protocol, apart from how messages travel: leann-mcp(1) has them on its stdin
 * and stdout, leann-serve(1) as POST /mcp. Revision 2026-07-28, in which every request says its version
 * in _meta, and 2024-11-05 to 2025-11-25, which begin with "initialize", on the same connection.
 *
 *	struct mcp_message msg;
 *	mcp_read(line, n, &msg);
 *	int code = mcp_answer(&mcp, &session, desk, NULL, &msg, &reply);
 *	if (reply.len) ... one line of JSON, without LF
 *	mcp_message_release(&msg);
 *
 * Sources: the specification's schemas of the five revisions; codes and order of checks as its
 * reference implementation has them.
 */
#ifndef LEANN_SERVE_MCP_H
#define LEANN_SERVE_MCP_H

#include "serve/desk.h"
#include "serve/op_build.h"

enum mcp_version {
	MCP_NONE = -1,
	MCP_2024_11_05,
	MCP_2025_03_26,		/* batches; annotations of tools */
	MCP_2025_06_18,		/* structured content, links to resources */
	MCP_2025_11_25,
	MCP_2026_07_28,		/* no sessions */
};

enum {
	MCP_PARSE_ERROR = -32700,
	MCP_INVALID_REQUEST = -32600,
	MCP_NO_METHOD = -32601,
	MCP_INVALID_PARAMS = -32602,
	MCP_INTERNAL_ERROR = -32603,
	MCP_BUSY = -32000,
	MCP_HEADER_MISMATCH = -32020,
	MCP_NO_VERSION = -32022,
};

enum {
	MCP_MESSAGE_MAX = 1 << 20,	/* bytes; transports see to it */
	MCP_BATCH_MAX = 64,
	MCP_TOP_MAX = 100,		/* hits a search */
};

/* What is the same for all messages. */
struct mcp {
	struct builder *builder;	/* NULL: there is no leann_build */
};

/* What "initialize" agreed on; MCP_NONE: nothing. */
struct mcp_session {
	enum mcp_version version;
};

/* Headers of HTTP: MCP-Protocol-Version, Mcp-Method, Mcp-Name; NULL: absent. */
struct mcp_head {
	const char *version, *method, *name;
};

enum mcp_kind {
	MCP_QUICK,			/* asks nothing of an index */
	MCP_CALL,			/* may take its time */
	MCP_BUILD,			/* takes it: leann_build */
	MCP_CANCEL,			/* is answered by nothing; id is the request's */
};

struct mcp_message {
	struct js *json;		/* NULL: it is none */
	char why[300];			/* then */
	enum mcp_kind kind;
	char *id;			/* as JSON; NULL: it has none */
};

void mcp_read(const void *p, size_t n, struct mcp_message *out);
void mcp_message_release(struct mcp_message *msg);
/*
 * Answer msg: reply is left empty where it is a notification. s: read, and set by "initialize"; NULL:
 * HTTP, where h is given. Returns the error's code, 0: there is none, or several messages.
 */
int mcp_answer(const struct mcp *m, struct mcp_session *s, struct desk *d, const struct mcp_head *h,
	       const struct mcp_message *msg, struct buf *reply);
/* {"jsonrpc", "id", "error"}: id as JSON, NULL: null. */
void mcp_error(const char *id, int code, const char *message, struct buf *reply);

#endif
