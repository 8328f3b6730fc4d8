/*
 * leann-bundle stats: what an index holds, how healthy it is, how long questions take. The formula
 * of the score is in leann-index(5), QUALITY.
 */
#include <math.h>
#include <stdio.h>

#include "fmt/condition.h"
#include "sys/querylog.h"
#include "validate.h"

struct stats {
	struct validation v;
	struct condition c;
	int score;				/* 0 to 100; below 0: nothing is known */
	struct querylog_stat latency;
};

static void rate(struct stats *s)
{
	condition_of(s->v.ix, s->v.n_files, s->v.n_changed + s->v.n_missing, &s->c);
	s->score = s->c.score < 0 ? -1 : (int)lround(100 * s->c.score);
}

static void text(const struct stats *s)
{
	show_report(s->v.ix);
	printf("\nmain part  %lld chunks\ndelta      %lld chunks added, %lld removed, %.1f%% of the main "
	       "part\n",
	       (long long)s->c.n_main, (long long)s->c.n_delta, (long long)s->c.n_removed,
	       100 * s->c.delta_ratio);
	printf("sources    %zu files, %zu changed, %zu missing\n", s->v.n_files,
	       s->v.n_changed, s->v.n_missing);
	if (s->score >= 0)
		printf("health     %d of 100:", s->score);
	for (size_t i = 0; i < N_PARTS; i++)
		if (s->c.part[i] >= 0)
			printf(" %s %.2f", condition_parts[i], s->c.part[i]);
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
	js_set(o, "mainIndexSize", js_new_int(s->c.n_main));
	js_set(o, "deltaIndexSize", js_new_int(s->c.n_delta));
	js_set(o, "removedSize", js_new_int(s->c.n_removed));
	js_set(o, "deltaRatio", js_new_real(s->c.delta_ratio));
	js_set(o, "sources", src);
	js_set(src, "files", js_new_int((int64_t)s->v.n_files));
	js_set(src, "n_changed", js_new_int((int64_t)s->v.n_changed));
	js_set(src, "n_missing", js_new_int((int64_t)s->v.n_missing));
	js_set(o, "health", h);
	js_set(h, "score", s->score < 0 ? js_new_null() : js_new_int(s->score));
	js_set(h, "parts", p);
	for (size_t i = 0; i < N_PARTS; i++)
		if (s->c.part[i] >= 0)
			js_set(p, condition_parts[i], js_new_real(s->c.part[i]));
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
