/*
 * import_args: the options that programs which import have in common, and what they say at the end.
 *
 *	static const struct opt table[] = {{'x', ...}, IMPORT_OPTS, {0}};
 *	struct import_args a = IMPORT_ARGS_INIT;
 *	for (int c; (c = opts_next(&o));) if (!import_arg(&a, &o, c)) switch (c) ...
 *	import_args_finish(&a, &o);
 *	... import_open(&a.import, ...) ...
 *	import_tell(&a, import_counts(x), s, &text);	lines for stderr
 */
#ifndef LEANN_PORT_IMPORT_ARGS_H
#define LEANN_PORT_IMPORT_ARGS_H

#include <stdbool.h>

#include "base/opts.h"
#include "port/import.h"

enum {
	IMPORT_MODEL = 1000, IMPORT_NAME, IMPORT_SKIP_EMPTY, IMPORT_LEXICAL, IMPORT_ENDPOINT, IMPORT_PRECISION,
	IMPORT_NO_START, IMPORT_EMBEDDINGS,
};
#define IMPORT_OPTS \
	{IMPORT_MODEL, "model", "NAME|DIR", \
	 "model whose embeddings they are, or that will embed ($LEANN_MODEL, else the default)"}, \
	{IMPORT_NAME, "name", "NAME", "call the stored files NAME.jsonl, NAME.2.jsonl and so on"}, \
	{IMPORT_SKIP_EMPTY, "skip-empty", NULL, "leave out records without text, which are an error else"}, \
	{IMPORT_LEXICAL, "lexical", NULL, "also where rare words are, for questions that name something"}, \
	{IMPORT_ENDPOINT, "endpoint", "EP", \
	 "embedding server that embeddings are checked with ($LEANN_ENDPOINT, else the user's own)"}, \
	{IMPORT_PRECISION, "precision", "NAME", "of that server: fp32, bf16, int8 or auto (auto)"}, \
	{IMPORT_NO_START, "no-start", NULL, "do not start a server: exit 75 when none runs"}, \
	{'j', "threads", "N", "threads, at most 1024 (one a processor)"}, \
	{'q', "quiet", NULL, "no progress line, no warnings"}, \
	{'v', "verbose", NULL, "say at the end how much there was and how fast it went"}
#define IMPORT_EMBEDDINGS_OPT \
	{IMPORT_EMBEDDINGS, "embeddings", "auto|reuse|recompute", \
	 "take the embeddings over, or have the texts embedded anew (auto)"}

enum embeddings { EMBEDDINGS_AUTO, EMBEDDINGS_REUSE, EMBEDDINGS_RECOMPUTE };

struct import_args {
	struct import_opts import;
	enum embeddings embeddings;
	bool quiet, verbose;
};
#define IMPORT_ARGS_INIT {.import = {.embed = EMBED_OPTS_INIT}}

/* One of them? Wrong use ends the program. */
bool import_arg(struct import_args *a, const struct opts *o, int id);
/* After the last: environment and the program's arguments. Ends it where stdout is a terminal. */
void import_args_finish(struct import_args *a, const struct opts *o);
/* Lines for stderr, each ended by LF, appended; warnings, and with verbose numbers. */
void import_tell(const struct import_args *a, const struct import_counts *c, double s, struct buf *out);

#endif
