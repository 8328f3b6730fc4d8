/* leann-to-jsonl: passages of a stream, with their vectors, as JSON Lines; see leann-to-jsonl(1). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/progress.h"
#include "base/tmpfile.h"
#include "port/items.h"

enum { ID_NONE = 256, ID_EMBEDDING };

static const struct opt table[] = {
	{ID_EMBEDDING, "embedding", "HOW", "list of numbers, or base64 of their f32 (list)"},
	{ID_NONE, "no-embedding", NULL, "without embeddings; a stream of chunks will do"},
	{'o', "output", "FILE", "write to FILE, whole or not at all (stdout)"},
	{'q', "quiet", NULL, "no progress line"},
	{0},
};
/* In the order of enum item_vec, from ITEM_VEC_LIST. */
static const char *const hows[] = {"list", "base64", NULL};

struct args {
	enum item_vec how;
	const char *out;	/* NULL: stdout */
	bool quiet;
};

static void parse(struct args *a, int argc, char **argv)
{
	struct opts o = {.table = table, .usage = "[options] <VECTORS >LINES",
			 .summary = "passages of a stream, with their vectors, as JSON Lines"};
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		switch (c) {
		case ID_NONE: a->how = ITEM_VEC_NONE; break;
		case ID_EMBEDDING: a->how = (enum item_vec)(ITEM_VEC_LIST + opts_word(&o, hows)); break;
		case 'o': a->out = strcmp(o.val, "-") ? o.val : NULL; break;
		case 'q': a->quiet = true; break;
		}
	if (o.n_args)
		err_usage_die("%s: no operands are taken: the stream is read from stdin", o.args[0]);
	mem_free(o.args);
}

static int put_lines(const struct args *a, struct items *s, struct fdout *out, struct err *e)
{
	struct buf line = BUF_INIT;
	struct progress p;
	struct item it;
	struct err ignored;
	int k;
	progress_start(&p, "passages", 0, a->quiet);
	while ((k = items_next(s, &it, e)) > 0) {
		buf_clear(&line);
		item_json(&it, a->how, &line);
		buf_addc(&line, '\n');
		if (fdout_add(out, line.p, line.len, e)) {
			k = -1;
			break;
		}
		progress_at(&p, s->n);
	}
	progress_end(&p, s->n);
	buf_release(&line);
	if (k && !a->out && fdout_flush(out, &ignored)) /* whole lines: a reader may keep them */
		return -1;
	return k ? -1 : fdout_flush(out, e);
}

int main(int argc, char **argv)
{
	struct args a = {.how = ITEM_VEC_LIST};
	struct tmpout t = {.fd = -1, .dirfd = -1};
	static struct items s;
	struct fdout out;
	struct err e;
	prog_start(argv[0]);
	parse(&a, argc, argv);
	int r = items_open(&s, 0, "stdin", a.how != ITEM_VEC_NONE, &e);
	if (!r && a.out)
		r = tmpout_open(&t, a.out, &e);
	if (!r) {
		fdout_init(&out, a.out ? t.fd : 1, a.out ? a.out : "stdout");
		s.in.in.tie = a.out ? NULL : &out;
		r = put_lines(&a, &s, &out, &e);
		fdout_release(&out);
	}
	if (!r && a.out)
		r = tmpout_commit(&t, &e);
	tmpout_abandon(&t);
	items_release(&s);
	if (r)
		err_die(&e);
	return 0;
}
