/* Records of changes to an index: hashes, gone, kept; and what the header says of them. See record.h. */
#include <string.h>

#include "base/hash.h"
#include "base/le.h"
#include "base/mem.h"
#include "fmt/bundle_manifest.h"
#include "fmt/copies.h"
#include "fmt/record.h"
#include "fmt/record_get.h"

enum { PIECE_BYTES = 1 << 20 };		/* of a record, as those of vectors are */

int rec_check_changes(struct rec_check *c, struct err *e)
{
	const struct shead *h = &c->in->head;
	struct buf args = BUF_INIT;
	uint64_t id;
	size_t n;
	bool there;
	int r = shead_args(h, &there, &args, &n, e);
	buf_release(&args);
	if (r || shead_str(h, "base", c->base, sizeof c->base, e) ||
	    shead_bool(h, "full", false, &c->full, e))
		return err_prefix(e, "%s", c->in->name);
	if (shead_has(h, "base") && (strlen(c->base) != 16 || manifest_hex(c->base, &id)))
		return stream_in_bad(c->in, e, "header: base: want 16 hexadecimal digits");
	if (c->full && !*c->base)
		return stream_in_bad(c->in, e, "header: full without base");
	return 0;
}

int rec_in_body(const struct rec_check *c, const char *name, struct err *e)
{
	return c->tail ? stream_in_bad(c->in, e, "%s after the hashes, copies or kept passages", name) : 0;
}

/* What follows the last chunk; nothing of the body comes after it. */
static int in_tail(struct rec_check *c, const char *name, struct err *e)
{
	c->tail = true;
	if (c->dim && c->n_vecs != c->n_chunks)
		return stream_in_bad(c->in, e, "%s before the vector of chunk %llu", name,
				     (unsigned long long)c->n_vecs);
	return 0;
}

static int need_base(const struct rec_check *c, const char *name, struct err *e)
{
	return *c->base ? 0 : stream_in_bad(c->in, e, "%s in a stream without base", name);
}

int rec_hashes(struct rec_check *c, const struct stream_rec *r, uint64_t *first, const uint8_t **p,
	       size_t *n, struct err *e)
{
	if (in_tail(c, "hashes", e) || rec_shape(c, r, "hashes", 3, e) ||
	    rec_u64(c, r, 1, "first chunk", UINT32_MAX, first, e) ||
	    rec_bytes(c, r, 2, MP_BIN, "hashes", p, n, e))
		return -1;
	if (!*n || *first != c->n_hashed || *n > c->n_chunks - c->n_hashed)
		return stream_in_bad(
			c->in, e, "hashes: chunks %llu + %zu, the next is %llu of %llu",
			(unsigned long long)*first, *n, (unsigned long long)c->n_hashed,
			(unsigned long long)c->n_chunks);
	c->n_hashed += *n;
	return 0;
}

/* With full, numbers are those of the new index, of which not all chunks are here. */
int rec_copies(struct rec_check *c, const struct stream_rec *r, const uint8_t **p, size_t *n,
	       struct err *e)
{
	size_t n_bytes;
	if (in_tail(c, "copies", e) || rec_shape(c, r, "copies", 2, e) ||
	    rec_bytes(c, r, 1, MP_BIN, "copies", p, &n_bytes, e))
		return -1;
	if (!n_bytes || n_bytes % COPIES_RUN_BYTES)
		return stream_in_bad(c->in, e, "copies: %zu bytes, want %d each", n_bytes,
				     COPIES_RUN_BYTES);
	if (shead_has(&c->in->head, "context"))
		return stream_in_bad(c->in, e, "copies, but the header has \"context\": one text is embedded in "
				     "several ways");
	*n = n_bytes / COPIES_RUN_BYTES;
	for (size_t i = 0; i < *n; i++) {
		const uint8_t *q = *p + COPIES_RUN_BYTES * i;
		uint64_t chunk = get_le32(q), k = get_le32(q + 4), of = get_le32(q + 8);
		if (!k || chunk < c->copies_end || of + k > chunk ||
		    (!c->full && chunk + k > c->n_chunks))
			return stream_in_bad(c->in, e, "copies: chunks %llu + %llu of %llu have the texts "
					     "of %llu and on, those before end at %llu",
					     (unsigned long long)chunk, (unsigned long long)k,
					     (unsigned long long)c->n_chunks, (unsigned long long)of,
					     (unsigned long long)c->copies_end);
		c->copies_end = chunk + k;
	}
	return 0;
}

int rec_gone(struct rec_check *c, const struct stream_rec *r, const uint8_t **p, size_t *n,
	     struct err *e)
{
	size_t n_bytes;
	if (need_base(c, "gone files", e) || rec_shape(c, r, "gone", 2, e) ||
	    rec_bytes(c, r, 1, MP_BIN, "gone files", p, &n_bytes, e))
		return -1;
	if (c->full)
		return stream_in_bad(c->in, e, "gone files in a stream of all files");
	if (c->n_files)
		return stream_in_bad(c->in, e, "gone files after file 0");
	if (!n_bytes || n_bytes % 4)
		return stream_in_bad(c->in, e, "gone files: %zu bytes, want 4 each", n_bytes);
	*n = n_bytes / 4;
	for (size_t i = 0; i < *n; i++) {
		uint32_t id = get_le32(*p + 4 * i);
		if (id < c->next_gone)
			return stream_in_bad(c->in, e, "gone files: %u after %llu", id,
					     (unsigned long long)c->next_gone - 1);
		c->next_gone = (uint64_t)id + 1;
	}
	return 0;
}

void kept_get(const uint8_t p[REC_KEPT_BYTES], struct rec_kept *k)
{
	*k = (struct rec_kept){get_le32(p), p[4], get_le64(p + 8), get_le64(p + 16),
			       get_le64(p + 24), get_le64(p + 32)};
}

/* Passage k at p: numbers that can be, and its place after that of the one before. */
static int check_kept(struct rec_check *c, uint64_t file, const uint8_t *p, struct err *e)
{
	struct rec_kept k;
	kept_get(p, &k);
	if (p[5] || p[6] || p[7] || k.off_bytes > INT64_MAX || !k.len_bytes ||
	    k.len_bytes > STREAM_RECORD_MAX || k.sub_off_bytes > UINT32_MAX ||
	    k.sub_len_bytes > UINT32_MAX)
		return stream_in_bad(c->in, e, "kept passage of file %llu: bytes %llu + %llu, in the "
				     "record %llu + %llu", (unsigned long long)file,
				     (unsigned long long)k.off_bytes,
				     (unsigned long long)k.len_bytes,
				     (unsigned long long)k.sub_off_bytes,
				     (unsigned long long)k.sub_len_bytes);
	if (c->n_kept_here && (k.off_bytes < c->kept_off ||
			       (k.off_bytes == c->kept_off && k.sub_off_bytes <= c->kept_sub)))
		return stream_in_bad(c->in, e, "kept passages of file %llu are not in order",
				     (unsigned long long)file);
	c->kept_off = k.off_bytes;
	c->kept_sub = k.sub_off_bytes;
	c->n_kept_here++;
	return 0;
}

int rec_kept(struct rec_check *c, const struct stream_rec *r, uint64_t *file, const uint8_t **p,
	     size_t *n, struct err *e)
{
	size_t n_bytes;
	if (need_base(c, "kept passages", e) || in_tail(c, "kept passages", e) ||
	    rec_shape(c, r, "kept", 3, e) || rec_u64(c, r, 1, "file id", UINT32_MAX, file, e) ||
	    rec_bytes(c, r, 2, MP_BIN, "kept passages", p, &n_bytes, e))
		return -1;
	if (!n_bytes || n_bytes % REC_KEPT_BYTES)
		return stream_in_bad(c->in, e, "kept passages: %zu bytes, want %d each", n_bytes,
				     REC_KEPT_BYTES);
	if (*file >= c->n_files || (c->n_kept && *file < c->kept_file))
		return stream_in_bad(c->in, e, "kept passages of file %llu of %llu, the latest had "
				     "file %llu", (unsigned long long)*file,
				     (unsigned long long)c->n_files,
				     (unsigned long long)c->kept_file);
	if (*file != c->kept_file)
		c->n_kept_here = 0;
	c->kept_file = *file;
	*n = n_bytes / REC_KEPT_BYTES;
	for (size_t i = 0; i < *n; i++)
		if (check_kept(c, *file, *p + REC_KEPT_BYTES * i, e))
			return -1;
	c->n_kept += *n;
	return 0;
}

uint8_t passage_hash(const char *text, size_t n)
{
	return (uint8_t)hash64(text, n);
}

void put_hashes(struct buf *b, uint64_t first, const uint8_t *p, size_t n)
{
	buf_clear(b);
	mp_put_arr(b, 3);
	mp_put_u64(b, TAG_HASHES);
	mp_put_u64(b, first);
	mp_put_bin(b, p, n);
}

int hashes_send(const uint8_t *hash, size_t n, struct stream_out *out, struct buf *body,
		struct err *e)
{
	for (size_t at = 0; at < n; at += PIECE_BYTES) {
		put_hashes(body, at, hash + at, n - at < PIECE_BYTES ? n - at : PIECE_BYTES);
		if (stream_out_buf(out, body, e))
			return -1;
	}
	return 0;
}

int gone_send(const uint32_t *file, size_t n, struct stream_out *out, struct buf *body,
	      struct err *e)
{
	size_t step = PIECE_BYTES / 4;
	uint8_t *le = mem_array(n < step ? n + 1 : step, 4);
	int r = 0;
	for (size_t at = 0; at < n && !r; at += step) {
		size_t k = n - at < step ? n - at : step;
		for (size_t i = 0; i < k; i++)
			put_le32(le + 4 * i, file[at + i]);
		buf_clear(body);
		mp_put_arr(body, 2);
		mp_put_u64(body, TAG_GONE);
		mp_put_bin(body, le, 4 * k);
		r = stream_out_buf(out, body, e);
	}
	mem_free(le);
	return r;
}

void kept_put(uint8_t p[REC_KEPT_BYTES], const struct rec_kept *k)
{
	memset(p, 0, REC_KEPT_BYTES);
	put_le32(p, k->chunk);
	p[4] = k->hash;
	put_le64(p + 8, k->off_bytes);
	put_le64(p + 16, k->len_bytes);
	put_le64(p + 24, k->sub_off_bytes);
	put_le64(p + 32, k->sub_len_bytes);
}

int kept_send(uint64_t file, const uint8_t *kept, size_t n, struct stream_out *out,
	      struct buf *body, struct err *e)
{
	size_t step = PIECE_BYTES / REC_KEPT_BYTES;
	for (size_t at = 0; at < n; at += step) {
		buf_clear(body);
		mp_put_arr(body, 3);
		mp_put_u64(body, TAG_KEPT);
		mp_put_u64(body, file);
		mp_put_bin(body, kept + REC_KEPT_BYTES * at,
			   REC_KEPT_BYTES * (n - at < step ? n - at : step));
		if (stream_out_buf(out, body, e))
			return -1;
	}
	return 0;
}
