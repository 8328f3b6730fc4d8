/*
 * condition: how well an index does, in one number; leann-index(5), Health.
 *
 *	struct condition c;
 *	condition_of(ix, n_files, n_stale, &c);		n_stale of n_files looked at changed or are gone
 *	if (c.score >= 0) ...				0 to 1
 */
#ifndef LEANN_FMT_CONDITION_H
#define LEANN_FMT_CONDITION_H

#include <stddef.h>
#include <stdint.h>

#include "fmt/index.h"

enum { PART_COVERAGE, PART_QUANTIZATION, PART_BALANCE, PART_DELTA, PART_FRESH, N_PARTS };

extern const char *const condition_parts[N_PARTS];	/* their names */

struct condition {
	int64_t n_main, n_delta, n_removed;	/* chunks: those of the main part, added and removed since */
	double delta_ratio;			/* of added and removed ones to those of the main part */
	double part[N_PARTS];			/* 0 to 1; below 0: not known */
	double score;				/* 0 to 1, their weighted mean; below 0: nothing is known */
};

void condition_of(const struct index *ix, size_t n_files, size_t n_stale, struct condition *c);

#endif
