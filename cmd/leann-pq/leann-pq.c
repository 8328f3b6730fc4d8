/*
 * leann-pq: vector stream in, the same with a codebook and the code of every chunk
 * out; see leann-pq(1).
 */
#include <stdio.h>
#include <string.h>

#include "algo/enrich.h"
#include "base/fdio.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/progress.h"
#include "fmt/pass.h"
#include "sys/config.h"

enum { ID_M = 256, ID_KSUB, ID_BITS, ID_SAMPLES, ID_BYTES, ID_RESIDUAL, ID_SEED, ID_CONFIG, ID_SHOW, ID_BOOK };

static const struct opt table[] = {
	{ID_M, "sub-vectors", "N", "sub-vectors = bytes of a code (dimensions / 16)"},
	{ID_BYTES, "bytes", "N", "the same, of 16, 24, 32, 48, 64 or 96"},
	{ID_KSUB, "codebook-size", "N",
	 "centroids of a sub-vector, 1 to 256 (256, fewer for few chunks)"},
	{ID_BITS, "code-bits", "N", "8: a byte is one number, or 4: two, for half the sub-vector each (8)"},
	{ID_BOOK, "codebook", "WORD", "auto, shipped (with the program) or train (auto)"},
	{ID_SAMPLES, "training-samples", "N", "chunks to learn from (32768)"},
	{ID_RESIDUAL, "residual", NULL, "code embedding - anchor instead of the embedding"},
	{ID_SEED, "seed", "N", "of all that is drawn by chance (42)"},
	{ID_CONFIG, "config", "FILE", "settings, see leann-config(5)"},
	{ID_SHOW, "show-config", NULL, "print every setting and where it comes from"},
	{'j', "threads", "N", "threads (processors)"},
	{'q', "quiet", NULL, "no progress line"},
	{'v', "verbose", NULL, "say at the end what was made"},
	{0},
};
static const char *const byte_words[] = {"16", "24", "32", "48", "64", "96", NULL};

struct args {
	struct config config;
	struct enrich_params params;
	const char *config_path;
	size_t n_threads;
	bool show, quiet, verbose;
};

/* The setting that an option stands for, NULL: none. */
static const char *key_of(int id)
{
	switch (id) {
	case ID_M:
	case ID_BYTES: return "quantization.subVectors";
	case ID_KSUB: return "quantization.codebookSize";
	case ID_BITS: return "quantization.codeBits";
	case ID_BOOK: return "quantization.codebook";
	case ID_SAMPLES: return "quantization.trainingSamples";
	default: return NULL;
	}
}

static void set_key(struct args *a, const char *key, const struct opts *o)
{
	struct err e;
	if (config_set(&a->config, key, o->val, CONFIG_FLAG, &e))
		err_usage_die("--%s: %s", o->opt->name, e.msg);
}

static void parse(struct args *a, struct pass *p, int argc, char **argv)
{
	struct opts o = {.table = table,
			 .usage = "[options] <VECTORS >VECTORS",
			 .summary = "quantise the vectors of a stream"};
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));) {
		const char *key = key_of(c);
		if (c == ID_BYTES)
			opts_word(&o, byte_words);
		if (key)
			set_key(a, key, &o);
		if (key || c == ID_SEED || c == ID_RESIDUAL)
			pass_arg(p, "--%s%s%s", o.opt->name, o.opt->arg ? "=" : "",
				 o.opt->arg ? o.val : "");
		switch (c) {
		case ID_RESIDUAL: a->params.pq.residual = true; break;
		case ID_SEED: a->params.pq.seed = (uint64_t)opts_num(&o, 0, INT64_MAX); break;
		case ID_CONFIG: a->config_path = o.val; break;
		case ID_SHOW: a->show = true; break;
		case 'j': a->n_threads = (size_t)opts_num(&o, 1, 1024); break;
		case 'q': a->quiet = true; break;
		case 'v': a->verbose = true; break;
		}
	}
	if (o.n_args)
		err_usage_die("unexpected argument '%s': input is a stream on stdin", o.args[0]);
	mem_free(o.args);
}

/* Anchors of the stream, for --residual. */
struct seen {
	struct enrich *x;
	struct buf assign; /* u32 a chunk */
	bool has_anchors;
};

static int see(void *ctx, struct rec_check *c, const struct stream_rec *r, struct err *e)
{
	struct seen *s = ctx;
	struct rec_anchors a;
	uint64_t first;
	const uint8_t *p;
	size_t n;
	if (r->tag == TAG_ANCHORS) {
		if (rec_anchors(c, r, &a, e))
			return -1;
		anchors_load(&s->x->anchors, a.m, a.dim, a.q, a.scale);
		s->has_anchors = true;
		return 1;
	}
	if (r->tag != TAG_ASSIGN)
		return 0;
	if (rec_assign(c, r, &first, &p, &n, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		uint32_t v = get_le32(p + 4 * i);
		buf_add(&s->assign, &v, sizeof v);
	}
	return 1;
}

static int put(struct pass *p, const struct seen *s, const struct enrich *x, struct err *e)
{
	const struct pq *pq = &x->pq;
	struct rec_codebook k = {.dim = pq->dim,
				 .m = pq->m,
				 .ksub = pq->ksub,
				 .dsub = pq->dsub,
				 .residual = pq->residual,
				 .nibbles = pq->nibbles,
				 .seed = pq->seed,
				 .rot = pq->rot,
				 .cent = pq->cent};
	if (pq->residual && !s->has_anchors) {
		struct rec_anchors a = {.m = x->anchors.n,
					.dim = x->anchors.dim,
					.seed = x->anchors.seed,
					.q = x->anchors.q};
		snprintf(a.strategy, sizeof a.strategy, "%s",
			 anchors_strategy_names[x->anchors.strategy]);
		if (pass_anchors(p, &a, x->anchors.scale, x->assign, e))
			return -1;
	}
	if (pass_codebook(p, &k, pq->rot_scale, pq->cent_scale, e))
		return -1;
	return pass_codes(p, x->codes, p->spool.n, pq->m, e);
}

static int run(struct args *a, struct pass *p, struct seen *s, struct err *e)
{
	char sha256[1100];
	if (pass_open(p, "leann-pq", e) || pass_records(p, see, s, a->quiet, e))
		return -1;
	if (p->check.pq_m)
		return err_set(e, ERR_DATA,
			       "stdin: the stream has codes already: leann-pq ran before");
	if (s->assign.len)
		s->x->assign = (uint32_t *)(void *)buf_detach(&s->assign);
	if (shead_str(&p->in.head, "model_sha256", sha256, sizeof sha256, e))
		return err_prefix(e, "stdin");
	enrich_offer_shipped(&a->params, sha256);
	double t0 = now_s();
	struct rows rows = {p->spool.n, p->spool.dim, spool_read, &p->spool};
	struct par *par = par_new(a->n_threads);
	int r = enrich_pq(&rows, NULL, &a->params, par, s->x, e);
	par_free(par);
	if (r || (rows.n && put(p, s, s->x, e)))
		return -1;
	if (a->verbose && rows.n)
		fprintf(stderr,
			"%s: %zu chunks in %.2f s: %zu bytes each, %zu of %zu dimensions, %zu "
			"centroids, model of %zu bytes%s\n",
			err_prog(), rows.n, now_s() - t0, s->x->pq.m, s->x->pq.drot, rows.dim,
			pq_book_size(&s->x->pq), pq_bytes(&s->x->pq),
			s->x->shipped ? " that comes with the program" : "");
	return pass_end(p, e);
}

static void show_config(const struct args *a)
{
	struct buf b = BUF_INIT;
	config_show(&a->config, &b);
	fwrite(b.p, 1, b.len, stdout);
	buf_release(&b);
}

int main(int argc, char **argv)
{
	struct args a = {.params = ENRICH_PARAMS_DEFAULT};
	struct pass p = PASS_INIT;
	struct enrich x = ENRICH_INIT;
	struct seen s = {.x = &x};
	struct err e;
	prog_start(argv[0]);
	config_init(&a.config);
	parse(&a, &p, argc, argv);
	if (config_finish(&a.config, a.config_path, &e))
		err_die(&e);
	a.params.pq.m = (size_t)config_int(&a.config, "quantization.subVectors");
	a.params.pq.ksub = (size_t)config_int(&a.config, "quantization.codebookSize");
	a.params.pq.bits = (size_t)config_int(&a.config, "quantization.codeBits");
	a.params.book = enrich_book_of(config_str(&a.config, "quantization.codebook"));
	a.params.pq.samples = (size_t)config_int(&a.config, "quantization.trainingSamples");
	if (a.show) {
		show_config(&a);
	} else if (run(&a, &p, &s, &e)) {
		pass_fail(&p, &e);
		err_die(&e);
	}
	config_release(&a.config);
	buf_release(&s.assign);
	pass_release(&p);
	enrich_release(&x);
	close_stdout_die();
	return 0;
}
