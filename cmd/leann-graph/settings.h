/* settings: what leann-graph is told to do. */
#ifndef LEANN_GRAPH_SETTINGS_H
#define LEANN_GRAPH_SETTINGS_H

#include "build.h"
#include "sys/config.h"

struct settings {
	const char *out, *config_path;
	const char *base;		/* the stream has changes to it; NULL: it is a whole one */
	struct config config;
	struct build_settings build;
	size_t min_degree, n_threads;
	double hubs, wait_s;
	bool verbose, show, bytes_given;
};

/* From the command line, the environment and a file; ends the program where they are wrong. */
void settings_parse(int argc, char **argv, struct settings *s);

#endif
