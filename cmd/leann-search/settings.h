/* settings: what the command line of leann-search says. */
#ifndef LEANN_SEARCH_SETTINGS_H
#define LEANN_SEARCH_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/js.h"
#include "sys/config.h"
#include "sys/embed.h"
#include "sys/glob.h"

enum { TOP_MAX = 10000 };
#define CONFIDENCE_DEFAULT .5
#define PROMOTE_DEFAULT .05
enum source { SOURCE_AUTO, SOURCE_SCAN, SOURCE_GRAPH, SOURCE_LISTS, SOURCE_TWO_LEVEL };
enum colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

struct filter_option {
	char *expr;
	const char *option;			/* that it comes from, for messages */
};

struct settings {
	const char **more;			/* (n_more) --with: indexes beside the first */
	size_t n_more;
	const char *index, *batch, *root, *model, *config_path;
	struct config config;
	struct embed_opts embed;
	bool rerank;				/* --mode rerank */
	const char *reranker, *rerank_endpoint;	/* NULL: the default's */
	size_t rerank_depth;
	struct js *langs;			/* NULL: all */
	const char **paths;			/* NULL at the end; NULL: all */
	struct globs globs;			/* the same, understood */
	struct filter_option *filters;		/* (n_filters) --filter, --type */
	size_t n_filters;
	size_t top_k, recompute, ef_search, n_lines, n_threads;
	size_t candidates;
	size_t source, n_probe;			/* enum source; 0: as it likes */
	double weight;				/* of words; < 0: default */
	bool no_recompute, dense, explain, json, show_config;
	bool no_cache, no_log, all_copies, early;
	const char *like;			/* a passage instead of a question: like.h */
	size_t per_file;
	double recall_target, confidence;	/* 0: none given */
	double promote;				/* of --candidates two-level, else 0 */
	size_t recompute_batch;
	size_t colour;				/* enum colour */
	struct buf question;
};

/* Fills s from the arguments; wrong use ends the program. */
void settings_parse(int argc, char **argv, struct settings *s);
/* Of settings_parse(): options that do not go together end the program, defaults of others are set. */
void settings_check(struct settings *s);
void settings_release(struct settings *s);

#endif
