/* from_jsonl: what the files of leann-from-jsonl share. */
#ifndef LEANN_CMD_FROM_JSONL_H
#define LEANN_CMD_FROM_JSONL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Files of records, and what is known of them. */
struct inputs {
	char **path;			/* (n) "-": standard input */
	size_t n;
	uint64_t n_want;		/* records there have to be; UINT64_MAX: any number */
	char *name;			/* of stored files, where the user gave none; or NULL */
	char *model;			/* the official index's, for a message; or NULL */
};

void inputs_add(struct inputs *s, char *path);	/* takes path over */
/* Those of an index of the official LEANN: official.c. */
int inputs_official(struct inputs *s, const char *meta, struct err *e) MUST_CHECK;
void inputs_release(struct inputs *s);

#endif
