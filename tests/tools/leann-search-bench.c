/*
 * leann-search-bench: where the time of a question goes, in one process with everything open.
 *
 *	leann-search-bench [OPTIONS] INDEX <QUESTIONS
 *
 * QUESTIONS, one a line, are asked one at a time (--batch: so many at once), after a few that do
 * not count. Prints "# KEPT of CHUNKS chunks, open MS, filter MS", then a line a call, milliseconds
 * between tabs, in the order of its first line: total = question (the encoder call) + scan + texts
 * (reading those whose words are compared) + words + copies (looking for them) + files (reading and
 * checking what is computed again) + passages (the encoder call) + rest; cpu: of this process,
 * which waits while the server works.
 *
 * The steps inside libleann are timed by the linker's --wrap, see the Makefile: they cost two
 * looks at the clock each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/progress.h"
#include "leann.h"
#include "search/spread.h"
#include "sys/embed.h"
#include "sys/peek.h"

enum { WARM = 4, BATCH_MAX = 64, PATHS_MAX = 16, OPT_DENSE = 256, OPT_CODES, OPT_ALL };
enum part { QUESTION, TEXTS, FRONT, CUT, FILES, PASSAGES, N_PARTS };

static double spent[N_PARTS];	/* seconds since the call began */
static bool in_copies;

int __real_embed_texts(struct embed *h, const struct wire_text *t, size_t n, enum wire_kind kind,
		       float *out, struct err *e);
int __wrap_embed_texts(struct embed *h, const struct wire_text *t, size_t n, enum wire_kind kind,
		       float *out, struct err *e);
int __real_peek_text(struct peek *p, size_t i, const char **text, size_t *n, struct err *e);
int __wrap_peek_text(struct peek *p, size_t i, const char **text, size_t *n, struct err *e);
int __real_source_passage(struct source *s, size_t i, struct source_passage *out, struct err *e);
int __wrap_source_passage(struct source *s, size_t i, struct source_passage *out, struct err *e);
int __real_spread_front(struct asker *s, const struct plan *p, struct answer *a, struct err *e);
int __wrap_spread_front(struct asker *s, const struct plan *p, struct answer *a, struct err *e);
int __real_spread_cut(struct asker *s, const struct plan *p, struct answer *a, struct err *e);
int __wrap_spread_cut(struct asker *s, const struct plan *p, struct answer *a, struct err *e);

int __wrap_embed_texts(struct embed *h, const struct wire_text *t, size_t n, enum wire_kind kind,
		       float *out, struct err *e)
{
	double t0 = now_s();
	int r = __real_embed_texts(h, t, n, kind, out, e);
	spent[kind == WIRE_QUERY ? QUESTION : PASSAGES] += now_s() - t0;
	return r;
}

int __wrap_peek_text(struct peek *p, size_t i, const char **text, size_t *n, struct err *e)
{
	double t0 = now_s();
	int r = __real_peek_text(p, i, text, n, e);
	spent[TEXTS] += now_s() - t0;
	return r;
}

int __wrap_source_passage(struct source *s, size_t i, struct source_passage *out, struct err *e)
{
	double t0 = now_s();
	int r = __real_source_passage(s, i, out, e);
	spent[FILES] += in_copies ? 0 : now_s() - t0;
	return r;
}

int __wrap_spread_front(struct asker *s, const struct plan *p, struct answer *a, struct err *e)
{
	double t0 = now_s();
	in_copies = true;
	int r = __real_spread_front(s, p, a, e);
	in_copies = false;
	spent[FRONT] += now_s() - t0;
	return r;
}

int __wrap_spread_cut(struct asker *s, const struct plan *p, struct answer *a, struct err *e)
{
	double t0 = now_s();
	in_copies = true;
	int r = __real_spread_cut(s, p, a, e);
	in_copies = false;
	spent[CUT] += now_s() - t0;
	return r;
}

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static _Noreturn void die(const struct leann_error *why)
{
	struct err e;
	err_set(&e, why->status == LEANN_USAGE ? ERR_USAGE : ERR_DATA, "%s", why->message);
	err_die(&e);
}

static void time_call(struct leann_searcher *s, const struct leann_text *q, size_t n,
		const struct leann_params *p, bool counts)
{
	struct leann_results *r;
	struct leann_error why;
	memset(spent, 0, sizeof spent);
	double cpu = cpu_s();
	if (leann_search(s, q, n, p, &r, &why))
		die(&why);
	cpu = cpu_s() - cpu;
	double ms[N_PARTS], words, rest = r->total_ms - r->search_ms;
	for (size_t i = 0; i < N_PARTS; i++) {
		ms[i] = spent[i] * 1e3;
		rest -= ms[i];
	}
	words = r->words_ms - ms[TEXTS] - ms[FRONT];
	if (counts)
		printf("%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\n", r->total_ms,
		       ms[QUESTION], r->search_ms, ms[TEXTS], words, ms[FRONT] + ms[CUT], ms[FILES],
		       ms[PASSAGES], rest - words, cpu * 1e3);
	leann_results_free(r);
}

/* Lines of text as questions; *n of them, in a block that the caller frees. */
static struct leann_text *lines(const struct buf *text, size_t *n)
{
	struct leann_text *q = mem_array(text->len + 1, sizeof *q);
	*n = 0;
	for (size_t at = 0; at < text->len;) {
		const char *p = (const char *)text->p + at, *lf = memchr(p, '\n', text->len - at);
		size_t len = lf ? (size_t)(lf - p) : text->len - at;
		if (len)
			q[(*n)++] = (struct leann_text){p, len};
		at += len + 1;
	}
	return q;
}

static void bench(const char *path, const char *const *paths, unsigned threads, size_t batch,
		  struct leann_params *p)
{
	const struct leann_options o = {.threads = threads, .no_cache = 1};
	struct leann_index *ix;
	struct leann_searcher *s;
	struct leann_filter *f;
	struct leann_error why;
	struct err e;
	struct buf text = BUF_INIT;
	size_t n;
	double t0 = now_s(), t1;
	if (leann_open(path, 0, &ix, &why) || leann_searcher_new(ix, &o, &s, &why))
		die(&why);
	t1 = now_s();
	if (leann_filter_new(ix, NULL, paths, &f, &why))
		die(&why);
	printf("# %zu of %zu chunks, open %.3f, filter %.3f\n", leann_filter_n_chunks(f),
	       leann_index_info(ix)->n_chunks, (t1 - t0) * 1e3, (now_s() - t1) * 1e3);
	printf("total\tquestion\tscan\ttexts\twords\tcopies\tfiles\tpassages\trest\tcpu\n");
	p->filter = paths[0] ? f : NULL;
	if (fd_slurp(0, "stdin", (size_t)1 << 30, &text, &e))
		err_die(&e);
	struct leann_text *q = lines(&text, &n);
	for (size_t i = 0; i < n && i < WARM; i++)
		time_call(s, &q[i], 1, p, false);
	for (size_t i = 0; i < n; i += batch)
		time_call(s, q + i, n - i < batch ? n - i : batch, p, true);
	mem_free(q);
	buf_release(&text);
	leann_searcher_free(s);
	leann_filter_free(f);
	leann_close(ix);
}

int main(int argc, char **argv)
{
	static const struct opt table[] = {
		{'b', "batch", "N", "questions at a time (1)"},
		{'j', "threads", "N", "for the scan (one a processor)"},
		{'p', "path", "GLOB", "only files whose path matches; again for more"},
		{'r', "recompute", "N", "as leann-search has it"},
		{OPT_DENSE, "dense", NULL, "by meaning alone"},
		{OPT_CODES, "no-recompute", NULL, "take cosines from the codes"},
		{OPT_ALL, "all-copies", NULL, "do not look for copies"}, {0}};
	struct opts o = {.table = table, .usage = "INDEX <QUESTIONS",
			 .summary = "where the time of a question goes"};
	struct leann_params p = LEANN_PARAMS_INIT;
	const char *paths[PATHS_MAX + 1] = {0};
	size_t batch = 1, n_paths = 0;
	unsigned threads = 0;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));) {
		switch (c) {
		case 'b': batch = (size_t)opts_num(&o, 1, BATCH_MAX); break;
		case 'j': threads = (unsigned)opts_num(&o, 0, 64); break;
		case 'r': p.recompute = (size_t)opts_num(&o, 1, 10000); break;
		case OPT_DENSE: p.dense = 1; break;
		case OPT_CODES: p.codes_only = 1; break;
		case OPT_ALL: p.all_copies = 1; break;
		default:
			if (n_paths == PATHS_MAX)
				err_usage_die("at most %d paths", PATHS_MAX);
			paths[n_paths++] = o.val;
		}
	}
	if (o.n_args != 1)
		err_usage_die("want one index");
	bench(o.args[0], paths, threads, batch, &p);
	close_stdout_die();
	return 0;
}
