/* Anchors, codebook and codes that came with the stream; see collect_impl.h. */
#include "base/le.h"
#include "collect_impl.h"

/* Move n bytes that a record owns into kept; offsets become pointers in settle(). */
static size_t keep(struct collect *c, const void *p, size_t n)
{
	size_t at = c->kept.len;
	buf_add(&c->kept, p, n);
	return at;
}

int collect_anchors(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		    size_t at[6], struct err *e)
{
	struct rec_anchors *a = &c->anchors;
	if (rec_anchors(check, r, a, e))
		return -1;
	at[0] = keep(c, a->q, a->m * a->dim);
	at[1] = keep(c, a->scale, 4 * a->m);
	return 0;
}

int collect_codebook(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		     size_t at[6], struct err *e)
{
	struct rec_codebook *k = &c->codebook;
	if (rec_codebook(check, r, k, e))
		return -1;
	size_t drot = k->m * k->dsub;
	at[2] = keep(c, k->rot, drot * k->dim);
	at[3] = keep(c, k->rot_scale, 4 * drot);
	at[4] = keep(c, k->cent, rec_cent_bytes(k));
	at[5] = keep(c, k->cent_scale, 4 * rec_n_books(k));
	return 0;
}

void collect_settle(struct collect *c, const size_t at[6])
{
	const uint8_t *p = c->kept.p;
	if (c->anchors.m) {
		c->anchors.q = (const int8_t *)(p + at[0]);
		c->anchors.scale = p + at[1];
	}
	if (c->codebook.m) {
		c->codebook.rot = (const int8_t *)(p + at[2]);
		c->codebook.rot_scale = p + at[3];
		c->codebook.cent = (const int8_t *)(p + at[4]);
		c->codebook.cent_scale = p + at[5];
	}
}

int collect_assign(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		       struct err *e)
{
	uint64_t first;
	const uint8_t *p;
	size_t n;
	if (rec_assign(check, r, &first, &p, &n, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		uint32_t v = get_le32(p + 4 * i);
		buf_add(&c->assign, &v, sizeof v);
	}
	return 0;
}

int collect_codes(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		      struct err *e)
{
	uint64_t first;
	const uint8_t *p;
	size_t n;
	if (rec_codes(check, r, &first, &p, &n, e))
		return -1;
	buf_add(&c->codes, p, n * check->pq_m);
	return 0;
}
