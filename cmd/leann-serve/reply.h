/* reply: what a request is answered with. */
#ifndef LEANN_SERVE_REPLY_H
#define LEANN_SERVE_REPLY_H

#include "base/js.h"
#include "guard.h"
#include "serve/ops.h"

struct reply {
	unsigned status;
	const char *type;		/* of the body; static. "application/json" where the handler leaves it */
	struct buf body;
	struct js *headers;		/* more of them, by name; NULL: none */
};

/* {"error": {"message", "type"}} with that status. */
void reply_error(struct reply *rp, unsigned status, const char *message);
void reply_header(struct reply *rp, const char *name, const char *value);
/* What the guard says, with the headers that go with it; methods: of the path, or NULL. */
void reply_refuse(struct reply *rp, const struct guard_says *says, const char *methods);
#define BUSY "too many requests wait: try again later"
/* 429, BUSY, and when to come again. */
void reply_busy(struct reply *rp);
/* j, which is taken over, with 200. */
void reply_json(struct reply *rp, struct js *j);
/* j, or what e says of r: 400, 404, 503 with Retry-After, 500. */
void reply_result(struct reply *rp, enum op_result r, struct js *j, const struct err *e);

#endif
