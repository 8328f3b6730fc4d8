/*
 * leann-to-npy: vectors of a stream as an array of NumPy, passages beside it; see leann-to-npy(1).
 * The array's format: version 1.0 of numpy.lib.format.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/progress.h"
#include "base/tmpfile.h"
#include "port/items.h"

enum { ID_FORCE = 256 };
enum { HEAD_BYTES = 128 };	/* of the array: numbers of passages are known at the end */

static const struct opt table[] = {
	{ID_FORCE, "force", NULL, "replace vectors that are there"},
	{'q', "quiet", NULL, "no progress line"},
	{0},
};

struct npy {
	char *vectors, *passages;	/* paths */
	struct tmpout t_vectors, t_passages;
	struct fdout o_vectors, o_passages;
};

static int put_item(struct npy *w, const struct item *it, struct buf *line, struct err *e)
{
	uint8_t le[4 * DIM_MAX];
	for (size_t i = 0; i < it->dim; i++)
		put_lef32(le + 4 * i, it->vec[i]);
	buf_clear(line);
	item_json(it, ITEM_VEC_NONE, line);
	buf_addc(line, '\n');
	return fdout_add(&w->o_vectors, le, 4 * it->dim, e) ||
			fdout_add(&w->o_passages, line->p, line->len, e) ? -1 : 0;
}

static int put_head(struct npy *w, uint64_t n, size_t dim, struct err *e)
{
	uint8_t head[HEAD_BYTES];
	memset(head, ' ', sizeof head);
	memcpy(head, "\x93NUMPY\x01\x00", 8);
	head[8] = HEAD_BYTES - 10;	/* bytes behind this, u16 little-endian */
	head[9] = 0;
	int k = snprintf((char *)head + 10, sizeof head - 10,
			 "{'descr': '<f4', 'fortran_order': False, 'shape': (%" PRIu64 ", %zu), }", n, dim);
	head[10 + k] = ' ';
	head[HEAD_BYTES - 1] = '\n';
	return fd_pwrite(w->t_vectors.fd, w->vectors, head, sizeof head, 0, e);
}

/*
 * The array appears last: where it is, the passages are its own. An array of before goes first, so
 * that it never lies beside the passages of another.
 */
static int publish(struct npy *w, struct err *e)
{
	if (fdout_flush(&w->o_vectors, e) || fdout_flush(&w->o_passages, e))
		return -1;
	if (unlink(w->vectors) && errno != ENOENT)
		return err_sys(e, "%s", w->vectors);
	return tmpout_commit(&w->t_passages, e) || tmpout_commit(&w->t_vectors, e) ? -1 : 0;
}

static int put_all(struct npy *w, struct items *s, bool quiet, struct err *e)
{
	const uint8_t room[HEAD_BYTES] = {0};
	struct buf line = BUF_INIT;
	struct progress p;
	struct item it;
	int k = fdout_add(&w->o_vectors, room, sizeof room, e) ? -1 : 1;
	progress_start(&p, "passages", 0, quiet);
	while (k > 0 && (k = items_next(s, &it, e)) > 0) {
		if (put_item(w, &it, &line, e))
			k = -1;
		progress_at(&p, s->n);
	}
	progress_end(&p, s->n);
	buf_release(&line);
	return k || fdout_flush(&w->o_vectors, e) || put_head(w, s->n, s->check.dim, e) ? -1 : publish(w, e);
}

static int open_all(struct npy *w, const char *dir, bool force, struct err *e)
{
	struct stat st;
	if (mkdir(dir, 0777) && errno != EEXIST)
		return err_sys(e, "%s", dir);
	w->vectors = mem_printf("%s/vectors.npy", dir);
	w->passages = mem_printf("%s/passages.jsonl", dir);
	if (!force && !lstat(w->vectors, &st))
		return err_set(e, ERR_USAGE, "%s: is there already: --force replaces it", w->vectors);
	if (tmpout_open(&w->t_vectors, w->vectors, e) || tmpout_open(&w->t_passages, w->passages, e))
		return -1;
	fdout_init(&w->o_vectors, w->t_vectors.fd, w->vectors);
	fdout_init(&w->o_passages, w->t_passages.fd, w->passages);
	return 0;
}

int main(int argc, char **argv)
{
	struct opts o = {.table = table, .usage = "[options] DIR <VECTORS",
			 .summary = "vectors of a stream as an array of NumPy, passages beside it"};
	struct npy w = {.t_vectors = {.fd = -1, .dirfd = -1}, .t_passages = {.fd = -1, .dirfd = -1}};
	static struct items s;
	bool force = false, quiet = false;
	struct err e;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));) {
		force |= c == ID_FORCE;
		quiet |= c == 'q';
	}
	if (o.n_args != 1)
		err_usage_die("want one folder to write to");
	int r = items_open(&s, 0, "stdin", true, &e) || open_all(&w, o.args[0], force, &e) ||
		put_all(&w, &s, quiet, &e);
	tmpout_abandon(&w.t_vectors);
	tmpout_abandon(&w.t_passages);
	fdout_release(&w.o_vectors);
	fdout_release(&w.o_passages);
	items_release(&s);
	mem_free(w.vectors);
	mem_free(w.passages);
	mem_free(o.args);
	if (r)
		err_die(&e);
	return 0;
}
