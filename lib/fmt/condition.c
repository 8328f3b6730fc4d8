/* One number for an index; see condition.h. */
#include "fmt/condition.h"

#include "fmt/targets.h"

const char *const condition_parts[N_PARTS] = {"coverage", "quantization", "balance", "delta", "fresh"};
static const double weights[N_PARTS] = {.25, .25, .10, .15, .25};

/* Chunks that updates added, and that they removed; an index that was never updated has none. */
static void count_delta(const struct index *ix, struct condition *c)
{
	const struct js *first = index_key(ix, "delta.chunks");
	int64_t n = (int64_t)ix->n_chunks, at = js_type(first) == JS_INT ? js_int(first) : n;
	int64_t gone = js_int(index_key(ix, "delta.removed_chunks"));
	c->n_main = at >= 0 && at <= n ? at : n;
	c->n_delta = n - c->n_main;
	c->n_removed = gone >= 0 && gone <= n ? gone : 0;
	if (c->n_main)
		c->delta_ratio = (double)(c->n_delta + c->n_removed) / (double)c->n_main;
	else
		c->delta_ratio = c->n_delta ? 1 : 0;
}

void condition_of(const struct index *ix, size_t n_files, size_t n_stale, struct condition *c)
{
	double sum = 0, weight = 0, left;
	count_delta(ix, c);
	left = 1 - (c->delta_ratio - .10) / .40;
	c->part[PART_COVERAGE] = target_reached(&targets[TARGET_COVERAGE], ix);
	c->part[PART_QUANTIZATION] = target_reached(&targets[TARGET_QUANTIZATION], ix);
	c->part[PART_BALANCE] = target_reached(&targets[TARGET_BALANCE], ix);
	c->part[PART_DELTA] = !ix->n_chunks ? -1 : left > 1 ? 1 : left < 0 ? 0 : left;
	c->part[PART_FRESH] = n_files ? 1 - (double)n_stale / (double)n_files : -1;
	for (size_t i = 0; i < N_PARTS; i++) {
		if (c->part[i] < 0)
			continue;
		sum += weights[i] * c->part[i];
		weight += weights[i];
	}
	c->score = weight > 0 ? sum / weight : -1;
}
