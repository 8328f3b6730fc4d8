/*
 * leann-nn-probe: what the encoder makes of texts, for tests and for comparison with Python.
 *
 *	leann-nn-probe [-t | -c] [-k raw|query|document] [-j THREADS] [-p PRECISION] MODEL_DIR <strings.jsonl
 *	leann-nn-probe -q QUESTION [-j THREADS] [-p PRECISION] MODEL_DIR <strings.jsonl
 *
 * Reads one JSON string a line; prints {"ids":[...],"n":N,"embedding":[...]} a line, n being
 * the tokens before the cut. -t: tokens alone. -c: only the total of tok_count, with its speed.
 * -q: of a reranker {"ids":[...],"n":N,"score":X}, the ids being those of the pair, and on stderr how
 * far the precision keeps the order of fp32, where that is measured.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/js.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/progress.h"
#include "nn/encoder.h"

struct probe {
	struct encoder *enc;
	struct tok *tok;
	struct par *par;
	struct model_info info;
	enum encoder_kind kind;
	enum precision precision;
	struct encoder_text question;	/* p NULL: none */
	struct encoder_text *texts;
	struct js **lines;
	size_t n, cap;
};

static int read_lines(struct probe *p, struct err *e)
{
	struct fdin in;
	struct buf b = BUF_INIT;
	bool more = true;
	int r = -1;
	fdin_init(&in, 0, "stdin");
	for (;;) {
		struct js *j;
		if (fdin_line(&in, '\n', 64 << 20, &b, &more, e))
			goto out;
		if (!more)
			break;
		if (js_parse(b.p, b.len, "stdin", &j, e))
			goto out;
		if (p->n == p->cap) {
			p->cap = p->cap ? p->cap * 2 : 256;
			p->texts = mem_realloc(p->texts, p->cap * sizeof *p->texts);
			p->lines = mem_realloc(p->lines, p->cap * sizeof *p->lines);
		}
		p->lines[p->n] = j;
		p->texts[p->n].p = js_str(j, &p->texts[p->n].n);
		p->n++;
		if (!p->texts[p->n - 1].p) {
			err_set(e, ERR_DATA, "stdin: line %zu is no JSON string", p->n);
			goto out;
		}
	}
	r = 0;
out:
	buf_release(&b);
	fdin_release(&in);
	return r;
}

static int print_all(struct probe *p, const float *emb, struct err *e)
{
	const char *prefix = p->kind == ENCODER_QUERY ? p->info.query_prefix :
			     p->kind == ENCODER_DOCUMENT ? p->info.document_prefix : "";
	uint32_t *ids = mem_array(p->info.max_tokens, sizeof *ids);
	struct buf text = BUF_INIT;
	int r = -1;
	for (size_t i = 0; i < p->n; i++) {
		size_t n_ids, n_all;
		buf_clear(&text);
		buf_adds(&text, prefix);
		buf_add(&text, p->texts[i].p, p->texts[i].n);
		if (tok_encode(p->tok ? p->tok : encoder_tok(p->enc), (const char *)text.p,
			       text.len, p->info.max_tokens, ids, &n_ids, &n_all, e))
			goto out;
		printf("{\"ids\":[");
		for (size_t k = 0; k < n_ids; k++)
			printf("%s%u", k ? "," : "", ids[k]);
		printf("],\"n\":%zu", n_all);
		for (size_t k = 0; emb && k < p->info.dim; k++)
			printf("%s%.9g", k ? "," : ",\"embedding\":[",
			       (double)emb[i * p->info.dim + k]);
		printf("%s}\n", emb ? "]" : "");
	}
	r = 0;
out:
	buf_release(&text);
	mem_free(ids);
	return r;
}

static int print_pairs(struct probe *p, const float *score, struct err *e)
{
	const struct tok *t = encoder_tok(p->enc);
	uint32_t *ids = mem_array(p->info.max_tokens, sizeof *ids);
	struct tok_text q = {p->question.p, p->question.n};
	int r = 0;
	for (size_t i = 0; i < p->n && !r; i++) {
		struct tok_text text = {p->texts[i].p, p->texts[i].n};
		struct tok_pair cut;
		tok_pair_cut(tok_count(t, q.p, q.n), tok_count(t, text.p, text.n),
			     p->info.max_tokens, &cut);
		r = tok_encode_pair(t, q, text, &cut, ids, e);
		printf("{\"ids\":[");
		for (size_t k = 0; k < cut.n_first + cut.n_second + 3 && !r; k++)
			printf("%s%u", k ? "," : "", ids[k]);
		printf("],\"n\":%zu,\"score\":%.9g}\n", cut.n_untruncated, (double)score[i]);
	}
	mem_free(ids);
	return r;
}

static int score_all(struct probe *p, const char *dir, struct err *e)
{
	struct encoder_opts o = {.model_dir = dir, .precision = p->precision};
	if (encoder_open(&o, &p->enc, e))
		return -1;
	float *score = mem_array(p->n, sizeof *score);
	struct encoder_text *q = mem_array(p->n, sizeof *q);
	for (size_t i = 0; i < p->n; i++)
		q[i] = p->question;
	struct encoder_batch b = {p->texts, p->n, ENCODER_RAW, score, NULL, q};
	double t0 = now_s();
	int r = encoder_embed(p->enc, p->par, &b, e);
	struct encoder_quality k = encoder_quality(p->enc);
	fprintf(stderr, "%s, %zu pairs in %.1f ms, order kept %.4f, lowest %.4f\n",
		encoder_kernels(p->enc), p->n, (now_s() - t0) * 1e3, k.known ? k.mean : 1,
		k.known ? k.min : 1);
	if (!r)
		r = print_pairs(p, score, e);
	mem_free(q);
	mem_free(score);
	encoder_free(p->enc);
	return r;
}

static void count_all(struct probe *p)
{
	size_t n_tokens = 0, n_bytes = 0;
	double t0 = now_s();
	for (size_t i = 0; i < p->n; i++) {
		n_tokens += tok_count(p->tok, p->texts[i].p, p->texts[i].n);
		n_bytes += p->texts[i].n;
	}
	double t = now_s() - t0;
	printf("%zu\n", n_tokens);
	fprintf(stderr, "%.3f MB in %.4f s: %.1f MB/s\n", (double)n_bytes / 1e6, t,
		(double)n_bytes / 1e6 / t);
}

static int embed_all(struct probe *p, const char *dir, struct err *e)
{
	float *emb = NULL;
	double t0 = now_s();
	int r = -1;
	struct encoder_opts o = {.model_dir = dir, .precision = p->precision};
	if (encoder_open(&o, &p->enc, e))
		return -1;
	double t1 = now_s();
	emb = mem_array(p->n * p->info.dim, sizeof *emb);
	struct encoder_batch b = {p->texts, p->n, p->kind, emb, NULL, NULL};
	if (encoder_embed(p->enc, p->par, &b, e))
		goto out;
	double t2 = now_s();
	size_t n_tokens = 0;
	for (size_t i = 0; i < p->n; i++) {
		size_t n = tok_count(encoder_tok(p->enc), p->texts[i].p, p->texts[i].n) + 2;
		n_tokens += n < p->info.max_tokens ? n : p->info.max_tokens;
	}
	fprintf(stderr, "%s, open %.3f s, %zu texts, %zu tokens in %.3f s: %.0f tokens/s\n",
		encoder_kernels(p->enc), t1 - t0, p->n, n_tokens, t2 - t1, (double)n_tokens / (t2 - t1));
	r = print_all(p, emb, e);
out:
	mem_free(emb);
	encoder_free(p->enc);
	return r;
}

int main(int argc, char **argv)
{
	static const struct opt table[] = {
		{'t', "tokens", NULL, "tokens alone, no embeddings"},
		{'c', "count", NULL, "count tokens and say how fast"},
		{'k', "kind", "KIND", "raw, query or document: which prefix (raw)"},
		{'p', "precision", "NAME", "auto, fp32, bf16 or int8 (fp32)"},
		{'q', "question", "TEXT", "scores of texts for it, of a reranker"},
		{'j', "threads", "N", "threads (1)"}, {0}};
	static const char *const precisions[] = {"auto", "fp32", "bf16", "int8", NULL};
	static const char *const kinds[] = {"raw", "query", "document", NULL};
	struct opts o = {.table = table, .usage = "MODEL_DIR", .summary = "tokens and embeddings"};
	struct probe p = {.precision = PRECISION_FP32};
	struct err e = {0};
	bool tokens = false, count = false;
	size_t n_threads = 1;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));) {
		tokens |= c == 't';
		count |= c == 'c';
		if (c == 'k')
			p.kind = (enum encoder_kind)opts_word(&o, kinds);
		if (c == 'p')
			p.precision = (enum precision)opts_word(&o, precisions);
		if (c == 'q')
			p.question = (struct encoder_text){o.val, strlen(o.val)};
		if (c == 'j')
			n_threads = (size_t)opts_num(&o, 1, 256);
	}
	if (o.n_args != 1)
		err_usage_die("one model directory");
	p.par = par_new(n_threads);
	if (model_info_read(o.args[0], &p.info, &e) || read_lines(&p, &e))
		err_die(&e);
	if ((tokens || count) && tok_open(o.args[0], &p.tok, &e))
		err_die(&e);
	if (count)
		count_all(&p);
	else if (tokens		? print_all(&p, NULL, &e)
		 : p.question.p ? score_all(&p, o.args[0], &e)
				: embed_all(&p, o.args[0], &e))
		err_die(&e);
	for (size_t i = 0; i < p.n; i++)
		js_free(p.lines[i]);
	mem_free(p.lines);
	mem_free(p.texts);
	tok_free(p.tok);
	par_free(p.par);
	close_stdout_die();
	return 0;
}
