/* settings: options of leann-ask. */
#ifndef LEANN_ASK_SETTINGS_H
#define LEANN_ASK_SETTINGS_H

#include <stdbool.h>

#include "base/buf.h"
#include "leann.h"

struct settings {
	const char *index;
	struct buf question;
	size_t top_k, context_bytes;
	struct buf filter;		/* an expression; empty: none */
	bool dense;
	struct leann_options o;
	/* where the model is that answers */
	struct buf url;			/* of its chat completions; empty: none is asked */
	const char *model;
	struct buf key;			/* empty: none */
	double timeout_s;
	long max_tokens;		/* 0: not said */
	double temperature;		/* below 0: not said */
	bool json;
};

void settings_parse(int argc, char **argv, struct settings *s);
void settings_release(struct settings *s);

#endif
