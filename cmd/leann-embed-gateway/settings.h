/* settings: what leann-embed-gateway was asked to do, by options and environment. */
#ifndef LEANN_GATEWAY_SETTINGS_H
#define LEANN_GATEWAY_SETTINGS_H

#include <stdbool.h>

#include "api.h"

struct settings {
	struct config c;
	const char *endpoint;		/* NULL: the user's own for this provider */
	size_t n_threads;
	double idle_s;
	bool daemon, stop;
};

/* Wrong use ends the program, and so does a host that was not agreed to. */
void settings_parse(int argc, char **argv, struct settings *s);
void settings_release(struct settings *s);

#endif
