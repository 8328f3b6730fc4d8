/* leann-from-jsonl: records of JSON Lines -> a stream, with their embeddings where; see leann-from-jsonl(1). */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/progress.h"
#include "fmt/record.h"
#include "from_jsonl.h"
#include "port/import.h"
#include "port/import_args.h"
#include "port/jsonl_in.h"
#include "sys/jsonl.h"

enum {
	ID_OFFICIAL = 256,
	LINE_MAX_BYTES = JSONL_LINE_MAX + 32 * DIM_MAX,	/* with an embedding, 32 characters a number */
};

static const struct opt table[] = {
	{ID_OFFICIAL, "official", NULL, "FILE is the .meta.json of an index of the official LEANN: read its passages"},
	IMPORT_EMBEDDINGS_OPT,
	IMPORT_OPTS,
	{0},
};

struct run {
	struct import_args *a;
	const struct inputs *in;
	struct import *x;
	struct jsonl_in r;
	struct progress progress;
	uint64_t n;
};

/* The first record has been read: it says whether embeddings come. */
static int begin(struct run *u, struct err *e)
{
	u->a->import.vectors = u->a->embeddings == EMBEDDINGS_REUSE ||
			       (u->a->embeddings == EMBEDDINGS_AUTO && u->r.has_vec);
	return import_open(&u->a->import, 1, "stdout", &u->x, e);
}

static bool is_blank(const struct buf *b)
{
	return strspn((const char *)b->p, " \t\r") == b->len;
}

static int take_line(struct run *u, const struct buf *b, const char *where, uint64_t number, struct err *e)
{
	bool vectors = u->a->embeddings != EMBEDDINGS_RECOMPUTE && (!u->x || u->a->import.vectors);
	if (jsonl_in(&u->r, b->p, b->len, vectors, e) || (!u->x && begin(u, e)))
		return err_prefix(e, "%s:%" PRIu64, where, number);
	size_t dim = import_dim(u->x), n = u->r.has_vec ? u->r.vec.len / sizeof(float) : 0;
	if (dim && n != dim)
		return err_set(e, ERR_DATA, "%s:%" PRIu64 ": an embedding of %zu numbers, the model has %zu: name its "
			       "model with --model, or have all texts embedded with --embeddings=recompute", where,
			       number, n, dim);
	progress_at(&u->progress, u->n++);
	return import_add(u->x, u->r.line.p, u->r.line.len, where, number,
			  dim ? (const float *)(const void *)u->r.vec.p : NULL, e);
}

static int read_lines(struct run *u, int fd, const char *where, struct err *e)
{
	struct fdin in;
	struct buf b = BUF_INIT;
	bool more = true;
	int r = 0;
	fdin_init(&in, fd, where);
	for (uint64_t number = 1; !r; number++) {
		r = fdin_line(&in, '\n', LINE_MAX_BYTES, &b, &more, e);
		if (r || !more)
			break;
		if (b.len && !is_blank(&b))
			r = take_line(u, &b, where, number, e);
	}
	fdin_release(&in);
	buf_release(&b);
	return r;
}

static int open_input(const char *path, int *fd, int64_t *mtime_ns, struct err *e)
{
	struct stat st;
	*fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : 0;
	if (*fd < 0)
		return err_sys(e, "%s", path);
	if (fstat(*fd, &st) == 0 && S_ISDIR(st.st_mode))
		return err_set(e, ERR_DATA, "%s: is a directory", path);
	*mtime_ns = *fd && S_ISREG(st.st_mode) ? st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec : 0;
	return 0;
}

static int read_inputs(struct run *u, struct err *e)
{
	for (size_t i = 0; i < u->in->n; i++) {
		const char *path = u->in->path[i], *shown = strcmp(path, "-") ? path : "stdin";
		int64_t mtime_ns = 0;
		int fd = -1, r = open_input(path, &fd, &mtime_ns, e);
		if (!u->x && !r)
			u->a->import.mtime_ns = mtime_ns;
		if (!r)
			r = read_lines(u, fd, shown, e);
		if (fd > 0)
			close(fd);
		if (r)
			return -1;
	}
	if (u->in->n_want != UINT64_MAX && u->n != u->in->n_want)
		return err_set(e, ERR_DATA, "%" PRIu64 " passages, its .meta.json says %" PRIu64 ": which of them were "
			       "deleted is in a pickle, which is not opened: have LEANN build the index anew", u->n,
			       u->in->n_want);
	if (!u->x && begin(u, e))
		return -1;
	return import_end(u->x, e);
}

/* "NAME" of "folder/NAME.jsonl"; "stdin". */
static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t n = strlen(base), cut = n > 6 && !strcmp(base + n - 6, ".jsonl") ? n - 6 : n;
	char *name = strcmp(path, "-") ? mem_strndup(base, cut) : mem_strdup("stdin");
	if (import_name_ok(name))
		return name;
	mem_free(name);
	return mem_strdup("records");
}

static void say(const struct run *u, double t0_s)
{
	struct buf text = BUF_INIT;
	import_tell(u->a, import_counts(u->x), now_s() - t0_s, &text);
	if (text.len)
		fputs((const char *)text.p, stderr);
	if (u->in->model && u->a->verbose)
		fprintf(stderr, "%s: that index was made with the model %s\n", err_prog(), u->in->model);
	buf_release(&text);
}

int main(int argc, char **argv)
{
	struct import_args a = IMPORT_ARGS_INIT;
	struct inputs in = {.n_want = UINT64_MAX};
	struct run u = {.a = &a, .in = &in, .r = JSONL_IN_INIT};
	struct opts o = {.table = table, .usage = "[options] [FILE...] | --official FILE.meta.json",
			 .summary = "Records of JSON Lines, with their embeddings where, as a stream on stdout."};
	struct err e;
	bool official = false;
	double t0_s = now_s();
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		if (!import_arg(&a, &o, c))
			official = true;
	if (official && o.n_args != 1)
		err_usage_die("--official: want one file, NAME.meta.json");
	import_args_finish(&a, &o);
	int r = official ? inputs_official(&in, o.args[0], &e) : 0;
	for (size_t i = 0; !official && i < o.n_args; i++)
		inputs_add(&in, mem_strdup(o.args[i]));
	if (!r && !in.n)
		inputs_add(&in, mem_strdup("-"));
	if (!in.name)
		in.name = name_of(in.n ? in.path[0] : "-");
	if (!a.import.name)
		a.import.name = in.name;
	progress_start(&u.progress, "records", 0, a.quiet);
	if (r || read_inputs(&u, &e)) {
		import_fail(u.x, 1, &e);
		err_die(&e);
	}
	progress_end(&u.progress, u.n);
	say(&u, t0_s);
	import_close(u.x);
	jsonl_in_release(&u.r);
	inputs_release(&in);
	mem_free(o.args);
	return 0;
}
