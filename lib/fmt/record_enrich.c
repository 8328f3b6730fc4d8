/* Anchors, assignment, codebook and codes records; see record.h and leann-stream(5). */
#include <math.h>
#include <string.h>

#include "base/le.h"
#include "fmt/postings.h"
#include "fmt/record.h"
#include "fmt/record_get.h"

/* Enrichments follow the last vector. */
static int after_vectors(const struct rec_check *c, const char *name, struct err *e)
{
	if (!c->dim)
		return stream_in_bad(c->in, e, "%s in a stream of chunks", name);
	if (c->n_vecs != c->n_chunks)
		return stream_in_bad(c->in, e, "%s before the vector of chunk %llu", name,
				     (unsigned long long)c->n_vecs);
	return 0;
}

/* n little-endian floats, all finite and >= 0. */
static int scales(const struct rec_check *c, const uint8_t *p, size_t n_bytes, size_t n,
		  const char *name, struct err *e)
{
	if (n_bytes != 4 * n)
		return stream_in_bad(c->in, e, "%s: %zu bytes, want %zu floats", name, n_bytes, n);
	for (size_t i = 0; i < n; i++) {
		float f = get_lef32(p + 4 * i);
		if (!isfinite(f) || f < 0)
			return stream_in_bad(c->in, e, "%s: scale %zu is not a finite number >= 0",
					     name, i);
	}
	return 0;
}

int rec_anchors(struct rec_check *c, const struct stream_rec *r, struct rec_anchors *a,
		struct err *e)
{
	const uint8_t *strategy, *q;
	size_t n_strategy, n_q, n_scale;
	uint64_t m;
	if (rec_shape(c, r, "anchors", 6, e) || after_vectors(c, "anchors", e) ||
	    rec_bytes(c, r, 1, MP_STR, "strategy", &strategy, &n_strategy, e) ||
	    rec_u64(c, r, 2, "seed", UINT64_MAX, &a->seed, e) ||
	    rec_u64(c, r, 3, "number of anchors", ANCHORS_MAX, &m, e) ||
	    rec_bytes(c, r, 4, MP_BIN, "anchors", &q, &n_q, e) ||
	    rec_bytes(c, r, 5, MP_BIN, "anchor scales", &a->scale, &n_scale, e))
		return -1;
	if (c->n_anchors)
		return stream_in_bad(c->in, e, "a second anchors record: leann-anchors ran twice");
	if (!m || n_q != m * c->dim)
		return stream_in_bad(c->in, e, "%llu anchors of %zu dimensions in %zu bytes",
				     (unsigned long long)m, c->dim, n_q);
	if (n_strategy >= sizeof a->strategy || memchr(strategy, 0, n_strategy))
		return stream_in_bad(c->in, e, "strategy of %zu bytes", n_strategy);
	memcpy(a->strategy, strategy, n_strategy);
	a->strategy[n_strategy] = 0;
	a->m = (size_t)m;
	a->dim = c->dim;
	a->q = (const int8_t *)q;
	c->n_anchors = m;
	return scales(c, a->scale, n_scale, a->m, "anchors", e);
}

int rec_assign(struct rec_check *c, const struct stream_rec *r, uint64_t *first, const uint8_t **p,
	       size_t *n, struct err *e)
{
	size_t n_bytes;
	if (rec_shape(c, r, "assign", 3, e) ||
	    rec_u64(c, r, 1, "first chunk", UINT32_MAX, first, e) ||
	    rec_bytes(c, r, 2, MP_BIN, "anchor numbers", p, &n_bytes, e))
		return -1;
	if (!c->n_anchors)
		return stream_in_bad(c->in, e, "assign before anchors");
	*n = n_bytes / 4;
	if (n_bytes % 4 || !*n || *first != c->n_assigned || *n > c->n_chunks - c->n_assigned)
		return stream_in_bad(
			c->in, e, "assign: chunks %llu + %zu, the next is %llu of %llu",
			(unsigned long long)*first, *n, (unsigned long long)c->n_assigned,
			(unsigned long long)c->n_chunks);
	for (size_t i = 0; i < *n; i++)
		if (get_le32(*p + 4 * i) >= c->n_anchors)
			return stream_in_bad(c->in, e, "chunk %llu: anchor %u of %llu",
					     (unsigned long long)(*first + i), get_le32(*p + 4 * i),
					     (unsigned long long)c->n_anchors);
	c->n_assigned += *n;
	return 0;
}

int rec_codebook(struct rec_check *c, const struct stream_rec *r, struct rec_codebook *k,
		 struct err *e)
{
	const uint8_t *rot, *cent;
	size_t n_rot, n_rot_scale, n_cent, n_cent_scale;
	uint64_t m, ksub, dsub;
	const struct mp *residual = mp_at(r->v, 5),
			*nibbles = mp_at(r->v, 10);
	if (rec_shape(c, r, "codebook", 10, e) || after_vectors(c, "codebook", e) ||
	    rec_u64(c, r, 1, "seed", UINT64_MAX, &k->seed, e) ||
	    rec_u64(c, r, 2, "sub-vectors", DIM_MAX, &m, e) ||
	    rec_u64(c, r, 3, "codebook size", 256, &ksub, e) ||
	    rec_u64(c, r, 4, "sub-vector dimensions", DIM_MAX, &dsub, e) ||
	    rec_bytes(c, r, 6, MP_BIN, "rotation", &rot, &n_rot, e) ||
	    rec_bytes(c, r, 7, MP_BIN, "rotation scales", &k->rot_scale, &n_rot_scale, e) ||
	    rec_bytes(c, r, 8, MP_BIN, "centroids", &cent, &n_cent, e) ||
	    rec_bytes(c, r, 9, MP_BIN, "centroid scales", &k->cent_scale, &n_cent_scale, e))
		return -1;
	if (c->pq_m)
		return stream_in_bad(c->in, e, "a second codebook: leann-pq ran twice");
	if (mp_type(residual) != MP_BOOL)
		return stream_in_bad(c->in, e, "residual is %s, want bool",
				     mp_type_name(mp_type(residual)));
	if (nibbles && mp_type(nibbles) != MP_BOOL)
		return stream_in_bad(c->in, e, "4-bit codes is %s, want bool",
				     mp_type_name(mp_type(nibbles)));
	k->m = (size_t)m;
	k->ksub = (size_t)ksub;
	k->dsub = (size_t)dsub;
	k->nibbles = nibbles && mp_bool(nibbles);
	if (!m || !ksub || !dsub || m * dsub > c->dim || n_rot != m * dsub * c->dim ||
	    !rec_nibbles_ok(k) || n_cent != rec_cent_bytes(k))
		return stream_in_bad(
			c->in, e,
			"codebook of %llu x %llu x %llu for %zu dimensions, %zu bytes of "
			"rotation, %zu of centroids",
			(unsigned long long)m, (unsigned long long)ksub, (unsigned long long)dsub,
			c->dim, n_rot, n_cent);
	k->residual = mp_bool(residual);
	if (k->residual && !c->n_anchors)
		return stream_in_bad(c->in, e, "a residual codebook before anchors");
	k->dim = c->dim;
	k->rot = (const int8_t *)rot;
	k->cent = (const int8_t *)cent;
	c->pq_m = k->m;
	c->pq_ksub = k->ksub;
	if (scales(c, k->rot_scale, n_rot_scale, k->m * k->dsub, "rotation", e) ||
	    scales(c, k->cent_scale, n_cent_scale, rec_n_books(k), "centroids", e))
		return -1;
	return 0;
}

int rec_codes(struct rec_check *c, const struct stream_rec *r, uint64_t *first, const uint8_t **p,
	      size_t *n, struct err *e)
{
	size_t n_bytes;
	if (rec_shape(c, r, "codes", 3, e) ||
	    rec_u64(c, r, 1, "first chunk", UINT32_MAX, first, e) ||
	    rec_bytes(c, r, 2, MP_BIN, "codes", p, &n_bytes, e))
		return -1;
	if (!c->pq_m)
		return stream_in_bad(c->in, e, "codes before their codebook");
	*n = n_bytes / c->pq_m;
	if (n_bytes % c->pq_m || !*n || *first != c->n_coded || *n > c->n_chunks - c->n_coded)
		return stream_in_bad(
			c->in, e,
			"codes: chunks %llu + %zu (%zu bytes of %zu each), the next is "
			"%llu of %llu",
			(unsigned long long)*first, *n, n_bytes, c->pq_m,
			(unsigned long long)c->n_coded, (unsigned long long)c->n_chunks);
	for (size_t i = 0; i < n_bytes; i++)
		if ((*p)[i] >= c->pq_ksub)
			return stream_in_bad(
				c->in, e, "chunk %llu: code %u, the codebook has %zu entries",
				(unsigned long long)(*first + i / c->pq_m), (*p)[i], c->pq_ksub);
	c->n_coded += *n;
	return 0;
}

void put_anchors(struct buf *b, const struct rec_anchors *a)
{
	buf_clear(b);
	mp_put_arr(b, 6);
	mp_put_u64(b, TAG_ANCHORS);
	mp_put_str(b, a->strategy);
	mp_put_u64(b, a->seed);
	mp_put_u64(b, a->m);
	mp_put_bin(b, a->q, a->m * a->dim);
	mp_put_bin(b, a->scale, 4 * a->m);
}

void put_assign(struct buf *b, uint64_t first, const uint8_t *p, size_t n)
{
	buf_clear(b);
	mp_put_arr(b, 3);
	mp_put_u64(b, TAG_ASSIGN);
	mp_put_u64(b, first);
	mp_put_bin(b, p, 4 * n);
}

void put_codebook(struct buf *b, const struct rec_codebook *k)
{
	buf_clear(b);
	mp_put_arr(b, k->nibbles ? 11 : 10);
	mp_put_u64(b, TAG_CODEBOOK);
	mp_put_u64(b, k->seed);
	mp_put_u64(b, k->m);
	mp_put_u64(b, k->ksub);
	mp_put_u64(b, k->dsub);
	mp_put_bool(b, k->residual);
	mp_put_bin(b, k->rot, k->m * k->dsub * k->dim);
	mp_put_bin(b, k->rot_scale, 4 * k->m * k->dsub);
	mp_put_bin(b, k->cent, rec_cent_bytes(k));
	mp_put_bin(b, k->cent_scale, 4 * rec_n_books(k));
	if (k->nibbles)
		mp_put_bool(b, true);
}

void put_codes(struct buf *b, uint64_t first, const uint8_t *p, size_t n, size_t m)
{
	buf_clear(b);
	mp_put_arr(b, 3);
	mp_put_u64(b, TAG_CODES);
	mp_put_u64(b, first);
	mp_put_bin(b, p, n * m);
}

bool terms_size_ok(uint64_t n)
{
	return n >= 256 && n <= 32768 && !(n & (n - 1));
}

int rec_terms(struct rec_check *c, const struct stream_rec *r, struct rec_terms *t, struct err *e)
{
	if (rec_shape(c, r, "terms", 3, e) ||
	    rec_u64(c, r, 1, "words", UINT64_MAX, &t->n_words, e) ||
	    rec_bytes(c, r, 2, MP_BIN, "levels", &t->level, &t->n_buckets, e))
		return -1;
	if (c->terms)
		return stream_in_bad(c->in, e, "a second record of terms");
	if (!terms_size_ok(t->n_buckets))
		return stream_in_bad(c->in, e, "terms: %zu buckets, want a power of 2, 256 to 32768",
				     t->n_buckets);
	c->terms = true;
	return 0;
}

void put_terms(struct buf *b, const struct rec_terms *t)
{
	buf_clear(b);
	mp_put_arr(b, 3);
	mp_put_u64(b, TAG_TERMS);
	mp_put_u64(b, t->n_words);
	mp_put_bin(b, t->level, t->n_buckets);
}

int rec_postings(struct rec_check *c, const struct stream_rec *r, uint64_t *off, const uint8_t **p,
		 size_t *n, struct err *e)
{
	if (rec_shape(c, r, "postings", 3, e) || rec_u64(c, r, 1, "offset", UINT32_MAX, off, e) ||
	    rec_bytes(c, r, 2, MP_BIN, "bytes", p, n, e))
		return -1;
	if (!*n || *n > POSTINGS_PIECE_MAX || *off != c->n_postings)
		return stream_in_bad(c->in, e,
				     "postings: %zu bytes from %llu, the limit is %d, the next is %llu",
				     *n, (unsigned long long)*off, POSTINGS_PIECE_MAX,
				     (unsigned long long)c->n_postings);
	c->n_postings += *n;
	return 0;
}

void put_postings(struct buf *b, uint64_t off, const void *p, size_t n)
{
	buf_clear(b);
	mp_put_arr(b, 3);
	mp_put_u64(b, TAG_POSTINGS);
	mp_put_u64(b, off);
	mp_put_bin(b, p, n);
}
