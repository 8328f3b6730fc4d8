/* Replies; see reply.h. */
#include "reply.h"

#include <string.h>

void reply_error(struct reply *rp, unsigned status, const char *message)
{
	struct js *o = js_new_obj(), *e = js_new_obj();
	js_set(e, "message", js_new_str(message));
	js_set(e, "type", js_new_str(status < 500 ? "invalid_request_error" : "server_error"));
	js_set(o, "error", e);
	buf_clear(&rp->body);
	js_dump(o, 0, &rp->body);
	buf_addc(&rp->body, '\n');
	js_free(o);
	rp->status = status;
	rp->type = "application/json";
}

void reply_header(struct reply *rp, const char *name, const char *value)
{
	if (!rp->headers)
		rp->headers = js_new_obj();
	js_set(rp->headers, name, js_new_str(value));
}

void reply_refuse(struct reply *rp, const struct guard_says *says, const char *methods)
{
	reply_error(rp, says->status, says->why);
	if (says->status == 405)
		reply_header(rp, "Allow", methods ? methods : "GET, POST");
	if (says->status == 401)
		reply_header(rp, "WWW-Authenticate", "Bearer");
}

void reply_busy(struct reply *rp)
{
	reply_error(rp, 429, BUSY);
	reply_header(rp, "Retry-After", "1");
}

void reply_json(struct reply *rp, struct js *j)
{
	rp->status = 200;
	js_dump(j, 0, &rp->body);
	buf_addc(&rp->body, '\n');
	js_free(j);
}

void reply_result(struct reply *rp, enum op_result r, struct js *j, const struct err *e)
{
	static const unsigned status[] = {[OP_OK] = 200, [OP_WRONG] = 400, [OP_NONE] = 404,
					  [OP_LATER] = 503, [OP_FAILED] = 500};
	if (r == OP_OK) {
		reply_json(rp, j);
		return;
	}
	reply_error(rp, status[r], e->msg);
	if (r == OP_LATER)
		reply_header(rp, "Retry-After", "1");
}
