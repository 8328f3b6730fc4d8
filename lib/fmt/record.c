/* File, text, chunk and vec records: checks and packers. Enrichments: record_enrich.c. */
#include "fmt/record.h"

#include <math.h>
#include <string.h>

#include "base/le.h"
#include "base/utf8.h"
#include "fmt/meta.h"
#include "fmt/record_get.h"

int rec_shape(const struct rec_check *c, const struct stream_rec *r, const char *name, size_t n_min,
	      struct err *e)
{
	if (mp_len(r->v) < n_min)
		return stream_in_bad(c->in, e, "%s record of %zu items, want %zu", name,
				     mp_len(r->v), n_min);
	return 0;
}

int rec_u64(const struct rec_check *c, const struct stream_rec *r, size_t i, const char *name,
	    uint64_t max, uint64_t *out, struct err *e)
{
	const struct mp *v = mp_at(r->v, i);
	if (mp_type(v) != MP_UINT)
		return stream_in_bad(c->in, e, "%s is %s, want uint", name,
				     mp_type_name(mp_type(v)));
	if (mp_u64(v) > max)
		return stream_in_bad(c->in, e, "%s is %llu, the limit is %llu", name,
				     (unsigned long long)mp_u64(v), (unsigned long long)max);
	*out = mp_u64(v);
	return 0;
}

int rec_bytes(const struct rec_check *c, const struct stream_rec *r, size_t i, enum mp_type type,
	      const char *name, const uint8_t **p, size_t *n, struct err *e)
{
	const struct mp *v = mp_at(r->v, i);
	if (mp_type(v) != type)
		return stream_in_bad(c->in, e, "%s is %s, want %s", name, mp_type_name(mp_type(v)),
				     mp_type_name(type));
	*p = mp_bytes(v, n);
	return 0;
}

int rec_check_init(struct rec_check *c, struct stream_in *in, struct err *e)
{
	uint64_t dim;
	struct buf b = BUF_INIT;
	*c = (struct rec_check){.in = in};
	int r = shead_bin_at(&in->head, "roots", 0, &b, &c->n_roots, e);
	buf_release(&b);
	if (r || shead_u64(&in->head, "dim", 0, DIM_MAX, &dim, e))
		return err_prefix(e, "%s", in->name);
	if (rec_check_changes(c, e))
		return -1;
	c->texts = true;
	if (strcmp(in->head.kind, "vectors"))
		return 0;
	if (!dim)
		return stream_in_bad(in, e, "header of a vector stream without dim");
	if (shead_bool(&in->head, "texts", false, &c->texts, e))
		return err_prefix(e, "%s", in->name);
	c->dim = (size_t)dim;
	return 0;
}

bool path_is_safe(const uint8_t *p, size_t n)
{
	size_t from = 0;
	if (!n || n > 4095 || memchr(p, 0, n))
		return false;
	for (size_t i = 0; i <= n; i++) {
		if (i < n && p[i] != '/')
			continue;
		size_t k = i - from;
		if (!k || (k == 1 && p[from] == '.') ||
		    (k == 2 && p[from] == '.' && p[from + 1] == '.'))
			return false;
		from = i + 1;
	}
	return true;
}

/* What must hold before a file ends: a stored file's bytes all came. */
static int file_complete(const struct rec_check *c, struct err *e)
{
	if (c->n_files && file_keeps_text(c->last_flags) && c->last_text_bytes != c->last_size)
		return stream_in_bad(
			c->in, e, "file %llu is stored, but %llu of its %llu bytes came",
			(unsigned long long)c->n_files - 1, (unsigned long long)c->last_text_bytes,
			(unsigned long long)c->last_size);
	return 0;
}

int rec_file(struct rec_check *c, const struct stream_rec *r, struct rec_file *f, struct err *e)
{
	const uint8_t *lang;
	uint64_t flags;
	const struct mp *mtime = mp_at(r->v, 5);
	*f = (struct rec_file){0};
	if (rec_in_body(c, "a file", e) || rec_shape(c, r, "file", 9, e) ||
	    rec_u64(c, r, 1, "file id", UINT32_MAX, &f->id, e) ||
	    rec_u64(c, r, 2, "root", UINT32_MAX, &f->root, e) ||
	    rec_bytes(c, r, 3, MP_BIN, "path", &f->path, &f->n_path, e) ||
	    rec_u64(c, r, 4, "size", INT64_MAX, &f->size_bytes, e) ||
	    rec_u64(c, r, 6, "hash", UINT64_MAX, &f->hash, e) ||
	    rec_bytes(c, r, 7, MP_STR, "language", &lang, &f->n_lang, e) ||
	    rec_u64(c, r, 8, "flags", FILE_FLAGS_MAX, &flags, e) || file_complete(c, e))
		return -1;
	if ((flags & FILE_REMOVED) || !file_flags_ok(flags))
		return stream_in_bad(c->in, e, "flags are %llu, which do not go together",
				     (unsigned long long)flags);
	if ((flags & FILE_EXTRACTED) &&
	    (rec_shape(c, r, "file", 10, e) ||
	     rec_u64(c, r, 9, "size of the text", INT64_MAX, &f->text_bytes, e)))
		return -1;
	f->lang = (const char *)lang;
	f->flags = (unsigned)flags;
	if (mp_type(mtime) != MP_UINT && mp_type(mtime) != MP_INT)
		return stream_in_bad(c->in, e, "mtime is %s, want an integer",
				     mp_type_name(mp_type(mtime)));
	if (mp_type(mtime) == MP_UINT && mp_u64(mtime) > INT64_MAX)
		return stream_in_bad(c->in, e, "mtime is %llu, the limit is %lld",
				     (unsigned long long)mp_u64(mtime), (long long)INT64_MAX);
	f->mtime_ns = mp_i64(mtime);
	if (f->id != c->n_files)
		return stream_in_bad(c->in, e, "file id %llu, the next is %llu",
				     (unsigned long long)f->id, (unsigned long long)c->n_files);
	if (f->root >= c->n_roots && !(f->flags & FILE_STORED))
		return stream_in_bad(c->in, e, "file %llu is below root %llu, the header has %zu",
				     (unsigned long long)f->id, (unsigned long long)f->root,
				     c->n_roots);
	if (!path_is_safe(f->path, f->n_path))
		return stream_in_bad(c->in, e, "file %llu: path leaves its root or is malformed",
				     (unsigned long long)f->id);
	if (f->n_lang > 31 || memchr(lang, 0, f->n_lang) || !utf8_valid(lang, f->n_lang))
		return stream_in_bad(
			c->in, e, "language of %zu bytes: want UTF-8, at most 31 bytes", f->n_lang);
	c->n_files++;
	c->last_flags = f->flags;
	c->last_size = rec_file_room(f);
	c->last_text_bytes = 0;
	c->n_metas = 0;
	return 0;
}

int rec_text(struct rec_check *c, const struct stream_rec *r, const uint8_t **p, size_t *n,
	     struct err *e)
{
	uint64_t file;
	if (rec_shape(c, r, "text", 3, e) || rec_u64(c, r, 1, "file id", UINT32_MAX, &file, e) ||
	    rec_bytes(c, r, 2, MP_BIN, "text", p, n, e))
		return -1;
	if (!c->n_files || file != c->n_files - 1 || !file_keeps_text(c->last_flags))
		return stream_in_bad(c->in, e,
				     "text of file %llu, which is not the latest stored file",
				     (unsigned long long)file);
	if (*n > TEXT_PIECE_MAX || *n > c->last_size - c->last_text_bytes)
		return stream_in_bad(
			c->in, e, "text of %zu bytes: the limit is %d, and the file has %llu left",
			*n, TEXT_PIECE_MAX,
			(unsigned long long)(c->last_size - c->last_text_bytes));
	c->last_text_bytes += *n;
	return 0;
}

static int chunk_order(struct rec_check *c, const struct rec_chunk *k, struct err *e)
{
	unsigned long long id = k->id;
	if (k->id != c->n_chunks)
		return stream_in_bad(c->in, e, "chunk id %llu, the next is %llu", id,
				     (unsigned long long)c->n_chunks);
	if (c->dim && c->n_vecs != c->n_chunks)
		return stream_in_bad(c->in, e, "chunk %llu came before the vector of chunk %llu",
				     id, (unsigned long long)c->n_vecs);
	if (!c->n_files || k->file != c->n_files - 1)
		return stream_in_bad(c->in, e,
				     "chunk %llu is of file %llu, which is not the latest file", id,
				     (unsigned long long)k->file);
	if (k->off_bytes > c->last_size || k->len_bytes > c->last_size - k->off_bytes ||
	    !k->len_bytes)
		return stream_in_bad(c->in, e, "chunk %llu: bytes %llu + %llu of a file of %llu",
				     id, (unsigned long long)k->off_bytes,
				     (unsigned long long)k->len_bytes,
				     (unsigned long long)c->last_size);
	if (!k->first_line || k->last_line < k->first_line)
		return stream_in_bad(c->in, e, "chunk %llu: lines %llu to %llu", id,
				     (unsigned long long)k->first_line,
				     (unsigned long long)k->last_line);
	if ((k->sub_off_bytes || k->sub_len_bytes) && !(c->last_flags & FILE_RECORDS))
		return stream_in_bad(c->in, e,
				     "chunk %llu: a span in a record, but file %llu has no records",
				     id, (unsigned long long)k->file);
	c->n_chunks++;
	return 0;
}

int rec_chunk(struct rec_check *c, const struct stream_rec *r, struct rec_chunk *k, struct err *e)
{
	const uint8_t *p = NULL;
	*k = (struct rec_chunk){0};
	if (rec_in_body(c, "a chunk", e) || rec_shape(c, r, "chunk", 12, e) ||
	    rec_u64(c, r, 1, "chunk id", UINT32_MAX, &k->id, e) ||
	    rec_u64(c, r, 2, "file id", UINT32_MAX, &k->file, e) ||
	    rec_u64(c, r, 3, "offset", INT64_MAX, &k->off_bytes, e) ||
	    rec_u64(c, r, 4, "length", STREAM_RECORD_MAX, &k->len_bytes, e) ||
	    rec_u64(c, r, 5, "first line", UINT32_MAX, &k->first_line, e) ||
	    rec_u64(c, r, 6, "last line", UINT32_MAX, &k->last_line, e) ||
	    rec_u64(c, r, 7, "tokens", UINT32_MAX, &k->n_tokens, e) ||
	    rec_u64(c, r, 8, "record offset", UINT32_MAX, &k->sub_off_bytes, e) ||
	    rec_u64(c, r, 9, "record length", UINT32_MAX, &k->sub_len_bytes, e))
		return -1;
	if (mp_type(mp_at(r->v, 10)) != MP_NIL) {
		if (rec_bytes(c, r, 10, MP_STR, "id of the record", &p, &k->n_ext_id, e))
			return -1;
		if (!utf8_valid(p, k->n_ext_id))
			return stream_in_bad(c->in, e,
					     "id of the record of chunk %llu is not UTF-8",
					     (unsigned long long)k->id);
		k->ext_id = (const char *)p;
	}
	if (mp_type(mp_at(r->v, 11)) != MP_NIL) {
		if (rec_bytes(c, r, 11, MP_STR, "text", &p, &k->n_text, e))
			return -1;
		if (!utf8_valid(p, k->n_text))
			return stream_in_bad(c->in, e, "text of chunk %llu is not UTF-8",
					     (unsigned long long)k->id);
		k->text = (const char *)p;
	} else if (c->texts) {
		return stream_in_bad(c->in, e, "chunk %llu has no text", (unsigned long long)k->id);
	}
	return chunk_order(c, k, e);
}

int rec_vec(struct rec_check *c, const struct stream_rec *r, float *out, struct err *e)
{
	const uint8_t *p;
	size_t n;
	uint64_t id;
	double sum = 0;
	if (rec_shape(c, r, "vec", 3, e) || rec_u64(c, r, 1, "chunk id", UINT32_MAX, &id, e) ||
	    rec_bytes(c, r, 2, MP_BIN, "vector", &p, &n, e))
		return -1;
	if (!c->dim)
		return stream_in_bad(c->in, e, "a vector in a stream of chunks");
	if (id != c->n_vecs || c->n_vecs >= c->n_chunks)
		return stream_in_bad(c->in, e,
				     "vector of chunk %llu, the next is that of chunk %llu",
				     (unsigned long long)id, (unsigned long long)c->n_vecs);
	if (n != 4 * c->dim)
		return stream_in_bad(
			c->in, e,
			"%zu floats (%zu bytes), header says %zu: re-run leann-embed-client", n / 4,
			n, c->dim);
	for (size_t i = 0; i < c->dim; i++) {
		float f = get_lef32(p + 4 * i);
		if (!isfinite(f))
			return stream_in_bad(c->in, e,
					     "vector of chunk %llu: component %zu is %s: re-run "
					     "leann-embed-client",
					     (unsigned long long)id, i,
					     isnan(f) ? "NaN" : "infinite");
		sum += (double)f * f;
		out[i] = f;
	}
	if (sum < .81 || sum > 1.21)
		return stream_in_bad(
			c->in, e,
			"vector of chunk %llu has length %.4f, want 1: the vectors of a "
			"stream are normalised",
			(unsigned long long)id, sqrt(sum));
	c->n_vecs++;
	return 0;
}

static int check_meta(struct rec_check *c, const struct stream_rec *r, struct err *e)
{
	struct meta m = META_INIT;
	uint64_t off, sub_off;
	int k = rec_meta(c, r, &off, &sub_off, &m, e);
	meta_release(&m);
	return k;
}

int rec_any(struct rec_check *c, const struct stream_rec *r, struct err *e)
{
	struct rec_file f;
	struct rec_chunk k;
	struct rec_anchors a;
	struct rec_codebook cb;
	struct rec_terms t;
	float v[DIM_MAX];
	const uint8_t *p;
	size_t n;
	uint64_t first;
	switch (r->tag) {
	case TAG_FILE: return rec_file(c, r, &f, e);
	case TAG_CHUNK: return rec_chunk(c, r, &k, e);
	case TAG_VEC: return rec_vec(c, r, v, e);
	case TAG_TEXT: return rec_text(c, r, &p, &n, e);
	case TAG_ANCHORS: return rec_anchors(c, r, &a, e);
	case TAG_ASSIGN: return rec_assign(c, r, &first, &p, &n, e);
	case TAG_CODEBOOK: return rec_codebook(c, r, &cb, e);
	case TAG_CODES: return rec_codes(c, r, &first, &p, &n, e);
	case TAG_TERMS: return rec_terms(c, r, &t, e);
	case TAG_POSTINGS: return rec_postings(c, r, &first, &p, &n, e);
	case TAG_HASHES: return rec_hashes(c, r, &first, &p, &n, e);
	case TAG_COPIES: return rec_copies(c, r, &p, &n, e);
	case TAG_GONE: return rec_gone(c, r, &p, &n, e);
	case TAG_KEPT: return rec_kept(c, r, &first, &p, &n, e);
	case TAG_META: return check_meta(c, r, e);
	default:
		if (r->tag >= TAG_SKIP_MIN && r->tag <= TAG_SKIP_MAX)
			return 0;
		return stream_in_bad(c->in, e, "unknown tag %u: written by a newer leann?", r->tag);
	}
}

int rec_check_end(const struct rec_check *c, struct err *e)
{
	if (file_complete(c, e))
		return -1;
	if (c->dim && c->n_vecs != c->n_chunks)
		return stream_in_bad(c->in, e, "%llu chunks, but %llu vectors",
				     (unsigned long long)c->n_chunks,
				     (unsigned long long)c->n_vecs);
	if (c->n_anchors && c->n_assigned != c->n_chunks)
		return stream_in_bad(c->in, e, "anchors of %llu chunks, the stream has %llu",
				     (unsigned long long)c->n_assigned,
				     (unsigned long long)c->n_chunks);
	if (c->n_hashed && c->n_hashed != c->n_chunks)
		return stream_in_bad(c->in, e, "hashes of %llu chunks, the stream has %llu",
				     (unsigned long long)c->n_hashed,
				     (unsigned long long)c->n_chunks);
	if (c->pq_m && c->n_coded != c->n_chunks)
		return stream_in_bad(c->in, e, "codes of %llu chunks, the stream has %llu",
				     (unsigned long long)c->n_coded,
				     (unsigned long long)c->n_chunks);
	return 0;
}

void put_file(struct buf *b, const struct rec_file *f)
{
	buf_clear(b);
	mp_put_arr(b, f->flags & FILE_EXTRACTED ? 10 : 9);
	mp_put_u64(b, TAG_FILE);
	mp_put_u64(b, f->id);
	mp_put_u64(b, f->root);
	mp_put_bin(b, f->path, f->n_path);
	mp_put_u64(b, f->size_bytes);
	mp_put_i64(b, f->mtime_ns);
	mp_put_u64(b, f->hash);
	mp_put_strn(b, f->lang, f->n_lang);
	mp_put_u64(b, f->flags);
	if (f->flags & FILE_EXTRACTED)
		mp_put_u64(b, f->text_bytes);
}

void put_text(struct buf *b, uint64_t file, const void *p, size_t n)
{
	buf_clear(b);
	mp_put_arr(b, 3);
	mp_put_u64(b, TAG_TEXT);
	mp_put_u64(b, file);
	mp_put_bin(b, p, n);
}

void put_chunk(struct buf *b, const struct rec_chunk *k)
{
	buf_clear(b);
	mp_put_arr(b, 12);
	mp_put_u64(b, TAG_CHUNK);
	mp_put_u64(b, k->id);
	mp_put_u64(b, k->file);
	mp_put_u64(b, k->off_bytes);
	mp_put_u64(b, k->len_bytes);
	mp_put_u64(b, k->first_line);
	mp_put_u64(b, k->last_line);
	mp_put_u64(b, k->n_tokens);
	mp_put_u64(b, k->sub_off_bytes);
	mp_put_u64(b, k->sub_len_bytes);
	if (k->ext_id)
		mp_put_strn(b, k->ext_id, k->n_ext_id);
	else
		mp_put_nil(b);
	if (k->text)
		mp_put_strn(b, k->text, k->n_text);
	else
		mp_put_nil(b);
}

void put_vec(struct buf *b, uint64_t chunk, const float *v, size_t dim)
{
	uint8_t le[4 * DIM_MAX];
	for (size_t i = 0; i < dim; i++)
		put_lef32(le + 4 * i, v[i]);
	buf_clear(b);
	mp_put_arr(b, 3);
	mp_put_u64(b, TAG_VEC);
	mp_put_u64(b, chunk);
	mp_put_bin(b, le, 4 * dim);
}
