/*
 * enrich: anchors and codes for a set of vectors, with the defaults of every program.
 * leann-anchors, leann-pq and leann-graph all call these, so they cannot differ.
 *
 *	struct enrich_params p = ENRICH_PARAMS_DEFAULT;
 *	struct enrich x = ENRICH_INIT;
 *	enrich_anchors(&rows, group, &p, par, &x, e);	makes x.anchors, x.assign, x.cosine
 *	enrich_pq(&rows, group, &p, par, &x, e);	x.pq, x.codes (anchors first if residual)
 *	enrich_release(&x);
 *
 * What is already in x (loaded from a stream) is kept. No rows: nothing is made.
 */
#ifndef LEANN_ALGO_ENRICH_H
#define LEANN_ALGO_ENRICH_H

#include "algo/anchors.h"
#include "algo/pq.h"
#include "algo/rows.h"

#define ENRICH_SEED 42

/* Where the codebook comes from: what serves, the program itself, the rows. */
enum enrich_book { ENRICH_BOOK_AUTO, ENRICH_BOOK_SHIPPED, ENRICH_BOOK_TRAIN };
/* "auto", "shipped", "train", NULL */
extern const char *const enrich_book_names[];
enum enrich_book enrich_book_of(const char *word); /* one of these words */

struct enrich_params {
	struct anchors_params anchors;
	struct pq_params pq;
	enum enrich_book book;
	const uint8_t *shipped; /* n_shipped bytes of a member "pq", made for these rows' model */
	size_t n_shipped; /* 0: there is none for it */
};
#define ENRICH_PARAMS_DEFAULT                                                                      \
	{                                                                                          \
		.anchors = {.strategy = ANCHORS_KMEANS, .min_per_group = 1, .seed = ENRICH_SEED},  \
		.pq = {.seed = ENRICH_SEED }                                                       \
	}

struct enrich {
	struct anchors anchors; /* n 0: none */
	uint32_t *assign; /* (n rows) nearest anchor, or NULL */
	float *cosine; /* (n rows) to it; NULL when assign came from elsewhere */
	struct pq pq; /* m 0: none */
	bool shipped; /* pq was taken from enrich_params */
	uint8_t *codes; /* (n rows, m) row-major, or NULL */
};
#define ENRICH_INIT                                                                                \
	{                                                                                          \
		0                                                                                  \
	}

void enrich_release(struct enrich *x);
/* Sets p->shipped to the codebook that comes with the program for this model, if there is one. */
void enrich_offer_shipped(struct enrich_params *p, const char *model_sha256);
/* Anchors unless x has some, the assignment unless x has one. group: see anchors_train(). */
int enrich_anchors(const struct rows *rows, const uint16_t *group, const struct enrich_params *p,
		   struct par *par, struct enrich *x, struct err *e) MUST_CHECK;
/*
 * Codebook unless x has one, codes unless x has them; anchors as well where they are residual.
 * The codebook is the shipped one where p->book says so, or leaves it open and it serves
 * (pq_shipped.h); else it is trained. ERR_USAGE where the shipped one is told for and unfit.
 */
int enrich_pq(const struct rows *rows, const uint16_t *group, const struct enrich_params *p,
	      struct par *par, struct enrich *x, struct err *e) MUST_CHECK;

#endif
