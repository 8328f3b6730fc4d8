/*
 * align: which items of a changed sequence are those of the sequence before, in order.
 *
 *	uint32_t *from = ...;				one a new item
 *	align_keys(old, n_old, neu, n_new, from);	from[i]: its number in old, or ALIGN_NONE
 *
 * Items are compared by 64-bit keys that may be alike by chance, so an item alone between changed
 * ones is not taken: besides the common beginning and end, two neighbours have to be what two
 * neighbours were, a pair that is there once in both (patience diff, Bram Cohen, over pairs). From
 * there on items are taken as long as they are equal. Numbers in from ascend. O(n log n).
 */
#ifndef LEANN_ALGO_ALIGN_H
#define LEANN_ALGO_ALIGN_H

#include <stddef.h>
#include <stdint.h>

#define ALIGN_NONE UINT32_MAX

void align_keys(const uint64_t *old, size_t n_old, const uint64_t *neu, size_t n_new,
		uint32_t *from);

#endif
