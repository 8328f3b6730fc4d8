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

/* {"indexes": [{name, path, files, chunks, model, precision}]}, in the order they were given. */
enum op_result op_list(struct desk *d, struct js **reply, struct err *e);

/*
 * Of index name, NULL: of all: {"indexes": [as op_list() has it, and roots, dim, bytes, edition, words,
 * trouble, looked, changed, missing]}: what fresh_look() says of FRESH_MANY files; trouble: why the file that
 * is there now is not served, else null.
 */
enum op_result op_status(struct desk *d, const char *name, struct js **reply, struct err *e);

enum { READ_BYTES_MAX = 64 << 10 };	/* of text that op_read() gives */
/*
 * {path, start, end, index}: lines start (1) to end (the last) of a file of an index, by the path that
 * hits have, or below a root: {path, index, language, startLine, endLine, totalLines, text, truncated}, of
 * the file as it is, of a document its text. OP_NONE: no index has it; OP_FAILED: it changed.
 */
enum op_result op_read(struct desk *d, const struct js *request, struct js **reply, struct err *e);

#endif
