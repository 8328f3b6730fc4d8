/* leann-from-vectors, -npy, -fvecs, -faiss: embeddings in a file and their texts as a stream; see the page. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/progress.h"
#include "pairs.h"
#include "port/import.h"
#include "port/import_args.h"
#include "sys/jsonl.h"

enum { ID_TEXTS = 256, ID_FORMAT };

static const struct opt table[] = {
	{ID_TEXTS, "texts", "FILE", "JSON Lines with \"id\" and \"text\", in the order of the embeddings; - is stdin"},
	{ID_FORMAT, "format", "any|npy|fvecs|faiss", "of the embeddings (what the program's name or the file says)"},
	IMPORT_OPTS,
	{0},
};

struct run {
	struct import_args a;
	const char *texts, *path;
	enum vecfile_format format;
	struct vecfile v;
	struct pairs pairs;
	struct jsonl_in r;
	struct import *x;
	struct progress progress;
	float *vec;
};

static int take_line(struct run *u, const struct buf *b, const char *where, uint64_t number, struct err *e)
{
	size_t row;
	if (jsonl_in(&u->r, b->p, b->len, false, e) || pairs_next(&u->pairs, &u->r, &row, e))
		return err_prefix(e, "%s:%" PRIu64, where, number);
	vecfile_row(&u->v, row, u->vec);
	progress_at(&u->progress, u->pairs.n_used);
	return import_add(u->x, u->r.line.p, u->r.line.len, where, number, u->vec, e);
}

static int read_texts(struct run *u, struct err *e)
{
	const char *where = strcmp(u->texts, "-") ? u->texts : "stdin";
	int fd = where == u->texts ? open(u->texts, O_RDONLY | O_CLOEXEC) : 0, r = 0;
	struct fdin in;
	struct buf b = BUF_INIT;
	bool more = true;
	if (fd < 0)
		return err_sys(e, "%s", u->texts);
	fdin_init(&in, fd, where);
	for (uint64_t number = 1; !r; number++) {
		r = fdin_line(&in, '\n', JSONL_LINE_MAX, &b, &more, e);
		if (r || !more)
			break;
		if (b.len && strspn((const char *)b.p, " \t\r") != b.len)
			r = take_line(u, &b, where, number, e);
	}
	fdin_release(&in);
	buf_release(&b);
	if (fd)
		close(fd);
	return r ? r : pairs_end(&u->pairs, e) ? err_prefix(e, "%s", where) : 0;
}

static int convert(struct run *u, struct err *e)
{
	if (vecfile_open(&u->v, u->path, u->format, e))
		return -1;
	if (pairs_open(&u->pairs, &u->v, e))
		return err_prefix(e, "%s", u->path);
	u->a.import.vectors = true;
	if (import_open(&u->a.import, 1, "stdout", &u->x, e))
		return -1;
	if (import_dim(u->x) != u->v.dim)
		return err_set(e, ERR_DATA, "%s: embeddings of %zu numbers, the model has %zu: name theirs "
			       "with --model", u->path, u->v.dim, import_dim(u->x));
	u->vec = mem_array(u->v.dim, sizeof *u->vec);
	return read_texts(u, e) ? -1 : import_end(u->x, e);
}

/* "books" of "dir/books.npy". */
static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
	char *name = dot && dot != base ? mem_strndup(base, (size_t)(dot - base)) : mem_strdup(base);
	if (import_name_ok(name))
		return name;
	mem_free(name);
	return mem_strdup("vectors");
}

/* The format that the program is called by; any. */
static enum vecfile_format format_of(void)
{
	const char *dash = strrchr(err_prog(), '-');
	for (size_t i = 0; dash && vecfile_names[i]; i++)
		if (!strcmp(dash + 1, vecfile_names[i]))
			return (enum vecfile_format)i;
	return VECFILE_ANY;
}

static void say(const struct run *u, double t0_s)
{
	struct buf text = BUF_INIT;
	import_tell(&u->a, import_counts(u->x), now_s() - t0_s, &text);
	if (text.len)
		fputs((const char *)text.p, stderr);
	buf_release(&text);
}

int main(int argc, char **argv)
{
	struct run u = {.a = IMPORT_ARGS_INIT, .r = JSONL_IN_INIT};
	struct opts o = {.table = table, .usage = "--texts FILE [options] VECTORS",
			 .summary = "Embeddings in a file of NumPy, FAISS or .fvecs, and their texts, as a stream."};
	struct err e;
	double t0_s = now_s();
	prog_start(argv[0]);
	u.format = format_of();
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));) {
		if (import_arg(&u.a, &o, c))
			continue;
		switch (c) {
		case ID_TEXTS: u.texts = o.val; break;
		case ID_FORMAT: u.format = (enum vecfile_format)opts_word(&o, vecfile_names); break;
		}
	}
	if (o.n_args != 1 || !u.texts)
		err_usage_die("want one file of embeddings, and --texts FILE");
	import_args_finish(&u.a, &o);
	u.path = o.args[0];
	char *name = name_of(u.path);
	if (!u.a.import.name)
		u.a.import.name = name;
	progress_start(&u.progress, "records", 0, u.a.quiet);
	if (convert(&u, &e)) {
		import_fail(u.x, 1, &e);
		err_die(&e);
	}
	progress_end(&u.progress, u.pairs.n_used);
	say(&u, t0_s);
	import_close(u.x);
	pairs_release(&u.pairs);
	vecfile_close(&u.v);
	jsonl_in_release(&u.r);
	mem_free(u.vec);
	mem_free(name);
	mem_free(o.args);
	return 0;
}
