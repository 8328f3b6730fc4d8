/*
 * leann-encoder-probe: encodes on request and says what it took, for tests/tools/bench_encoder.py
 * and encoder_quality.py.
 *
 *	leann-encoder-probe [-p PRECISION] [-d PACK_DIR] MODEL_DIR TEXTS <requests
 *
 * TEXTS has one JSON string a line. It prints {"kernels":...,"dim":...,"tokens":[...]}, the tokens
 * of each text after the cut, then for each request, a JSON object a line,
 *	{"threads":2,"batches":[[0,5],[7]],"kind":"query","out":"PATH"}
 * one encoder_embed() a batch, of texts by their numbers, and a line {"wall_s":...,"cpu_s":...}:
 * the seconds that took and the CPU seconds of all threads. kind: "raw" when absent. out: the
 * embeddings are written there, as native floats, in the order asked for.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/js.h"
#include "base/mem.h"
#include "base/opts.h"
#include "nn/encoder.h"

enum { LINE_MAX_BYTES = 256 << 20, THREADS_MAX = 256 };

struct probe {
	struct encoder *enc;
	struct encoder_text *texts;
	struct js **lines;	/* what texts point into */
	size_t n, cap;
	struct par *par[THREADS_MAX + 1];	/* by number of threads; NULL: not made yet */
};

struct request {
	size_t n_threads;
	const struct js *batches;
	enum encoder_kind kind;
	const char *out;	/* or NULL */
};

static double seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int read_texts(struct probe *p, const char *path, struct err *e)
{
	struct buf b = BUF_INIT;
	int r = -1;
	if (file_slurp(path, (size_t)1 << 32, &b, e))
		goto out;
	for (const char *s = (const char *)b.p, *end = s + b.len; s < end;) {
		const char *lf = memchr(s, '\n', (size_t)(end - s));
		size_t len = (size_t)((lf ? lf : end) - s);
		struct encoder_text t;
		struct js *j;
		if (js_parse(s, len, path, &j, e))
			goto out;
		if (p->n == p->cap) {
			p->cap = p->cap ? p->cap * 2 : 1024;
			p->texts = mem_realloc(p->texts, p->cap * sizeof *p->texts);
			p->lines = mem_realloc(p->lines, p->cap * sizeof *p->lines);
		}
		p->lines[p->n] = j;
		t.p = js_str(j, &t.n);
		p->texts[p->n++] = t;
		if (!t.p) {
			err_set(e, ERR_DATA, "%s: line %zu is no JSON string", path, p->n);
			goto out;
		}
		s += len + 1;
	}
	r = 0;
out:
	buf_release(&b);
	return r;
}

static void say_ready(const struct probe *p)
{
	const struct model_info *m = encoder_info(p->enc);
	struct encoder_quality q = encoder_quality(p->enc);
	printf("{\"kernels\":\"%s\",\"dim\":%zu,\"ff_dim\":%zu,\"layers\":%zu,",
	       encoder_kernels(p->enc), m->dim, m->ff_dim, m->n_layers);
	if (q.known)
		printf("\"cosine_mean\":%.6f,\"cosine_min\":%.6f,", q.mean, q.min);
	printf("\"tokens\":[");
	for (size_t i = 0; i < p->n; i++) {
		size_t n = tok_count(encoder_tok(p->enc), p->texts[i].p, p->texts[i].n) + 2;
		printf("%s%zu", i ? "," : "", n < m->max_tokens ? n : m->max_tokens);
	}
	printf("]}\n");
	fflush(stdout);
}

/* The texts of a batch by their numbers. */
static int gather(const struct probe *p, const struct js *batch, struct encoder_text *out,
		  struct err *e)
{
	for (size_t i = 0; i < js_len(batch); i++) {
		int64_t at = js_int(js_at(batch, i));
		if (at < 0 || (uint64_t)at >= p->n)
			return err_set(e, ERR_DATA, "stdin: no text %lld", (long long)at);
		out[i] = p->texts[at];
	}
	return 0;
}

static int write_rows(const char *path, const float *v, size_t n, struct err *e)
{
	FILE *f = fopen(path, "wb");
	bool ok = f && fwrite(v, sizeof *v, n, f) == n;
	if (f && fclose(f))
		ok = false;
	return ok ? 0 : err_set(e, ERR_SYS, "%s: cannot be written", path);
}

static int answer(struct probe *p, const struct request *q, struct err *e)
{
	size_t dim = encoder_info(p->enc)->dim, n = 0, at = 0;
	for (size_t i = 0; i < js_len(q->batches); i++)
		n += js_len(js_at(q->batches, i));
	struct encoder_text *texts = mem_array(n, sizeof *texts);
	float *v = mem_array(n * dim, sizeof *v);
	struct par **par = &p->par[q->n_threads];
	int r = -1;
	if (!*par)
		*par = par_new(q->n_threads);
	for (size_t i = 0; i < js_len(q->batches); at += js_len(js_at(q->batches, i++)))
		if (gather(p, js_at(q->batches, i), texts + at, e))
			goto out;
	double wall_s = seconds(CLOCK_MONOTONIC), cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID);
	at = 0;
	for (size_t i = 0; i < js_len(q->batches); i++) {
		struct encoder_batch b = {texts + at, js_len(js_at(q->batches, i)), q->kind,
					  v + at * dim, NULL, NULL};
		if (encoder_embed(p->enc, *par, &b, e))
			goto out;
		at += b.n;
	}
	wall_s = seconds(CLOCK_MONOTONIC) - wall_s;
	cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_s;
	if (q->out && write_rows(q->out, v, n * dim, e))
		goto out;
	printf("{\"wall_s\":%.9f,\"cpu_s\":%.9f}\n", wall_s, cpu_s);
	fflush(stdout);
	r = 0;
out:
	mem_free(texts);
	mem_free(v);
	return r;
}

static int serve(struct probe *p, struct err *e)
{
	struct buf line = BUF_INIT;
	struct fdin in;
	bool more;
	int r = -1;
	fdin_init(&in, 0, "stdin");
	for (;;) {
		struct js *j;
		if (fdin_line(&in, '\n', LINE_MAX_BYTES, &line, &more, e))
			break;
		if (!more) {
			r = 0;
			break;
		}
		if (js_parse(line.p, line.len, "stdin", &j, e))
			break;
		const char *kind = js_str(js_get(j, "kind"), NULL);
		int64_t n_threads = js_int(js_get(j, "threads"));
		struct request q = {
			.n_threads = n_threads < 1 || n_threads > THREADS_MAX ? 1 : (size_t)n_threads,
			.batches = js_get(j, "batches"),
			.kind = !kind ? ENCODER_RAW : !strcmp(kind, "query") ? ENCODER_QUERY :
				!strcmp(kind, "document") ? ENCODER_DOCUMENT : ENCODER_RAW,
			.out = js_str(js_get(j, "out"), NULL)};
		int bad = answer(p, &q, e);
		js_free(j);
		if (bad)
			break;
	}
	buf_release(&line);
	fdin_release(&in);
	return r;
}

int main(int argc, char **argv)
{
	static const struct opt table[] = {
		{'p', "precision", "NAME", "auto, fp32, bf16 or int8 (fp32)"},
		{'d', "pack-dir", "DIR", "keep packed weights there"}, {0}};
	static const char *const precisions[] = {"auto", "fp32", "bf16", "int8", NULL};
	struct opts o = {.table = table, .usage = "MODEL_DIR TEXTS",
			 .summary = "encode on request and say what it took"};
	struct encoder_opts eo = {.precision = PRECISION_FP32};
	struct probe p = {0};
	struct err e = {0};
	char sha256[65];
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));) {
		if (c == 'p')
			eo.precision = (enum precision)opts_word(&o, precisions);
		if (c == 'd')
			eo.pack_dir = o.val;
	}
	if (o.n_args != 2)
		err_usage_die("want a model's folder and a file of texts");
	eo.model_dir = o.args[0];
	eo.weights_sha256 = eo.pack_dir ? sha256 : NULL;
	if ((eo.pack_dir && model_weights_sha256(eo.model_dir, sha256, &e)) ||
	    encoder_open(&eo, &p.enc, &e) || read_texts(&p, o.args[1], &e))
		err_die(&e);
	say_ready(&p);
	if (serve(&p, &e))
		err_die(&e);
	for (size_t i = 0; i <= THREADS_MAX; i++)
		par_free(p.par[i]);
	for (size_t i = 0; i < p.n; i++)
		js_free(p.lines[i]);
	mem_free(p.lines);
	mem_free(p.texts);
	encoder_free(p.enc);
	close_stdout_die();
	return 0;
}
