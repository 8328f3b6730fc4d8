/* targets: what leann-index(5), QUALITY, calls good. */
#ifndef LEANN_FMT_TARGETS_H
#define LEANN_FMT_TARGETS_H

#include <stdbool.h>

#include "fmt/index.h"

struct target {
	const char *key, *name;	/* in the manifest; of --metric */
	double target;
	bool below;		/* good is below the target, else above */
};
enum { TARGET_COVERAGE, TARGET_QUANTIZATION, TARGET_BALANCE, N_TARGETS };
extern const struct target targets[N_TARGETS];

#define TARGET_RECALL_3 .95	/* of a sample: good is this or more */

static inline bool target_met(const struct target *t, double v)
{
	return t->below ? v < t->target : v > t->target;
}

/* How near what the index says of it is to the target: 1 when it is met, 0 at the least; below 0: not said. */
double target_reached(const struct target *t, const struct index *ix);

#endif
