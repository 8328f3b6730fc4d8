/* Targets, and how near an index is to them; see targets.h. */
#include "fmt/targets.h"

const struct target targets[N_TARGETS] = {
	[TARGET_COVERAGE] = {"quality.coverage", "coverage", .80, false},
	[TARGET_QUANTIZATION] = {"quality.quantizationError", "quantization", .05, true},
	[TARGET_BALANCE] = {"quality.balance", "balance", .70, false},
};

double target_reached(const struct target *t, const struct index *ix)
{
	const struct js *j = index_key(ix, t->key);
	double v = js_num(j), r;
	if (!j)
		return -1;
	r = t->below ? (v > 0 ? t->target / v : 1) : v / t->target;
	return r > 1 ? 1 : r < 0 ? 0 : r;
}
