/*
 * extract: a document's text, by leann-extract(1), a process of its own for each; see there for what
 * comes and which limits hold. Here its time is limited, and what it writes is checked as any input.
 */
#ifndef LEANN_CMD_CHUNK_EXTRACT_H
#define LEANN_CMD_CHUNK_EXTRACT_H

#include <stdbool.h>

#include "document.h"

enum extract_result {
	EXTRACT_OK,
	EXTRACT_BAD,			/* e says why, without the document's name */
	EXTRACT_LATER,			/* the same, but it may be another time: time is over, no memory, no program */
};

struct extract_opts {
	unsigned timeout_s;
	bool archives;
};

/* d->raw, a document called name, into d's extract, text and parts. From any thread. */
enum extract_result extract_document(struct document *d, const char *name, const struct extract_opts *o,
				     struct err *e) MUST_CHECK;

#endif
