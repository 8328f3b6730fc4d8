/*
 * leann-anchors: vector stream in, the same with anchors and the anchor of every
 * chunk out; see leann-anchors(1).
 */
#include <stdio.h>
#include <string.h>

#include "algo/enrich.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/progress.h"
#include "fmt/pass.h"
#include "groups.h"
#include "sys/config.h"

enum {
	ID_STRATEGY = 256,
	ID_COUNT,
	ID_SAMPLES,
	ID_GROUP,
	ID_MIN,
	ID_ALLOC,
	ID_DIVERSITY,
	ID_SEED,
	ID_CONFIG,
	ID_SHOW,
};

static const struct opt table[] = {
	{ID_STRATEGY, "strategy", "NAME",
	 "random, kmeans, max-coverage or stratified-kmeans (kmeans)"},
	{ID_COUNT, "count", "N", "anchors (see the manual)"},
	{ID_SAMPLES, "samples", "N", "chunks to learn from (64 an anchor, 8192 to 65536)"},
	{ID_GROUP, "group-by", "language",
	 "k-means in every language by itself: stratified-kmeans"},
	{ID_MIN, "min-per-group", "N", "anchors of a group at least (1)"},
	{ID_ALLOC, "allocation", "WORD",
	 "anchors of a group: proportional to its size, or equal (proportional)"},
	{ID_DIVERSITY, "diversity-threshold", "T",
	 "least 1 - cosine between two anchors, 0 to 1 (0)"},
	{ID_SEED, "seed", "N", "of all that is drawn by chance (42)"},
	{ID_CONFIG, "config", "FILE", "settings, see leann-config(5)"},
	{ID_SHOW, "show-config", NULL, "print every setting and where it comes from"},
	{'j', "threads", "N", "threads (processors)"},
	{'q', "quiet", NULL, "no progress line"},
	{'v', "verbose", NULL, "say at the end how good the anchors are"},
	{0},
};

/* The setting that an option stands for, NULL: none. */
static const char *key_of(int id)
{
	switch (id) {
	case ID_STRATEGY: return "anchorSelection.type";
	case ID_COUNT: return "anchorSelection.count";
	case ID_SAMPLES: return "anchorSelection.samples";
	case ID_GROUP: return "anchorSelection.stratification.groupBy";
	case ID_MIN: return "anchorSelection.stratification.minPerGroup";
	case ID_ALLOC: return "anchorSelection.stratification.allocation";
	case ID_DIVERSITY: return "anchorSelection.diversityThreshold";
	default: return NULL;
	}
}

struct args {
	struct config config;
	struct enrich_params params;
	const char *config_path;
	size_t n_threads;
	bool show, quiet, verbose;
};

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
			 .summary = "choose anchors for a vector stream"};
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));) {
		struct err e;
		const char *key = key_of(c);
		if (key)
			set_key(a, key, &o);
		if (c == ID_GROUP &&
		    config_set(&a->config, "anchorSelection.stratification.enabled", "true",
			       CONFIG_FLAG, &e))
			err_die(&e);
		if (key || c == ID_SEED)
			pass_arg(p, "--%s=%s", o.opt->name, o.val);
		switch (c) {
		case ID_SEED: a->params.anchors.seed = (uint64_t)opts_num(&o, 0, INT64_MAX); break;
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

static void set_params(struct args *a)
{
	struct anchors_params *p = &a->params.anchors;
	const char *type = config_anchor_type(&a->config);
	for (size_t i = 0; anchors_strategy_names[i]; i++)
		if (!strcmp(type, anchors_strategy_names[i]))
			p->strategy = (enum anchors_strategy)i;
	p->count = (size_t)config_int(&a->config, "anchorSelection.count");
	p->samples = (size_t)config_int(&a->config, "anchorSelection.samples");
	p->diversity_threshold = config_real(&a->config, "anchorSelection.diversityThreshold");
	p->min_per_group =
		(size_t)config_int(&a->config, "anchorSelection.stratification.minPerGroup");
	p->equal = !strcmp(config_str(&a->config, "anchorSelection.stratification.allocation"),
			   "equal");
}

static void tell(const struct enrich *x, size_t n, double seconds)
{
	struct anchors_health h;
	anchors_health(x->assign, x->cosine, n, x->anchors.n, &h);
	fprintf(stderr,
		"%s: %zu anchors (%s) for %zu chunks in %.2f s: coverage %.3f, balance %.3f, mean "
		"cosine %.3f, %zu empty\n",
		err_prog(), x->anchors.n, anchors_strategy_names[x->anchors.strategy], n, seconds,
		h.coverage, h.balance, h.mean_cosine, h.n_empty);
}

static int run(const struct args *a, struct pass *p, struct groups *g, struct enrich *x,
	       struct err *e)
{
	if (pass_open(p, "leann-anchors", e) ||
	    pass_records(p, groups_see, g, a->quiet, e))
		return -1;
	if (p->check.n_anchors)
		return err_set(e, ERR_DATA,
			       "stdin: the stream has anchors already: leann-anchors ran before");
	double t0 = now_s();
	struct rows rows = {p->spool.n, p->spool.dim, spool_read, &p->spool};
	struct par *par = par_new(a->n_threads);
	int r = enrich_anchors(&rows, groups_of_chunks(g), &a->params, par, x, e);
	par_free(par);
	if (r)
		return -1;
	if (x->anchors.n) {
		struct rec_anchors ra = {.m = x->anchors.n,
					 .dim = x->anchors.dim,
					 .seed = x->anchors.seed,
					 .q = x->anchors.q};
		snprintf(ra.strategy, sizeof ra.strategy, "%s",
			 anchors_strategy_names[x->anchors.strategy]);
		if (pass_anchors(p, &ra, x->anchors.scale, x->assign, e))
			return -1;
		if (a->verbose)
			tell(x, rows.n, now_s() - t0);
	}
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
	struct groups g = GROUPS_INIT;
	struct enrich x = ENRICH_INIT;
	struct err e;
	prog_start(argv[0]);
	config_init(&a.config);
	parse(&a, &p, argc, argv);
	if (config_finish(&a.config, a.config_path, &e))
		err_die(&e);
	set_params(&a);
	if (a.show) {
		show_config(&a);
	} else if (run(&a, &p, &g, &x, &e)) {
		pass_fail(&p, &e);
		err_die(&e);
	}
	config_release(&a.config);
	pass_release(&p);
	groups_release(&g);
	enrich_release(&x);
	close_stdout_die();
	return 0;
}
