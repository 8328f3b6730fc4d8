/*
 * op_build: an index is made or updated, by leann(1) as a child: for servers whose user said that they
 * may write. One at a time.
 *
 *	struct builder *b = builder_new();
 *	builder_begin(b);
 *	enum op_result r = op_build(b, desk, request, &reply, &e);
 *	builder_cancel(b);		from another thread: ends the one that runs
 *	builder_free(b);
 */
#ifndef LEANN_SERVE_OP_BUILD_H
#define LEANN_SERVE_OP_BUILD_H

#include "serve/ops.h"

struct builder;

struct builder *builder_new(void);
/* Nothing runs. */
void builder_free(struct builder *b);
/* What was cancelled does not concern the next op_build(). */
void builder_begin(struct builder *b);
/* The op_build() since then ends soon, or does not begin. */
void builder_cancel(struct builder *b);
/* As builder_cancel(), and none is begun any more. */
void builder_stop(struct builder *b);

/*
 * {path, output}: an index of the folder or file path into output (PATH/.leann/index.leann), whose name
 * ends in ".leann"; where that is an index of the same path, it is updated. The desk's catalog has it from
 * then on: {index, path, files, chunks, updated}. Waits until it is done.
 */
enum op_result op_build(struct builder *b, struct desk *d, const struct js *request, struct js **reply,
			struct err *e);

#endif
