/* leann-extract: a document in, its text out, page by page; see leann-extract(1). */
#include "extract.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"

enum { ID_TEXT = 256, ID_JSON, ID_NAME, ID_MAX_TEXT, ID_MEMORY, ID_TIMEOUT, ID_ARCHIVES, INPUT_MAX = 1 << 30 };
#define UNPACKED_MAX ((uint64_t)1 << 30)

static const struct opt table[] = {
	{ID_TEXT, "text", NULL, "plain text, a form feed between parts"},
	{ID_JSON, "json", NULL, "JSON Lines, one object a part"},
	{ID_NAME, "name", "NAME", "what standard input is called: its extension counts"},
	{ID_ARCHIVES, "archives", NULL, "members of zip and tar archives, too"},
	{ID_MAX_TEXT, "max-text", "SIZE", "bytes of text (64M)"},
	{ID_MEMORY, "memory", "MB", "of this process and of those that it starts, each (1024)"},
	{'t', "timeout", "SECONDS", "of processor time, each (60)"},
	{0},
};

struct args {
	struct out o;
	enum out_mode mode;
	const char *name;
};

static void parse(struct args *a, struct opts *o)
{
	struct limits *l = &a->o.limits;
	for (int c; (c = opts_next(o));) {
		switch (c) {
		case ID_TEXT: a->mode = OUT_TEXT; break;
		case ID_JSON: a->mode = OUT_JSON; break;
		case ID_NAME: a->name = o->val; break;
		case ID_ARCHIVES: a->o.archives = true; break;
		case ID_MAX_TEXT: l->max_text = opts_size(o, INPUT_MAX); break;
		case ID_MEMORY: l->memory_mb = (unsigned)opts_num(o, 64, 1 << 20); break;
		case 't': l->timeout_s = (unsigned)opts_num(o, 1, 86400); break;
		}
	}
	if (o->n_args != 1)
		err_usage_die("want one document, or - for standard input");
}

static int run(struct args *a, const char *operand, struct err *e)
{
	bool is_stdin = !strcmp(operand, "-");
	const char *name = a->name ? a->name : is_stdin ? "stdin" : operand;
	struct buf b = BUF_INIT;
	if (a->mode == OUT_STREAM && isatty(1))
		return err_set(e, ERR_USAGE, "stdout is a terminal: --text or --json");
	if (is_stdin ? fd_slurp(0, "stdin", INPUT_MAX, &b, e) : file_slurp(operand, INPUT_MAX, &b, e))
		return -1;
	if (sandbox_enter(&a->o.limits, e))
		return -1;
	struct doc d = {name, b.p ? b.p : (const uint8_t *)"", b.len};
	int r = extract(&a->o, doctype_find(name, strlen(name), d.p, d.n), &d, e);
	if (r)
		err_prefix(e, "%s", name);
	else
		r = out_end(&a->o, e);
	if (!r && a->o.n_unread)
		err_warn("%s: %zu members could not be read", name, a->o.n_unread);
	buf_release(&b);
	return r;
}

int main(int argc, char **argv)
{
	struct args a = {.o.limits = {.max_text = 64 << 20, .max_unpacked = UNPACKED_MAX, .timeout_s = 60,
				      .memory_mb = 1024}};
	struct opts o = {.table = table, .usage = "[options] FILE | -",
			 .summary = "Take the text out of a document."};
	struct err e;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	parse(&a, &o);
	out_open(&a.o, a.mode);
	if (run(&a, o.args[0], &e)) {
		if (a.mode == OUT_STREAM)
			stream_out_fail(&a.o.stream, &e);
		err_die(&e);
	}
	out_release(&a.o);
	mem_free(o.args);
	close_stdout_die();
	return 0;
}
