/*
 * leann-rerank-probe: scores of a server that has a reranker, for tests.
 *
 *	leann-rerank-probe [--endpoint EP] [--model NAME|DIR] [--precision NAME] [--repeat N] [--embed]
 *
 * Reads {"query":"...","texts":["..."]} a line, prints [scores] a line; --repeat asks as often and says
 * on stderr what the quickest took. --embed: have the texts embedded instead, the query is of no use.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/js.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/progress.h"
#include "sys/rerank.h"

static int answer(struct embed *h, const struct js *j, size_t repeat, bool embeds, struct err *e)
{
	const struct js *all = js_get(j, "texts");
	size_t n = js_len(all), dim = embed_info(h)->dim;
	struct wire_text *texts = mem_array(n, sizeof *texts), query;
	float *out = mem_array(n * dim, sizeof *out);
	double best_s = 1e9;
	int r = 0;
	query.p = js_str(js_get(j, "query"), &query.n);
	for (size_t i = 0; i < n; i++)
		texts[i].p = js_str(js_at(all, i), &texts[i].n);
	for (size_t k = 0; k < repeat && !r; k++) {
		double t0_s = now_s();
		r = embeds ? embed_texts(h, texts, n, WIRE_DOCUMENT, out, e)
			   : rerank_texts(h, &query, texts, n, out, e);
		best_s = now_s() - t0_s < best_s ? now_s() - t0_s : best_s;
	}
	for (size_t i = 0; i < n && !r; i++)
		printf("%c%.9g%s", i ? ',' : '[', (double)out[i], i + 1 < n ? "" : "]\n");
	if (repeat > 1)
		fprintf(stderr, "%s: %zu texts in %.1f ms, %llu cut\n", embed_info(h)->kernels, n,
			best_s * 1e3, (unsigned long long)embed_n_cut(h));
	mem_free(texts);
	mem_free(out);
	return r;
}

int main(int argc, char **argv)
{
	static const struct opt table[] = {
		{'e', "endpoint", "EP", "server"}, {'m', "model", "NAME|DIR", "the reranker"},
		{'p', "precision", "NAME", "its numbers"}, {'r', "repeat", "N", "ask as often"},
		{'x', "embed", NULL, "embed the texts"}, {0}};
	struct opts o = {.table = table, .usage = "<questions", .summary = "scores of texts"};
	struct embed_opts eo = EMBED_OPTS_INIT;
	struct buf line = BUF_INIT;
	struct embed *h;
	struct fdin in;
	struct err e = {0};
	size_t repeat = 1;
	bool more, embeds = false;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));) {
		switch (c) {
		case 'e': eo.endpoint = o.val; break;
		case 'm': eo.model = o.val; break;
		case 'p': eo.precision = o.val; break;
		case 'r': repeat = (size_t)opts_num(&o, 1, 10000); break;
		case 'x': embeds = true; break;
		}
	}
	if (embeds ? embed_open(&eo, &h, &e) : rerank_open(&eo, &h, &e))
		err_die(&e);
	fdin_init(&in, 0, "stdin");
	for (;;) {
		struct js *j;
		if (fdin_line(&in, '\n', 64 << 20, &line, &more, &e) ||
		    (more && js_parse(line.p, line.len, "stdin", &j, &e)))
			err_die(&e);
		if (!more)
			break;
		if (answer(h, j, repeat, embeds, &e))
			err_die(&e);
		js_free(j);
	}
	fdin_release(&in);
	buf_release(&line);
	embed_free(h);
	mem_free(o.args);
	close_stdout_die();
	return 0;
}
