/* args: what leann-embed-client was asked to do, by flags, environment and leann-config(5). */
#ifndef LEANN_ARGS_H
#define LEANN_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "sys/config.h"
#include "sys/embed.h"
#include "window.h"

struct args {
	struct embed_opts embed;
	struct window_limits limits;
	struct config config;
	const char *config_path;
	const char *journal;		/* or NULL */
	bool info, show, quiet, verbose;
	struct provider *provider;	/* NULL: a server of ours; embed.provider is this */
	char *data_args[13];		/* options that change the output, for "prog" */
	size_t n_data_args;
};

/* Wrong use ends the program. */
struct args args_parse(int argc, char **argv);
void args_release(struct args *a);

#endif
