/* POST /mcp; see mcp_route.h. */
#include "mcp_route.h"

#include <string.h>
#include <strings.h>

#include "routes.h"
#include "serve/mcp.h"

/* May the answer be JSON? An Accept that is not there takes anything. */
static bool takes_json(const char *accept)
{
	static const char *const types[] = {"application/json", "application/*", "*/*"};
	for (const char *p = accept; p && *p; p += strcspn(p, ",")) {
		p += strspn(p, ", \t");
		size_t n = strcspn(p, ",; \t");
		for (size_t i = 0; i < sizeof types / sizeof *types; i++)
			if (n == strlen(types[i]) && !strncasecmp(p, types[i], n))
				return true;
	}
	return !accept;
}

/* Before 2026-07-28 an error of a method came with 200. */
static unsigned status_of(int code, const char *version)
{
	bool now = version && !strcmp(version, "2026-07-28");
	switch (code) {
	case MCP_PARSE_ERROR:
	case MCP_INVALID_REQUEST:
	case MCP_HEADER_MISMATCH:
	case MCP_NO_VERSION: return 400;
	case MCP_INVALID_PARAMS: return now ? 400 : 200;
	case MCP_NO_METHOD: return now ? 404 : 200;
	default: return 200;
	}
}

static const char *header(const struct http_request *rq, const char *name)
{
	return js_str(js_get(rq->headers, name), NULL);
}

void mcp_route(void *ctx, size_t i_worker, const struct http_request *rq, struct reply *rp)
{
	static const struct mcp m = {.builder = NULL};
	struct routes *r = ctx;
	const struct mcp_head head = {header(rq, "mcp-protocol-version"), header(rq, "mcp-method"),
				      header(rq, "mcp-name")};
	struct mcp_message msg;
	if (!takes_json(header(rq, "accept"))) {
		reply_error(rp, 406, "want Accept: application/json, text/event-stream");
		return;
	}
	mcp_read(rq->body.p, rq->body.len, &msg);
	int code = mcp_answer(&m, NULL, r->desk[i_worker], &head, &msg, &rp->body);
	mcp_message_release(&msg);
	rp->status = rp->body.len ? status_of(code, head.version) : 202;
	if (rp->body.len)
		buf_addc(&rp->body, '\n');
}
