/*
 * leann-bundle stats: what an index holds, how healthy it is, how long questions take. The formula
 * of the score is in leann-index(5), QUALITY.
 */
#include <math.h>
#include <stdio.h>

#include "fmt/targets.h"
#include "sys/querylog.h"
#include "validate.h"

enum { PART_COVERAGE, PART_QUANTIZATION, PART_BALANCE, PART_DELTA, PART_FRESH, N_PARTS };

static const struct part {
	const char *name;
	double weight;
} parts[N_PARTS] = {{"coverage", .25}, {"quantization", .25}, {"balance", .10}, {"delta", .15},
		    {"fresh", .25}};

struct stats {
	struct validation v;
	int64_t n_main, n_delta, n_removed;	/* chunks */
	double delta_ratio;
	double part[N_PARTS];			/* 0 to 1; below 0: not known */
	int score;				/* 0 to 100; below 0: nothing is known */
	struct querylog_stat latency;
};

/* Chunks that updates added, and that they removed; an index that was never updated has none. */
static void count_delta(struct stats *s)
{
	const struct index *ix = s->v.ix;
	const struct js *first = index_key(ix, "delta.chunks");
	int64_t n = (int64_t)ix->n_chunks, at = js_type(first) == JS_INT ? js_int(first) : n;
	int64_t gone = js_int(index_key(ix, "delta.removed_chunks"));
	s->n_main = at >= 0 && at <= n ? at : n;
	s->n_delta = n - s->n_main;
	s->n_removed = gone >= 0 && gone <= n ? gone : 0;
	if (s->n_main)
		s->delta_ratio = (double)(s->n_delta + s->n_removed) / (double)s->n_main;
	else if (s->n_delta)
		s->delta_ratio = 1;
}

static void rate(struct stats *s)
{
	double sum = 0, weight = 0, left = 1 - (s->delta_ratio - .10) / .40;
	size_t n = s->v.n_files;
	s->part[PART_COVERAGE] = target_reached(&targets[TARGET_COVERAGE], s->v.ix);
	s->part[PART_QUANTIZATION] = target_reached(&targets[TARGET_QUANTIZATION], s->v.ix);
	s->part[PART_BALANCE] = target_reached(&targets[TARGET_BALANCE], s->v.ix);
	s->part[PART_DELTA] = !s->v.ix->n_chunks ? -1 : left > 1 ? 1 : left < 0 ? 0 : left;
	s->part[PART_FRESH] = n ? 1 - (double)(s->v.n_changed + s->v.n_missing) / (double)n : -1;
	for (size_t i = 0; i < N_PARTS; i++) {
		if (s->part[i] < 0)
			continue;
		sum += parts[i].weight * s->part[i];
		weight += parts[i].weight;
	}
	s->score = weight > 0 ? (int)lround(100 * sum / weight) : -1;
}

static void text(const struct stats *s)
{
	show_report(s->v.ix);
	printf("\nmain part  %lld chunks\ndelta      %lld chunks added, %lld removed, %.1f%% of the main "
	       "part\n",
	       (long long)s->n_main, (long long)s->n_delta, (long long)s->n_removed,
	       100 * s->delta_ratio);
	printf("sources    %zu files, %zu changed, %zu missing\n", s->v.n_files,
	       s->v.n_changed, s->v.n_missing);
	if (s->score >= 0)
		printf("health     %d of 100:", s->score);
	for (size_t i = 0; i < N_PARTS; i++)
		if (s->part[i] >= 0)
			printf(" %s %.2f", parts[i].name, s->part[i]);
	if (s->score >= 0)
		putchar('\n');
	if (s->latency.n)
		printf("latency    %.1f ms on average, %.1f median, %.1f of 95%%, of %zu questions; %.1f "
		       "recomputed\n",
		       s->latency.mean_ms, s->latency.median_ms, s->latency.p95_ms, s->latency.n,
		       s->latency.mean_recomputed);
	else
		printf("latency    not known: no question is in the log\n");
}

static struct js *latency_json(const struct querylog_stat *l)
{
	struct js *o = js_new_obj();
	js_set(o, "queries", js_new_int((int64_t)l->n));
	if (!l->n)
		return o;
	js_set(o, "mean_ms", js_new_real(l->mean_ms));
	js_set(o, "median_ms", js_new_real(l->median_ms));
	js_set(o, "p95_ms", js_new_real(l->p95_ms));
	js_set(o, "mean_recomputed", js_new_real(l->mean_recomputed));
	return o;
}

static struct js *json(const struct stats *s)
{
	struct js *o = show_object(s->v.ix), *src = js_new_obj(), *h = js_new_obj(), *p = js_new_obj();
	js_set(o, "mainIndexSize", js_new_int(s->n_main));
	js_set(o, "deltaIndexSize", js_new_int(s->n_delta));
	js_set(o, "removedSize", js_new_int(s->n_removed));
	js_set(o, "deltaRatio", js_new_real(s->delta_ratio));
	js_set(o, "sources", src);
	js_set(src, "files", js_new_int((int64_t)s->v.n_files));
	js_set(src, "n_changed", js_new_int((int64_t)s->v.n_changed));
	js_set(src, "n_missing", js_new_int((int64_t)s->v.n_missing));
	js_set(o, "health", h);
	js_set(h, "score", s->score < 0 ? js_new_null() : js_new_int(s->score));
	js_set(h, "parts", p);
	for (size_t i = 0; i < N_PARTS; i++)
		if (s->part[i] >= 0)
			js_set(p, parts[i].name, js_new_real(s->part[i]));
	js_set(o, "latency", latency_json(&s->latency));
	return o;
}

int cmd_stats(const struct tool_opts *o, char **args, struct err *e)
{
	struct index ix;
	if (index_open(&ix, args[0], e))
		return -1;
	struct stats s = {.v = {.ix = &ix, .o = o, .changed = js_new_arr(), .missing = js_new_arr()}};
	int r = validate_sources(&s.v, e);
	if (!r) {
		const char *id = js_str(index_key(&ix, "build_id"), NULL);
		count_delta(&s);
		rate(&s);
		querylog_stat(id ? id : "", &s.latency);
		if (o->json)
			show_js(json(&s));
		else
			text(&s);
	}
	js_free(s.v.changed);
	js_free(s.v.missing);
	index_close(&ix);
	return r;
}
