/* import_out: records of import.h that wait until their stored file is full, then all of it. */
#ifndef LEANN_PORT_IMPORT_OUT_H
#define LEANN_PORT_IMPORT_OUT_H

#include "fmt/meta.h"
#include "fmt/record.h"
#include "port/import.h"
#include "port/tail.h"

struct import_out {
	const struct import_opts *o;
	struct stream_out out;
	size_t dim;			/* with vectors, else 0 */
	struct buf lines;		/* of the file at hand, each with its LF */
	uint64_t n_lines;
	struct meta meta;		/* of the latest of these */
	struct buf waiting;		/* records of the stream: length (4 bytes, little-endian), body */
	struct buf body;		/* scratch */
	struct tail tail;
	struct import_counts counts;
};

struct import_record {
	const uint8_t *line;
	size_t n_line;
	const struct buf *id, *text;
	const struct meta *meta;
	size_t n_tokens;		/* special ones included, as embedded */
	const float *vec;
};

int import_out_add(struct import_out *w, const struct import_record *r, struct err *e) MUST_CHECK;
int import_out_flush(struct import_out *w, struct err *e) MUST_CHECK;
void import_out_release(struct import_out *w);

#endif
