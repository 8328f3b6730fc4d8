/* Records in, members out; see index_build.h and leann-index(5). */
#include "fmt/index_build.h"

#include <string.h>

#include "base/le.h"
#include "base/mem.h"
#include "fmt/bits.h"
#include "fmt/index.h"
#include "fmt/zst.h"

enum { N_COLUMNS = 8, COL_LANG = 4, COL_CHUNK = 6, COL_TEXT = 7 };

struct chunk_row {
	uint64_t off_bytes;
	uint32_t len_bytes, sub_off_bytes, sub_len_bytes;
	uint32_t file;
};

struct index_build {
	struct buf col[N_COLUMNS];	/* u64 each: hash size mtime root lang flags first_chunk text_bytes */
	struct buf path_bytes;		/* all paths, end to end */
	struct buf path_end;		/* u64 a file */
	struct buf rows;		/* struct chunk_row each */
	struct buf langs;		/* NUL-terminated names, end to end */
	size_t n_langs;
	bool removed;			/* the latest file is */
	struct buf text_raw;		/* stored bytes not yet compressed */
	struct buf text_frames;
	struct buf text_end;		/* u64 a frame: end in text_frames */
	struct index_counts n;
	struct meta_build *meta;
	const struct meta *meta_now;	/* of the latest chunk; NULL: none */
	size_t n_meta_base;		/* chunks that have what they had in another index */
	struct buf files, paths, chunks, text, metas;	/* the finished members */
};

struct index_build *index_build_new(void)
{
	struct index_build *ib = mem_calloc(1, sizeof *ib);
	ib->meta = meta_build_new();
	return ib;
}

void index_build_free(struct index_build *ib)
{
	if (!ib)
		return;
	for (size_t i = 0; i < N_COLUMNS; i++)
		buf_release(&ib->col[i]);
	struct buf *all[] = {&ib->path_bytes, &ib->path_end,	&ib->rows,     &ib->langs,
			     &ib->text_raw,   &ib->text_frames, &ib->text_end, &ib->files,
			     &ib->paths,      &ib->chunks,	&ib->text,
			     &ib->metas};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		buf_release(all[i]);
	meta_build_free(ib->meta);
	mem_free(ib);
}

static void add64(struct buf *b, uint64_t v)
{
	buf_add(b, &v, sizeof v);
}

static const uint64_t *as64(const struct buf *b)
{
	return (const uint64_t *)(const void *)b->p;
}

static int lang_number(struct index_build *ib, const char *s, size_t n, uint64_t *out,
		       struct err *e)
{
	const char *p = (const char *)ib->langs.p;
	for (*out = 0; *out < ib->n_langs; ++*out, p += strlen(p) + 1)
		if (strlen(p) == n && !memcmp(p, s, n))
			return 0;
	if (ib->n_langs == INDEX_LANGS_MAX)
		return err_set(e, ERR_DATA, "more than %d languages", INDEX_LANGS_MAX);
	if (memchr(s, 0, n))
		return err_set(e, ERR_DATA, "a language's name holds a NUL byte");
	buf_add(&ib->langs, s, n);
	buf_addc(&ib->langs, 0);
	ib->n_langs++;
	return 0;
}

int index_build_file(struct index_build *ib, const struct rec_file *f, struct err *e)
{
	uint64_t lang;
	if (lang_number(ib, f->lang, f->n_lang, &lang, e))
		return -1;
	uint64_t v[N_COLUMNS] = {f->hash, f->size_bytes, (uint64_t)f->mtime_ns, f->root,
				 lang,	  f->flags,	 ib->n.n_chunks,
				 f->flags & FILE_EXTRACTED ? f->text_bytes : 0};
	for (size_t i = 0; i < N_COLUMNS; i++)
		add64(&ib->col[i], v[i]);
	buf_add(&ib->path_bytes, f->path, f->n_path);
	add64(&ib->path_end, ib->path_bytes.len);
	ib->n.n_files++;
	ib->removed = f->flags & FILE_REMOVED;
	if (ib->removed)
		ib->n.removed_files++;
	else
		ib->n.source_bytes += f->size_bytes;
	if (f->flags & FILE_EXTRACTED) {
		ib->n.extracted_files++;
		ib->n.extracted_bytes += f->text_bytes;
	} else if (f->flags & FILE_STORED) {
		ib->n.stored_bytes += f->size_bytes;
	}
	ib->n.decoded_files += file_encoding(f->flags) != ENC_UTF8;
	return 0;
}

static void flush_text(struct index_build *ib, size_t n)
{
	zst_pack(ib->text_raw.p, n, &ib->text_frames);
	add64(&ib->text_end, ib->text_frames.len);
	memmove(ib->text_raw.p, ib->text_raw.p + n, ib->text_raw.len - n);
	ib->text_raw.len -= n;
}

void index_build_text(struct index_build *ib, const void *p, size_t n)
{
	buf_add(&ib->text_raw, p, n);
	while (ib->text_raw.len >= INDEX_TEXT_BLOCK)
		flush_text(ib, INDEX_TEXT_BLOCK);
}

void index_build_chunk(struct index_build *ib, const struct rec_chunk *c)
{
	struct chunk_row row = {c->off_bytes, (uint32_t)c->len_bytes, (uint32_t)c->sub_off_bytes,
				(uint32_t)c->sub_len_bytes, (uint32_t)c->file};
	buf_add(&ib->rows, &row, sizeof row);
	ib->n.n_chunks++;
	if (ib->n.n_chunks > ib->n_meta_base)
		meta_build_next(ib->meta);
	if (ib->removed)
		ib->n.removed_chunks++;
	else
		ib->n.passage_bytes += c->sub_len_bytes ? c->sub_len_bytes : c->len_bytes;
}

int index_build_meta(struct index_build *ib, const struct meta *m, struct err *e)
{
	if (m == ib->meta_now || ib->n.n_chunks < ib->n_meta_base)
		return 0;
	ib->meta_now = m;
	return meta_build_set(ib->meta, m, e);
}

int index_build_meta_base(struct index_build *ib, const struct meta_cols *base, size_t n, struct err *e)
{
	ib->n_meta_base = n;
	return meta_build_copy(ib->meta, base, n, e);
}

uint32_t index_build_last_lang(const struct index_build *ib)
{
	return ib->n.n_files ? (uint32_t)as64(&ib->col[COL_LANG])[ib->n.n_files - 1] : 0;
}

void index_build_counts(const struct index_build *ib, struct index_counts *c)
{
	*c = ib->n;
}

struct js *index_build_langs(const struct index_build *ib)
{
	struct js *a = js_new_arr();
	const char *p = (const char *)ib->langs.p;
	for (size_t i = 0; i < ib->n_langs; i++, p += strlen(p) + 1)
		js_push(a, js_new_str(p));
	return a;
}

static void make_files(struct index_build *ib)
{
	add64(&ib->col[COL_CHUNK], ib->n.n_chunks);
	for (size_t i = 0; i < N_COLUMNS - !ib->n.extracted_files; i++)
		column_pack(&ib->files, as64(&ib->col[i]), ib->col[i].len / 8);
}

static void put_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_addc(b, (int)(v & 0x7f) | 0x80);
	buf_addc(b, (int)v);
}

/* One block of paths, front-coded: shared prefix, length of the rest, the rest. */
static void path_block(const struct index_build *ib, size_t from, size_t to, struct buf *raw)
{
	const uint64_t *end = as64(&ib->path_end);
	const uint8_t *prev = NULL;
	size_t n_prev = 0;
	for (size_t i = from; i < to; i++) {
		size_t start = i ? end[i - 1] : 0, n = end[i] - start, k = 0;
		const uint8_t *p = ib->path_bytes.p + start;
		while (k < n && k < n_prev && p[k] == prev[k])
			k++;
		put_varint(raw, k);
		put_varint(raw, n - k);
		buf_add(raw, p + k, n - k);
		prev = p;
		n_prev = n;
	}
}

static void put_u64(struct buf *b, uint64_t v)
{
	uint8_t le[8];
	put_le64(le, v);
	buf_add(b, le, 8);
}

/* u64 end of every block, then u32 raw length and a zstd frame each. */
static void make_paths(struct index_build *ib)
{
	struct buf raw = BUF_INIT, frames = BUF_INIT;
	for (size_t i = 0; i < ib->n.n_files; i += INDEX_PATH_BLOCK) {
		uint8_t le[4];
		size_t to = i + INDEX_PATH_BLOCK < ib->n.n_files ? i + INDEX_PATH_BLOCK
								 : ib->n.n_files;
		buf_clear(&raw);
		path_block(ib, i, to, &raw);
		put_le32(le, (uint32_t)raw.len);
		buf_add(&frames, le, 4);
		zst_pack(raw.p, raw.len, &frames);
		put_u64(&ib->paths, frames.len);
	}
	buf_add(&ib->paths, frames.p, frames.len);
	buf_release(&raw);
	buf_release(&frames);
}

/* One block of the chunk table: offset of its first chunk, four widths, four bit arrays. */
static void chunk_block(const struct chunk_row *row, size_t n, struct buf *out)
{
	uint64_t v[4][INDEX_BLOCK], max[4] = {0}, end = row[0].off_bytes;
	uint8_t widths[8] = {0};
	for (size_t i = 0; i < n; i++) {
		if (i && row[i].file != row[i - 1].file)
			end = 0;
		v[0][i] = zigzag((int64_t)(row[i].off_bytes - end));
		v[1][i] = row[i].len_bytes;
		v[2][i] = row[i].sub_off_bytes;
		v[3][i] = row[i].sub_len_bytes;
		end = row[i].off_bytes + row[i].len_bytes;
		for (size_t k = 0; k < 4; k++)
			max[k] = v[k][i] > max[k] ? v[k][i] : max[k];
	}
	for (size_t k = 0; k < 4; k++)
		widths[k] = (uint8_t)bits_width(max[k]);
	put_u64(out, row[0].off_bytes);
	buf_add(out, widths, sizeof widths);
	for (size_t k = 0; k < 4; k++)
		bits_pack(out, v[k], n, widths[k]);
}

static int make_chunks(struct index_build *ib, struct err *e)
{
	const struct chunk_row *row = (const void *)ib->rows.p;
	struct buf blocks = BUF_INIT;
	for (size_t i = 0; i < ib->n.n_chunks; i += INDEX_BLOCK) {
		uint8_t le[4];
		size_t n = ib->n.n_chunks - i < INDEX_BLOCK ? ib->n.n_chunks - i : INDEX_BLOCK;
		chunk_block(row + i, n, &blocks);
		put_le32(le, (uint32_t)blocks.len);
		buf_add(&ib->chunks, le, 4);
	}
	int r = blocks.len > UINT32_MAX
			? err_set(e, ERR_DATA, "chunk table of %zu bytes: split the index",
				  blocks.len)
			: 0;
	buf_add(&ib->chunks, blocks.p, blocks.len);
	buf_release(&blocks);
	return r;
}

/* u64 raw bytes in all, u64 end of every frame, frames. */
static void make_text(struct index_build *ib)
{
	if (ib->text_raw.len)
		flush_text(ib, ib->text_raw.len);
	put_u64(&ib->text, ib->n.stored_bytes + ib->n.extracted_bytes);
	for (size_t i = 0; i < ib->text_end.len / 8; i++)
		put_u64(&ib->text, as64(&ib->text_end)[i]);
	buf_add(&ib->text, ib->text_frames.p, ib->text_frames.len);
}

int index_build_parts(struct index_build *ib, struct bundle_part *part, size_t *n_parts,
		      struct err *e)
{
	make_files(ib);
	make_paths(ib);
	if (make_chunks(ib, e))
		return -1;
	*n_parts = 0;
	part[(*n_parts)++] = (struct bundle_part){"files", ib->files.p, ib->files.len};
	part[(*n_parts)++] = (struct bundle_part){"paths", ib->paths.p, ib->paths.len};
	part[(*n_parts)++] = (struct bundle_part){"chunks", ib->chunks.p, ib->chunks.len};
	if (ib->n.stored_bytes + ib->n.extracted_bytes) {
		make_text(ib);
		part[(*n_parts)++] = (struct bundle_part){"text", ib->text.p, ib->text.len};
	}
	if (meta_build_pack(ib->meta, &ib->metas, e))
		return -1;
	if (ib->metas.len)
		part[(*n_parts)++] = (struct bundle_part){"meta", ib->metas.p, ib->metas.len};
	return 0;
}

static void put_u32(struct buf *b, uint32_t v)
{
	uint8_t le[4];
	put_le32(le, v);
	buf_add(b, le, 4);
}

void index_put_terms(struct buf *b, const struct rec_terms *t)
{
	buf_zero(b, 16);
	put_le64(b->p, t->n_words);
	put_le32(b->p + 8, (uint32_t)t->n_buckets);
	zst_pack(t->level, t->n_buckets, b);
}

/* Rotation and centroids of few levels are half as long in a frame; others stay as they are. */
static bool put_pq_packed(struct buf *b, const uint8_t *p, size_t n)
{
	size_t at = b->len;
	zst_pack(p, n, b);
	if (b->len - at < n / 4 * 3)
		return true;
	b->len = at;
	return false;
}

void index_put_pq(struct buf *b, const struct rec_codebook *k)
{
	size_t drot = k->m * k->dsub, at = b->len;
	struct buf raw = BUF_INIT;
	put_u32(b, (uint32_t)k->dim);
	put_u32(b, (uint32_t)k->m);
	put_u32(b, (uint32_t)k->ksub);
	put_u32(b, (uint32_t)k->dsub);
	put_u32(b, k->residual);
	put_u32(b, k->nibbles);
	put_u64(b, k->seed);
	buf_add(b, k->rot_scale, 4 * drot);
	buf_add(b, k->cent_scale, 4 * rec_n_books(k));
	buf_add(&raw, k->rot, drot * k->dim);
	buf_add(&raw, k->cent, rec_cent_bytes(k));
	if (put_pq_packed(b, raw.p, raw.len))
		b->p[at + 20] |= INDEX_PQ_PACKED;
	else
		buf_add(b, raw.p, raw.len);
	buf_release(&raw);
}

void index_put_anchors(struct buf *b, const struct rec_anchors *a, const uint32_t *entry,
		       const uint32_t *size)
{
	put_u32(b, (uint32_t)a->m);
	put_u32(b, (uint32_t)a->dim);
	put_u64(b, a->seed);
	buf_add(b, a->scale, 4 * a->m);
	for (size_t i = 0; i < a->m; i++)
		put_u32(b, entry[i]);
	for (size_t i = 0; i < a->m; i++)
		put_u32(b, size[i]);
	buf_add(b, a->q, a->m * a->dim);
}
