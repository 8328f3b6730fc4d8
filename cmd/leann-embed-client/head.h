/* head: is the server's model the one the chunks were cut for; the vector stream's header. */
#ifndef LEANN_HEAD_H
#define LEANN_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "fmt/stream.h"
#include "fmt/wire.h"

/* The chunks must have been cut for the server's tokenizer and fit its limit. */
int head_check(const struct shead *in, const struct wire_info *i, struct err *e) MUST_CHECK;

struct head {
	const struct shead *in;		/* of the chunk stream */
	const struct wire_info *info;
	bool texts;			/* chunks keep theirs */
	size_t n_args;
	char **args;			/* for "prog" */
};
int head_put(struct stream_out *out, const struct head *w, struct err *e) MUST_CHECK;

#endif
