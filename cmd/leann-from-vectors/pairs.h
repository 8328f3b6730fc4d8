/*
 * pairs: which embedding is a text's: in the order of both, or by the ids that the file of embeddings has.
 *
 *	struct pairs p; pairs_open(&p, &vecfile);
 *	if (pairs_next(&p, &record, &i, e)) ...		for each text: row i is its
 *	if (pairs_end(&p, e)) ...			every row had its text
 *	pairs_release(&p);
 */
#ifndef LEANN_CMD_PAIRS_H
#define LEANN_CMD_PAIRS_H

#include "port/jsonl_in.h"
#include "port/vecfile.h"

struct pairs {
	const struct vecfile *v;
	struct pair {
		int64_t id;
		uint32_t row;
	} *by_id;			/* (v->n) ascending; NULL: no ids */
	size_t n_used;
};

int pairs_open(struct pairs *p, const struct vecfile *v, struct err *e) MUST_CHECK;
int pairs_next(struct pairs *p, const struct jsonl_in *r, size_t *row, struct err *e) MUST_CHECK;
int pairs_end(const struct pairs *p, struct err *e) MUST_CHECK;
void pairs_release(struct pairs *p);

#endif
