/* leann-mcp: indexes for agents, by the Model Context Protocol. See leann-mcp(1). */
#define _GNU_SOURCE	/* realpath */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "config.h"
#include "session.h"

enum { ID_INDEX = 256, ID_WRITE, ID_PRINT, ID_TIMEOUT, ID_NO_START };

static const struct opt table[] = {
	{ID_INDEX, "index", "FILE", "offer this index; again for more"},
	{ID_WRITE, "allow-write", NULL, "offer leann_build, which makes and updates indexes"},
	{ID_TIMEOUT, "timeout", "SECONDS", "give up on the embedding server after (60)"},
	{ID_NO_START, "no-start", NULL, "do not start an embedding server"},
	{ID_PRINT, "print-config", "CLIENT", "print settings that run this for claude, codex, vscode or cursor"},
	{0},
};

struct settings {
	const char *index[CATALOG_MAX];
	size_t n_index;
	bool write;
	const char *client, *timeout;	/* timeout as it was given */
	struct leann_options o;
};

static void parse(int argc, char **argv, struct settings *s)
{
	struct opts o = {.table = table, .usage = "[options] --index FILE [--index FILE ...]",
			 .summary = "Answer an agent's questions to indexes: an MCP server on stdin and stdout."};
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		switch (c) {
		case ID_INDEX:
			if (s->n_index == CATALOG_MAX)
				err_usage_die("the limit is %d indexes", CATALOG_MAX);
			s->index[s->n_index++] = o.val;
			break;
		case ID_WRITE: s->write = true; break;
		case ID_PRINT: s->client = o.val; break;
		case ID_TIMEOUT:
			s->o.timeout_s = opts_real(&o, .001, 86400);
			s->timeout = o.val;
			break;
		case ID_NO_START: s->o.no_start = 1; break;
		}
	if (o.n_args)
		err_usage_die("%s: want --index before it", o.args[0]);
	if (!s->n_index && !s->write)
		err_usage_die("which --index?");
	mem_free(o.args);
}

/* These options with absolute paths, which hold wherever the client starts us. */
static int print_config(const struct settings *s, struct err *e)
{
	const char **argv = mem_calloc(2 * s->n_index + 6, sizeof *argv), *where;
	char *self = env_program("leann-mcp"), real[PATH_MAX];
	struct buf out = BUF_INIT;
	size_t n = 0;
	int r = 0;
	argv[n++] = realpath(self, real) ? real : self;
	for (size_t i = 0; i < s->n_index && !r; i++) {
		argv[n++] = "--index";
		argv[n] = realpath(s->index[i], NULL);
		if (!argv[n++])
			r = err_sys(e, "%s", s->index[i]);
	}
	if (s->write)
		argv[n++] = "--allow-write";
	if (s->o.no_start)
		argv[n++] = "--no-start";
	if (s->timeout) {
		argv[n++] = "--timeout";
		argv[n++] = s->timeout;
	}
	r = r || config_print(s->client, argv, n, &out, &where, e) ||
			    fd_write(STDOUT_FILENO, "stdout", out.p, out.len, e) ? -1 : 0;
	if (!r)
		fprintf(stderr, "%s: this belongs into %s\n", err_prog(), where);
	for (size_t i = 0; i < s->n_index; i++)
		free((char *)(uintptr_t)argv[2 * i + 2]);
	buf_release(&out);
	mem_free(self);
	mem_free(argv);
	return r;
}

int main(int argc, char **argv)
{
	struct settings s = {.o = LEANN_OPTIONS_INIT};
	struct err e;
	prog_start(argv[0]);
	parse(argc, argv, &s);
	if (s.client) {
		if (print_config(&s, &e))
			err_die(&e);
		return 0;
	}
	struct catalog *c = catalog_new();
	for (size_t i = 0; i < s.n_index; i++)
		if (catalog_add(c, NULL, s.index[i], &e))
			err_die(&e);
	if (isatty(STDIN_FILENO))
		err_warn("waits for messages of an MCP client on stdin: see --print-config");
	struct mcp m = {.builder = s.write ? builder_new() : NULL};
	if (session_run(&m, c, &s.o, &e))
		err_die(&e);
	builder_free(m.builder);
	catalog_free(c);
	return 0;
}
