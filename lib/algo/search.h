/*
 * search: the two stages of a query, on arrays.
 *
 *	n = search_scan(&codes, q, &params, par, hits);		best K by approximate cosine
 *	search_exact(hits, n_exact, vecs, q, dim);		after the caller recomputed them
 *	search_rank(hits, n);
 *
 * Stage 1 scans every code (normalised asymmetric distance, Jegou et al. 2011): most are ruled
 * out by a sum of bytes (scan.h), the rest scored, so the hits are those of scoring all; stage 2
 * takes exact embeddings of the best few (LEANN, arXiv:2506.08276, section 4.1, in one
 * batch instead of one a hop). Order is by score, ties by chunk number, so that results
 * do not depend on threads.
 */
#ifndef LEANN_ALGO_SEARCH_H
#define LEANN_ALGO_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algo/pq.h"
#include "base/par.h"

struct search_codes {
	const struct pq *pq;
	const uint8_t *packed;			/* blocks of 64: pq.h */
	size_t n;
	const struct pq_residual *residual;	/* residual codes only, else NULL */
	const uint32_t *assign;			/* (n), with residual */
};

struct search_hit {
	uint32_t chunk;
	float approx;		/* cosine by codes */
	float score;		/* exact cosine once exact is set, else approx */
	bool exact;
	float cosine;		/* exact, or by codes */
	float words;		/* how well words match, 1 for the best of the candidates */
	float rare;		/* how much of the question is a rare word of it: lexical_rare() */
	bool by_word;		/* a rare word brought it up, not the codes */
	bool reranked;		/* score is a reranker's */
};

/*
 * A part of the codes: n blocks, ascending. Bit i of lanes[b]: vector i of block[b] may be a hit; it
 * is called ids[64 b + i].
 */
struct search_part {
	size_t n;
	uint32_t *block;
	uint64_t *lanes;
	uint32_t *ids;
};

struct search_params {
	size_t n_best;			/* hits wanted at most */
	const uint64_t *allow;		/* bit i: chunk i may be a hit; NULL: all may */
	const struct search_part *part;	/* only these, allow does not count; NULL: all codes */
	const struct scan_kernel *kernel;	/* NULL: the best; all find the same */
};

/* The best by approximate cosine into out (n_best), best first; returns how many there are. */
size_t search_scan(const struct search_codes *c, const float *q, const struct search_params *p,
		   struct par *par, struct search_hit *out);
/* Exact cosine of hit i from vec (dim), a unit vector, and the unit query q. */
void search_exact(struct search_hit *hit, const float *vec, const float *q, size_t dim);
/* Best score first, ties by chunk number. */
void search_rank(struct search_hit *hits, size_t n);

#endif
