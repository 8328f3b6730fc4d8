/* leann-bundle: look into an index file, take it apart, put it together. See leann-bundle(1). */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/tmpfile.h"
#include "fmt/index_verify.h"
#include "tool.h"

enum { SAMPLE_MAX = 20000 };	/* 30 MB at 384 dimensions, minutes of embedding */
enum { OPT_JSON = 256, OPT_SKIP_STALE, OPT_ROOT, OPT_WAIT, OPT_METRIC, OPT_RECALL, OPT_CHECKSUM, OPT_SELF };

static const struct opt table[] = {
	{OPT_JSON, "json", NULL, "show, stats, validate, import: one JSON object"},
	{OPT_METRIC, "metric", "NAME", "validate: coverage, quantization or balance (all)"},
	{OPT_RECALL, "recall", "N", "validate: embed N passages again, and search among them"},
	{OPT_CHECKSUM, "checksum", NULL, "stats, validate: read every file, whatever its size and time say"},
	{'v', "verbose", NULL, "validate: name every file that changed, and the members"},
	{'q', "quiet", NULL, "verify: say nothing when all is well"},
	{OPT_WAIT, "wait", "SECONDS", "pack, export, import, text -r: wait so long for another writer (0)"},
	{OPT_ROOT, "root", "DIR", "cat, stats, validate, import: the files are below DIR now"},
	{'m', "model", "MODEL", "cat, validate, import: name or directory of the model (the index's)"},
	{OPT_SKIP_STALE, "skip-stale", NULL, "cat: leave out files that changed or went away"},
	{OPT_SELF, "self-contained", NULL, "export: with the bytes of every file"},
	{'r', "reverse", NULL, "text: lines back to the stream or index"},
	{'o', "output", "FILE", "export, import, text -r: write to FILE (text: stdout)"},
	{0},
};

static const char *const metrics[] = {"coverage", "quantization", "balance", NULL};

static const struct command {
	const char *name;
	size_t n_min, n_max;		/* operands */
	const char *operands;
	int (*run)(const struct tool_opts *o, char **args, struct err *e);
} commands[] = {
	{"show", 1, 1, "IDX", cmd_show},
	{"stats", 1, 1, "IDX", cmd_stats},
	{"verify", 1, 1, "IDX", cmd_verify},
	{"validate", 1, 1, "IDX", cmd_validate},
	{"due", 1, 1, "IDX", cmd_due},
	{"unpack", 2, 2, "IDX DIR", cmd_unpack},
	{"pack", 2, 2, "DIR IDX", cmd_pack},
	{"cat", 1, 1, "IDX", cmd_cat},
	{"export", 1, 1, "IDX", cmd_export},
	{"import", 1, 1, "FILE", cmd_import},
	{"text", 0, 1, "[FILE]", cmd_text},
};

static const char more[] =
	"\nCommands:\n  show IDX        what is in an index, and how large\n"
	"  stats IDX       the same, its health, and how long questions take\n"
	"  verify IDX      check every byte and every relation\n"
	"  validate IDX    the same, and are sources as they were and targets met? 1: no\n"
	"  due IDX         is it time to write it anew? why, or 1: no\n"
	"  unpack IDX DIR  members as files\n  pack DIR IDX    the index of such a directory\n"
	"  cat IDX         the passages as a stream, read from their files\n"
	"  export IDX      an index for another machine\n"
	"  import FILE     such an index from another machine, checked; 1: it is not ready\n"
	"  text [FILE]     a stream or an index, one line a record\n";

int cmd_verify(const struct tool_opts *o, char **args, struct err *e)
{
	struct index ix;
	if (index_open(&ix, args[0], e))
		return -1;
	int r = index_verify(&ix, e);
	if (!r && !o->quiet)
		printf("%s: ok: %zu files, %zu chunks, %zu bytes\n", args[0], ix.n_files,
		       ix.n_chunks, ix.b.n_map);
	index_close(&ix);
	return r;
}

int publish_checked(const char *path, double wait_s, const struct js *extra,
		    const struct bundle_part *part, size_t n_parts, struct err *e)
{
	struct tmpout t = {.fd = -1, .dirfd = -1};
	struct index ix = {.b.fd = -1};
	int lock, r = -1;
	if (lock_writer(path, wait_s, &lock, e))
		return -1;
	if (tmpout_open(&t, path, e) || bundle_write(t.fd, path, extra, part, n_parts, e))
		goto out;
	int fd = fcntl(t.fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		err_sys(e, "%s", path);
	else if (index_open_fd(&ix, fd, path, e) || index_verify(&ix, e))
		err_prefix(e, "not written");
	else
		r = tmpout_commit(&t, e);
out:
	index_close(&ix);
	tmpout_abandon(&t);
	close(lock);
	return r;
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	err_usage_die(
		"%s: no command of that name: show, stats, verify, validate, due, unpack, pack, cat, "
		"export, import and text are known",
		name);
}

int main(int argc, char **argv)
{
	struct tool_opts t = {.argv = argv + 1, .n_argv = argc > 1 ? (size_t)argc - 1 : 0};
	struct opts o = {.table = table, .usage = "[options] COMMAND ...", .more = more,
			 .summary = "Look into an index file, take it apart, put it together."};
	struct err e;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		switch (c) {
		case 'q': t.quiet = true; break;
		case 'r': t.reverse = true; break;
		case 'o': t.out = o.val; break;
		case 'm': t.model = o.val; break;
		case 'v': t.verbose = true; break;
		case OPT_RECALL: t.n_sample = (size_t)opts_num(&o, 2, SAMPLE_MAX); break;
		case OPT_CHECKSUM: t.checksum = true; break;
		case OPT_JSON: t.json = true; break;
		case OPT_METRIC: t.metric = metrics[opts_word(&o, metrics)]; break;
		case OPT_SELF: t.self_contained = true; break;
		case OPT_SKIP_STALE: t.skip_stale = true; break;
		case OPT_ROOT: t.root = o.val; break;
		case OPT_WAIT: t.wait_s = opts_real(&o, 0, 86400); break;
		}
	if (!o.n_args)
		err_usage_die(
			"a command is needed: show, stats, verify, validate, due, unpack, pack, cat, export, "
			"import or text");
	const struct command *c = find(o.args[0]);
	if (o.n_args - 1 < c->n_min || o.n_args - 1 > c->n_max)
		err_usage_die("%s takes %s", c->name, c->operands);
	/* text without FILE reads stdin: it gets a NULL */
	char *args[3] = {o.n_args > 1 ? o.args[1] : NULL, o.n_args > 2 ? o.args[2] : NULL, NULL};
	int status = c->run(&t, args, &e);
	if (status < 0)
		err_die(&e);
	mem_free(o.args);
	close_stdout_die();
	return status;
}
