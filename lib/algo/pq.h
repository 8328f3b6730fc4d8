/*
 * pq: product quantisation of rotated vectors: m bytes a vector.
 *
 * The rotation is the top eigenvectors of the uncentred second moment, dealt to the
 * sub-spaces so that each has the same product of eigenvalues (OPQ-P: Ge, He, Ke, Sun,
 * "Optimized Product Quantization", CVPR 2013, section 3.2). Rotation and centroids are
 * stored as int8, of few levels for small collections, and used as they come back from int8.
 * A byte of a code is the number of a centroid of 256, or two numbers of 4 bits, each of a
 * centroid of 16 for half of the sub-vector: 1/16 of the centroids to store. All pairs of them
 * are a codebook of 256 again, which pq_load() lays out, so that only training, encoding and
 * storage tell the two apart.
 * Ranking is by q.x^ / |x^|, x^ the decoded vector: |x^| follows from the code.
 *
 *	pq_train(&rows, NULL, NULL, &params, par, &pq, e); pq_encode(&pq, &rows, ..., codes, e);
 *	pq_lut(&pq, q, lut, qrot); pq_scan(&pq, packed, 0, n, lut, out);
 */
#ifndef LEANN_ALGO_PQ_H
#define LEANN_ALGO_PQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algo/anchors.h"
#include "algo/rows.h"
#include "base/err.h"
#include "base/par.h"
#include "vec/scan.h"

enum {
	PQ_KSUB_MAX = 256, /* also the stride of tables: any byte is a valid index */
	PQ_NIBBLE = 16, /* centroids that 4 bits number */
	PQ_BLOCK = 64, /* vectors of a block of packed codes */
};

struct pq_params {
	size_t m; /* sub-vectors = bytes a vector; 0: pq_shape_for() */
	size_t ksub; /* codebook size 1..256; 0: pq_shape_for(); nibbles: 0 or 16 */
	size_t dsub; /* dimensions a sub-vector; 0: pq_shape_for() */
	size_t samples; /* training rows; 0: 32768, at most 256 MiB of them */
	bool residual; /* code vector - anchor instead of the vector */
	size_t bits; /* of a number: 8, or 4, two of them a byte; 0: 8 */
	uint64_t seed;
};
#define PQ_PARAMS_DEFAULT                                                                          \
	{                                                                                          \
		0                                                                                  \
	}

struct pq {
	size_t dim, m, ksub, dsub, drot; /* drot = m * dsub <= dim */
	bool residual, nibbles; /* nibbles: ksub is 256, dsub even */
	uint64_t seed;
	int8_t *rot; /* (drot, dim) row-major */
	float *rot_scale; /* (drot) */
	int8_t *cent; /* (m, ksub, dsub); nibbles: (2 m, 16, dsub / 2) */
	float *cent_scale; /* (m); nibbles: (2 m) */
	float *rotf; /* (drot, dim) = rot * rot_scale */
	float *bookf; /* cent * cent_scale */
	float *centf; /* (m, ksub, dsub): bookf itself; nibbles: its pairs, low 4 bits first half */
	float *norms; /* (m, PQ_KSUB_MAX) squared lengths of centroids, 0 past ksub */
};
#define PQ_INIT                                                                                    \
	{                                                                                          \
		0                                                                                  \
	}

void pq_release(struct pq *pq);

/* Codebooks as stored: their number, entries and dimensions. */
static inline size_t pq_n_books(const struct pq *pq)
{
	return pq->nibbles ? 2 * pq->m : pq->m;
}
static inline size_t pq_book_size(const struct pq *pq)
{
	return pq->nibbles ? PQ_NIBBLE : pq->ksub;
}
static inline size_t pq_book_dims(const struct pq *pq)
{
	return pq->nibbles ? pq->dsub / 2 : pq->dsub;
}
/* Bytes of rotation and centroids. */
static inline size_t pq_bytes(const struct pq *pq)
{
	return pq->drot * (pq->dim + pq_book_size(pq));
}

/*
 * The shape of a codec: drot = m * dsub rotated dimensions, ksub values of a byte; the
 * largest magnitude of an entry of the rotation and of the centroids, up to 127.
 */
struct pq_shape {
	size_t m, dsub, ksub;
	int rot_top, cent_top;
};
/*
 * The shape for n rows of dim, zeros of p filled in; pq_shape.c says how and why. A codebook
 * of more centroids than training rows is cut down to those by pq_train().
 * ERR_USAGE, with those that can be had, for sub-vectors that dim cannot serve.
 */
int pq_shape_for(const struct pq_params *p, size_t n, size_t dim, struct pq_shape *s,
		 struct err *e) MUST_CHECK;

/*
 * From stored form, little-endian scales; copies. pq must be PQ_INIT with dim, m, ksub, dsub,
 * residual, nibbles and seed set.
 */
void pq_load(struct pq *pq, const int8_t *rot, const uint8_t *rot_scale_le, const int8_t *cent,
	     const uint8_t *cent_scale_le);

/* Train on rows->n > 0 rows. anchors and assign (rows->n): for p->residual, else NULL. */
int pq_train(const struct rows *rows, const struct anchors *anchors, const uint32_t *assign,
	     const struct pq_params *p, struct par *par, struct pq *pq, struct err *e) MUST_CHECK;

/* codes (rows->n, m) row-major u8 out. anchors, assign as in pq_train(), needed if pq->residual. */
int pq_encode(const struct pq *pq, const struct rows *rows, const struct anchors *anchors,
	      const uint32_t *assign, struct par *par, uint8_t *codes, struct err *e) MUST_CHECK;

/* The decoded vector in rotated space: out (drot). Of a residual codec: the decoded delta. */
void pq_decode(const struct pq *pq, const uint8_t *code, float *out);
/* A vector into rotated space: out (drot). */
void pq_rotate(const struct pq *pq, const float *x, float *out);

/* Sum of a[i] b[i], in one order. */
float pq_dot(const float *a, const float *b, size_t n);

/* Packed codes: code j of vector i at i / 64 * 64 * m + j * 64 + i % 64; padding is 0. */
size_t pq_packed_bytes(size_t n, size_t m);
void pq_pack(const uint8_t *codes, size_t n, size_t m, uint8_t *packed);

/* Tables of a query q (dim): lut (m, PQ_KSUB_MAX) dot products, qrot (drot) the rotated query. */
void pq_lut(const struct pq *pq, const float *q, float *lut, float *qrot);

/*
 * Approximate cosines of vectors first..first+n-1 to the query of lut, into out[0..n-1].
 * first must be a multiple of PQ_BLOCK. A call makes a table first, in 5 us: give it thousands
 * of vectors. A code that decodes to the zero vector has no direction and scores 0.
 */
void pq_scan(const struct pq *pq, const uint8_t *packed, size_t first, size_t n, const float *lut,
	     float *out);

/* The same a block at a time: tables of one query, side by side. */
struct pq_pairs {
	size_t m;
	void *pair; /* (m, PQ_KSUB_MAX) pairs of floats: dot product, squared length */
};
void pq_pairs_init(struct pq_pairs *t, const struct pq *pq, const float *lut);
void pq_pairs_release(struct pq_pairs *t);
/* Of the vectors of a block whose bit is set in lanes: score[i] of vector i, pq_scan()'s bits. */
void pq_score_lanes(const struct pq_pairs *t, const uint8_t *block, uint64_t lanes,
		    float score[PQ_BLOCK]);

/*
 * A table in whole numbers for scan.h, made for a query and a score: every vector whose score of
 * pq_scan() is least or more reaches it; of the others few do. pq_filter.c says why.
 * False, and nothing to release, where no such table can be had: for scores of 0 and less.
 */
struct pq_filter {
	uint8_t *entry;
	struct scan_table table;
};
bool pq_filter_init(struct pq_filter *f, const struct pq *pq, const float *lut,
		    float least) MUST_CHECK;
void pq_filter_release(struct pq_filter *f);

/* What scoring residual codes needs of the anchors: made by pq_residual_init(). */
struct pq_residual {
	size_t n_anchors, drot;
	float *rot; /* (n_anchors, drot) rotated anchors */
	float *norm2; /* (n_anchors) squared lengths of them */
};
void pq_residual_init(struct pq_residual *r, const struct pq *pq, const struct anchors *anchors);
void pq_residual_release(struct pq_residual *r);
/* As pq_scan() for q.(a + d^) / |a + d^|; assign: anchors of the n vectors; qrot: of pq_lut(). */
void pq_scan_residual(const struct pq *pq, const struct pq_residual *r, const uint8_t *packed,
		      size_t first, size_t n, const uint32_t *assign, const float *lut,
		      const float *qrot, float *out);

/* Approximate cosines of vectors ids[0..n-1]; r, assign (of all): residual codes, else NULL. */
void pq_score(const struct pq *pq, const struct pq_residual *r, const uint8_t *packed,
	      const uint32_t *assign, const float *lut, const float *qrot, const uint32_t *ids,
	      size_t n, float *out);

#endif
