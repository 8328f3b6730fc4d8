/* leann-from-chroma: a collection of Chroma as a stream, its embeddings where they are ours; leann-from-chroma(1). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "chroma.h"
#include "port/import.h"
#include "port/import_args.h"

enum { ID_COLLECTION = 256, ID_PATH, ID_DATABASE, ID_LIST };

static const struct opt table[] = {
	{ID_COLLECTION, "collection", "NAME", "the collection"},
	{ID_PATH, "path", "DIR", "folder of the store, with chroma.sqlite3 in it (chroma)"},
	{ID_DATABASE, "database", "NAME", "Chroma's database, where several have such a collection"},
	{ID_LIST, "list", NULL, "print the collections: name, records, dimensions, model, database"},
	IMPORT_EMBEDDINGS_OPT,
	IMPORT_OPTS,
	{0},
};

struct run {
	struct import_args a;
	const char *dir, *collection, *database;
	char *file;			/* DIR/chroma.sqlite3 */
	struct collection c;
	struct records r;
	struct vectors v;
	struct import *x;
};

static void put_name(const char *s, char end)
{
	uint32_t cp;
	for (size_t left = strlen(s), n; left; s += n, left -= n) {
		n = utf8_get(s, left, &cp);
		if (!n || utf8_steers(cp))
			putchar('?');
		else
			fwrite(s, 1, n, stdout);
		n = n ? n : 1;
	}
	putchar(end);
}

static int list(struct run *u, struct db *d, struct err *e)
{
	struct collection *c;
	size_t n;
	(void)u;
	int r = chroma_collections(d, &c, &n, e);
	for (size_t i = 0; i < n; i++) {
		if (!r) {
			put_name(c[i].name, '\t');
			printf("%" PRIu64 "\t%zu\t", c[i].n, c[i].dim);
			put_name(*c[i].model ? c[i].model : "-", '\t');
			put_name(c[i].database, '\n');
		}
		collection_release(&c[i]);
	}
	mem_free(c);
	return r;
}

/* All that is wanted of the store, quickly: its writers wait. */
static int take(struct run *u, struct db *d, struct err *e)
{
	if (chroma_find(d, u->collection, u->database, &u->c, e) || records_read(d, &u->c, &u->r, e))
		return -1;
	if (u->a.embeddings == EMBEDDINGS_RECOMPUTE)
		return 0;
	return vectors_find(d, u->dir, &u->c, &u->r, &u->v, e);
}

static int read_store(struct run *u, int (*f)(struct run *u, struct db *d, struct err *e), struct err *e)
{
	struct db *d;
	struct stat st;
	if (stat(u->file, &st))
		return err_sys(e, "%s", u->file);
	u->a.import.mtime_ns = st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	if (db_open(u->file, &d, e))
		return -1;
	int r = chroma_check(d, e) ? err_prefix(e, "%s", u->file) : f(u, d, e);
	db_close(d);
	return r;
}

static int write_all(struct run *u, struct err *e)
{
	struct buf line = BUF_INIT;
	struct progress progress;
	float *vec = mem_array(u->c.dim ? u->c.dim : 1, sizeof *vec);
	int r = import_open(&u->a.import, 1, "stdout", &u->x, e);
	progress_start(&progress, "records", u->r.n, u->a.quiet);
	for (size_t i = 0; i < u->r.n && !r; i++) {
		r = records_line(&u->r, i, &line, e);
		if (!r && u->a.import.vectors)
			r = vectors_get(&u->v, i, vec, e);
		if (!r)
			r = import_add(u->x, line.p, line.len, u->c.name, i + 1, vec, e);
		progress_at(&progress, i);
	}
	progress_end(&progress, u->r.n);
	mem_free(vec);
	buf_release(&line);
	return r ? r : import_end(u->x, e);
}

static int convert(struct run *u, struct err *e)
{
	if (read_store(u, take, e))
		return -1;
	int reuse = decide(&u->a, &u->c, &u->r, &u->v, e);
	if (reuse < 0)
		return -1;
	u->a.import.vectors = reuse;
	if (!u->a.import.name)
		u->a.import.name = import_name_ok(u->c.name) ? u->c.name : "collection";
	return write_all(u, e);
}

static void say(struct run *u, double t0_s)
{
	struct buf text = BUF_INIT;
	import_tell(&u->a, import_counts(u->x), now_s() - t0_s, &text);
	if (text.len)
		fputs((const char *)text.p, stderr);
	buf_release(&text);
}

static void release(struct run *u)
{
	import_close(u->x);
	collection_release(&u->c);
	records_release(&u->r);
	vectors_release(&u->v);
	mem_free(u->file);
}

int main(int argc, char **argv)
{
	struct run u = {.a = IMPORT_ARGS_INIT, .dir = "chroma", .r = RECORDS_INIT, .v = VECTORS_INIT};
	struct opts o = {.table = table,
			 .usage = "--collection NAME [--path DIR] [options]\n"
				  "       leann-from-chroma --list [--path DIR]",
			 .summary = "A collection of Chroma, with its embeddings where they are the model's, "
				    "as a stream."};
	struct err e;
	bool only_list = false;
	double t0_s = now_s();
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));) {
		if (import_arg(&u.a, &o, c))
			continue;
		switch (c) {
		case ID_COLLECTION: u.collection = o.val; break;
		case ID_PATH: u.dir = o.val; break;
		case ID_DATABASE: u.database = o.val; break;
		case ID_LIST: only_list = true; break;
		}
	}
	if (o.n_args || (!u.collection && !only_list))
		err_usage_die("want --collection NAME, or --list, and no operands");
	if (!only_list)
		import_args_finish(&u.a, &o);
	u.file = mem_printf("%s/chroma.sqlite3", u.dir);
	if (only_list ? read_store(&u, list, &e) : convert(&u, &e)) {
		if (!only_list)
			import_fail(u.x, 1, &e);
		err_die(&e);
	}
	if (!only_list)
		say(&u, t0_s);
	release(&u);
	mem_free(o.args);
	if (only_list)
		close_stdout_die();
	return 0;
}
