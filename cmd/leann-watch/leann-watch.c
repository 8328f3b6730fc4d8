/* leann-watch: says when files below folders changed, a line a batch; see leann-watch(1). */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "sys/stop.h"
#include "sys/watch.h"

enum {
	ID_EXCLUDE = 256, ID_HIDDEN, ID_NO_IGNORE, ID_DEBOUNCE, ID_LONGEST, ID_INTERVAL, ID_MAX, ID_POLL,
	ID_ONCE, ID_ONE_FS, ID_FOLLOW,
};

static const struct opt table[] = {
	{'g', "glob", "GLOB", "only files that match; !GLOB leaves files out"},
	{ID_EXCLUDE, "exclude", "FILE", "this file and FILE.lock do not count: an index in the folder"},
	{ID_HIDDEN, "hidden", NULL, "names that start with a dot too"},
	{ID_NO_IGNORE, "no-ignore", NULL, "obey neither ignore files nor the ignore list"},
	{'u', "unrestricted", NULL, "-u: --no-ignore; -uu: --hidden, too"},
	{ID_FOLLOW, "follow", NULL, "follow symbolic links found in folders"},
	{ID_ONE_FS, "one-file-system", NULL, "enter no folder of another file system"},
	{ID_DEBOUNCE, "debounce", "MS", "milliseconds of quiet before a batch (500)"},
	{ID_LONGEST, "longest", "S", "seconds that a batch waits for quiet at most (5)"},
	{ID_INTERVAL, "interval", "S", "seconds between looks where no watches are to be had (30)"},
	{ID_MAX, "max-watches", "N", "watch so many folders at most (all)"},
	{ID_POLL, "poll", NULL, "no watches: look every --interval"},
	{ID_ONCE, "once", NULL, "leave after the first batch"},
	{'0', "null", NULL, "print the names, each ended by NUL, and an empty one after a batch"},
	{'v', "verbose", NULL, "say how many folders and files are watched"},
	{0},
};

struct args {
	struct watch_opts w;
	struct globs globs;
	const char **exclude;		/* as many as there are arguments */
	char **roots;
	bool null, verbose, once;
};

static void warn(const char *msg)
{
	err_warn("%s", msg);
}

static void parse(struct args *a, int argc, char **argv)
{
	struct err e;
	struct opts o = {.table = table, .usage = "[options] PATH ...",
			 .summary = "print a line when files below folders have changed"};
	a->exclude = mem_array((size_t)argc + 1, sizeof *a->exclude);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		switch (c) {
		case 'g':
			if (globs_add(&a->globs, o.val, &e))
				err_die(&e);
			break;
		case ID_EXCLUDE:
			if (!*o.val)
				err_usage_die("--exclude: the value is empty");
			a->exclude[a->w.n_exclude++] = o.val;
			break;
		case ID_HIDDEN: a->w.hidden = true; break;
		case ID_NO_IGNORE: a->w.no_ignore = true; break;
		case ID_FOLLOW: a->w.follow = true; break;
		case ID_ONE_FS: a->w.one_fs = true; break;
		case 'u':
			a->w.hidden |= a->w.no_ignore;
			a->w.no_ignore = true;
			break;
		case ID_DEBOUNCE: a->w.debounce_s = (double)opts_num(&o, 1, 3600000) / 1000; break;
		case ID_LONGEST: a->w.longest_s = opts_real(&o, 0, 86400); break;
		case ID_INTERVAL: a->w.interval_s = opts_real(&o, .1, 86400); break;
		case ID_MAX: a->w.max_watches = (size_t)opts_num(&o, 1, 1 << 30); break;
		case ID_POLL: a->w.poll = true; break;
		case ID_ONCE: a->once = true; break;
		case '0': a->null = true; break;
		case 'v': a->verbose = true; break;
		}
	if (!o.n_args)
		err_usage_die("want a folder or a file to watch");
	for (size_t i = 0; i < o.n_args; i++)
		if (!*o.args[i])
			err_usage_die("the name of a folder is empty");
	a->roots = o.args;
	a->w.roots = (const char *const *)o.args;
	a->w.n_roots = o.n_args;
	a->w.exclude = a->exclude;
	a->w.globs = &a->globs;
	a->w.warn = warn;
}

/* Written at once: whoever reads acts on it. */
static int put(const struct args *a, const char *word, size_t n, const struct watch_batch *b,
	       struct err *e)
{
	char line[60];
	if (!a->null) {
		int k = snprintf(line, sizeof line, "%s %zu\n", word, n);
		return fd_write(1, "stdout", line, (size_t)k, e);
	}
	return (b && fd_write(1, "stdout", b->names.p, b->names.len, e)) ||
	       fd_write(1, "stdout", "", 1, e) ? -1 : 0;
}

static int run(const struct args *a, struct err *e)
{
	struct watch *w;
	struct watch_batch b = WATCH_BATCH_INIT;
	int stop_fd, r;
	if (stop_fd_open(&stop_fd, e) || watch_open(&a->w, &w, e))
		return -1;
	if (a->verbose)
		fprintf(stderr, "%s: %zu files, %zu folders watched\n", err_prog(),
			watch_n_files(w), watch_n_dirs(w));
	r = put(a, "watching", watch_n_files(w), NULL, e);
	while (!r && (r = watch_next(w, stop_fd, 1, &b, e)) > 0) {
		r = put(a, "changed", b.n, &b, e);
		if (a->once)
			break;
	}
	if (!r && poll(&(struct pollfd){1, 0, 0}, 1, 0) > 0)	/* the reader left: */
		r = put(a, "changed", 0, NULL, e);		/* this ends as all writing then does */
	watch_batch_release(&b);
	watch_free(w);
	return r;
}

int main(int argc, char **argv)
{
	struct args a = {.w = WATCH_OPTS_INIT, .globs = GLOBS_INIT};
	struct err e;
	prog_start(argv[0]);
	parse(&a, argc, argv);
	if (run(&a, &e))
		err_die(&e);
	globs_release(&a.globs);
	mem_free(a.exclude);
	mem_free(a.roots);
	close_stdout_die();
	return 0;
}
