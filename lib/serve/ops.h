/*
 * ops: what a server can be asked, apart from how: JSON in, JSON out. leann-serve answers HTTP with
 * them, leann-mcp tools.
 *
 *	struct js *reply;
 *	enum op_result r = op_search(desk, "notes", request, &reply, &e);
 *	if (r == OP_OK) ... js_free(reply);	else reply is NULL and e says why
 */
#ifndef LEANN_SERVE_OPS_H
#define LEANN_SERVE_OPS_H

#include "serve/desk.h"
#include "base/js.h"

enum op_result {
	OP_OK,
	OP_WRONG,		/* the request is: HTTP 400 */
	OP_NONE,		/* there is no such index, chunk, file: 404 */
	OP_LATER,		/* the embedding server cannot be reached or is busy: 503 */
	OP_FAILED,		/* the rest: 500 */
};

/* That of an error: ERR_USAGE is OP_WRONG, ERR_TEMP OP_LATER. */
enum op_result op_result(const struct err *e);
/* Index name, or the only one where name is NULL: its place in the catalog, or OP_NONE, OP_WRONG. */
enum op_result op_index(struct desk *d, const char *name, size_t *i, struct err *e);

/*
 * POST /search of leann-serve(1): request as want.h has it, answered from index name; NULL: from its
 * member "index", else from all, by score, which want one model.
 */
enum op_result op_search(struct desk *d, const char *name, const struct js *request, struct js **reply,
			 struct err *e);
/* GET /chunk/ID: {"index", "chunk", "context"}: a passage with that many lines around it. */
enum op_result op_chunk(struct desk *d, const struct js *request, struct js **reply, struct err *e);
/* GET /related: {"index", "chunk" or "path" and "line", "top_k", "per_file"}. */
enum op_result op_related(struct desk *d, const struct js *request, struct js **reply, struct err *e);
/* GET /health: of all indexes. */
enum op_result op_health(struct catalog *c, struct js **reply, struct err *e);
/* GET /indexes/NAME: what index i of the catalog is made of, and how fresh it is. */
enum op_result op_index_detail(struct catalog *c, size_t i, struct js **reply, struct err *e);

#endif
