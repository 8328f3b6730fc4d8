/* leann-bundle due: is it time to write an index anew? See leann-index(5), "When to write it anew". */
#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "fmt/index.h"
#include "sys/config.h"
#include "sys/querylog.h"
#include "tool.h"

enum { QUESTIONS = 20 };	/* at each end of the comparison */

#define RATIO_MOST .10
#define COVERAGE_LEAST .70
#define SLOWER_MOST 1.30

struct due {
	const struct index *ix;
	int64_t n_main, n_added, n_removed;	/* chunks */
	struct buf why;				/* reasons, with "; " between */
};

static void and(struct due *d)
{
	if (d->why.len)
		buf_adds(&d->why, "; ");
}

static int64_t of(const struct due *d, const char *key)
{
	int64_t v = js_int(index_key(d->ix, key)), most = (int64_t)d->ix->n_chunks;
	return v < 0 ? 0 : v > most ? most : v;
}

static void check_delta(struct due *d, const struct config *c)
{
	int64_t changed = d->n_added + d->n_removed, most;
	double r = d->n_main ? (double)changed / (double)d->n_main : changed > 0;
	if (r >= RATIO_MOST)
		buf_printf(&d->why, "%" PRId64 " chunks added and %" PRId64 " removed of %" PRId64
			   ", %.0f %% changed since it was built", d->n_added, d->n_removed, d->n_main,
			   100 * r);
	most = config_int(c, "incremental.deltaIndexThreshold");
	if (d->n_added <= most)
		return;
	and(d);
	buf_printf(&d->why, "%" PRId64 " chunks added, over incremental.deltaIndexThreshold %" PRId64,
		   d->n_added, most);
}

static void check_coverage(struct due *d)
{
	const struct js *was = index_key(d->ix, "quality.coverage"),
			*added = index_key(d->ix, "delta.coverage");
	double n = (double)(d->n_main + d->n_added), now;
	if (!was || !added || !(n > 0) || !(js_num(was) >= COVERAGE_LEAST))
		return;		/* where it was low from the start, writing it anew does not mend it */
	now = (js_num(was) * (double)d->n_main + js_num(added) * (double)d->n_added) / n;
	if (now >= COVERAGE_LEAST)
		return;
	and(d);
	buf_printf(&d->why, "coverage %.2f, %.2f when it was built (least .70)", now, js_num(was));
}

static void check_latency(struct due *d)
{
	const char *first = js_str(index_key(d->ix, "delta.main"), NULL),
		   *id = js_str(index_key(d->ix, "build_id"), NULL);
	double was = first ? querylog_median_ms(first, QUESTIONS, false) : -1;
	double now = id ? querylog_median_ms(id, QUESTIONS, true) : -1;
	if (was <= 0 || now <= SLOWER_MOST * was)
		return;
	and(d);
	buf_printf(&d->why, "a question takes %.1f ms, %.1f when it was built (medians of %d): %.0f %% more",
		   now, was, QUESTIONS, 100 * (now / was - 1));
}

int cmd_due(const struct tool_opts *o, char **args, struct err *e)
{
	struct index ix;
	struct config c;
	struct due d = {.ix = &ix};
	int r = -1;
	if (index_open(&ix, args[0], e))
		return -1;
	config_init(&c);
	if (!config_finish(&c, NULL, e)) {
		if (index_key(&ix, "delta")) {
			d.n_main = of(&d, "delta.chunks");
			d.n_added = (int64_t)ix.n_chunks - d.n_main;
			d.n_removed = of(&d, "delta.removed_chunks");
			check_delta(&d, &c);
			check_coverage(&d);
			check_latency(&d);
		}
		r = !d.why.len;
		if (!r && !o->quiet)
			printf("%s\n", (const char *)d.why.p);
	}
	buf_release(&d.why);
	config_release(&c);
	index_close(&ix);
	return r;
}
