/* The members that are read piece by piece: chunks, paths, text, codes. See leann-index(5). */
#include "fmt/index_get.h"

#include <string.h>

#include "base/le.h"
#include "base/mem.h"
#include "fmt/zst.h"

enum { BLOCK_HEAD = 16, N_WIDTHS = 4 };

static size_t n_blocks(size_t n, size_t per_block)
{
	return n / per_block + (n % per_block != 0);
}

struct chunk_block {
	size_t n;
	uint64_t off_bytes;
	const uint8_t *width;		/* 4 */
	const uint8_t *bits[N_WIDTHS];
};

/* Block i of the chunk table; its place inside the member is checked here, each time. */
static int get_block(const struct index *ix, size_t i, struct chunk_block *b, struct err *e)
{
	size_t blocks = n_blocks(ix->n_chunks, INDEX_BLOCK);
	const uint8_t *ends = ix->chunks->p, *base = ends + 4 * blocks;
	size_t room = ix->chunks->n - 4 * blocks;
	size_t from = i ? get_le32(ends + 4 * (i - 1)) : 0, to = get_le32(ends + 4 * i);
	b->n = ix->n_chunks - i * INDEX_BLOCK < INDEX_BLOCK ? ix->n_chunks - i * INDEX_BLOCK
							    : INDEX_BLOCK;
	if (from > to || to > room || to - from < BLOCK_HEAD)
		return index_bad(ix, e, "chunk table: block %zu at %zu..%zu of %zu", i, from, to,
				 room);
	const uint8_t *p = base + from;
	size_t need = BLOCK_HEAD;
	b->off_bytes = get_le64(p);
	b->width = p + 8;
	for (size_t k = 0; k < N_WIDTHS; k++) {
		if (b->width[k] > 64)
			return index_bad(ix, e, "chunk table: block %zu: width %u", i, b->width[k]);
		b->bits[k] = p + need;
		need += (b->n * b->width[k] + 7) / 8;
	}
	if (need != to - from || get_le32(p + 12))
		return index_bad(ix, e, "chunk table: block %zu has %zu bytes, want %zu", i,
				 to - from, need);
	return 0;
}

/* The file that chunk i belongs to: the last one that starts at or before it and is not empty. */
static size_t file_of(const struct index *ix, size_t i)
{
	size_t lo = 0, hi = ix->n_files;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (column_get(&ix->first_chunk, mid) <= i)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* Bytes that spans of a file are in. */
static uint64_t index_room(const struct index *ix, size_t file)
{
	return column_get(&ix->flags, file) & FILE_EXTRACTED ? column_get(&ix->extracted, file)
							      : column_get(&ix->size, file);
}

/* Chunks 0..upto of block i_block; out has room for 64. Checks every span against its file. */
static int decode(const struct index *ix, size_t i_block, size_t upto, struct index_chunk *out,
		  struct err *e)
{
	struct chunk_block b = {0};
	if (get_block(ix, i_block, &b, e))
		return -1;
	size_t first = i_block * INDEX_BLOCK, file = file_of(ix, first);
	uint64_t end = b.off_bytes, next = column_get(&ix->first_chunk, file + 1);
	uint64_t size = index_room(ix, file);
	for (size_t i = 0; i <= upto; i++) {
		while (first + i >= next) {
			file++;
			next = column_get(&ix->first_chunk, file + 1);
			size = index_room(ix, file);
			end = 0;
		}
		uint64_t off = end + (uint64_t)unzigzag(bits_get(b.bits[0], i, b.width[0]));
		uint64_t len = bits_get(b.bits[1], i, b.width[1]);
		out[i] = (struct index_chunk){(uint32_t)file, off, len,
					      bits_get(b.bits[2], i, b.width[2]),
					      bits_get(b.bits[3], i, b.width[3])};
		if (off > size || len > size - off || !len || len > STREAM_RECORD_MAX)
			return index_bad(ix, e, "chunk %zu: bytes %llu + %llu of a file of %llu",
					 first + i, (unsigned long long)off,
					 (unsigned long long)len, (unsigned long long)size);
		end = off + len;
	}
	return 0;
}

int index_chunk_file(const struct index *ix, size_t i, size_t *file, struct err *e)
{
	if (i >= ix->n_chunks)
		return err_set(e, ERR_DATA, "%s: chunk %zu of %zu", ix->b.path, i, ix->n_chunks);
	*file = file_of(ix, i);
	return 0;
}

int index_chunk(const struct index *ix, size_t i, struct index_chunk *c, struct err *e)
{
	struct index_chunk block[INDEX_BLOCK];
	if (!ix->chunks)
		return err_set(e, ERR_DATA, "%s: has no spans of passages, and they cannot be cut "
			       "again here", ix->b.path);
	if (decode(ix, i / INDEX_BLOCK, i % INDEX_BLOCK, block, e))
		return -1;
	*c = block[i % INDEX_BLOCK];
	return 0;
}

/* The table of block ends is there and grows; spans are checked when they are used. */
int index_check_chunks(const struct index *ix, struct err *e)
{
	size_t blocks = n_blocks(ix->n_chunks, INDEX_BLOCK);
	if (!ix->chunks)
		return 0;
	if (ix->chunks->n / 4 < blocks)
		return index_bad(ix, e, "member chunks: %zu bytes for %zu blocks", ix->chunks->n,
				 blocks);
	size_t last = blocks ? get_le32(ix->chunks->p + 4 * (blocks - 1)) : 0;
	if (ix->chunks->n != 4 * blocks + last)
		return index_bad(ix, e, "member chunks: %zu bytes, want %zu", ix->chunks->n,
				 4 * blocks + last);
	return 0;
}

/* Frame i of a member that starts at base with u64 ends at ends. */
static int frame_at(const struct index *ix, const struct bundle_member *m, size_t head,
		    size_t blocks, size_t i, const uint8_t **p, size_t *n, struct err *e)
{
	const uint8_t *ends = m->p + head, *base = ends + 8 * blocks;
	size_t room = m->n - head - 8 * blocks;
	uint64_t from = i ? get_le64(ends + 8 * (i - 1)) : 0, to = get_le64(ends + 8 * i);
	if (from > to || to > room)
		return index_bad(ix, e, "member %s: block %zu at %llu..%llu of %zu", m->name, i,
				 (unsigned long long)from, (unsigned long long)to, room);
	*p = base + from;
	*n = (size_t)(to - from);
	return 0;
}

static int check_ends(const struct index *ix, const struct bundle_member *m, size_t head,
		      size_t blocks, struct err *e)
{
	if (m->n < head || (m->n - head) / 8 < blocks)
		return index_bad(ix, e, "member %s: %zu bytes for %zu blocks", m->name, m->n,
				 blocks);
	uint64_t last = blocks ? get_le64(m->p + head + 8 * (blocks - 1)) : 0;
	if (last != m->n - head - 8 * blocks)
		return index_bad(ix, e, "member %s: blocks end at %llu of %zu", m->name,
				 (unsigned long long)last, m->n - head - 8 * blocks);
	return 0;
}

int index_check_paths(const struct index *ix, struct err *e)
{
	return check_ends(ix, ix->paths, 0, n_blocks(ix->n_files, INDEX_PATH_BLOCK), e);
}

static int get_varint(const uint8_t **p, const uint8_t *end, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; *p < end && shift < 63; shift += 7) {
		uint8_t c = *(*p)++;
		*v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return 0;
	}
	return -1;
}

/* The front-coded bytes of a block of paths. */
static int path_block(const struct index *ix, size_t block, struct buf *raw, struct err *e)
{
	const uint8_t *p;
	size_t n;
	if (frame_at(ix, ix->paths, 0, n_blocks(ix->n_files, INDEX_PATH_BLOCK), block, &p, &n, e))
		return -1;
	if (n < 4 || get_le32(p) > INDEX_PATH_BLOCK * 4200)
		return index_bad(ix, e, "member paths: block %zu", block);
	buf_clear(raw);
	if (zst_unpack(p + 4, n - 4, get_le32(p), "member paths", raw, e))
		return err_prefix(e, "%s: damaged index", ix->b.path);
	return 0;
}

/* The next path of a block, at *p; path holds the one before it and becomes it. */
static int next_path(const struct index *ix, size_t i, const uint8_t **p, const uint8_t *end,
		     struct buf *path, struct err *e)
{
	uint64_t shared, rest;
	if (get_varint(p, end, &shared) || get_varint(p, end, &rest) || shared > path->len ||
	    rest > (uint64_t)(end - *p) || shared + rest > 4095)
		return index_bad(ix, e, "member paths: path of file %zu", i);
	path->len = (size_t)shared;
	buf_add(path, *p, (size_t)rest);
	*p += rest;
	if (!path_is_safe(path->p, path->len))
		return index_bad(ix, e, "file %zu: path leaves its root or is malformed", i);
	return 0;
}

int index_paths_get(const struct index *ix, struct index_paths *c, size_t i, struct err *e)
{
	size_t block = i / INDEX_PATH_BLOCK;
	if (block == c->block && c->next == i + 1)
		return 0;
	if (block != c->block || c->next > i) {
		c->block = SIZE_MAX;
		if (path_block(ix, block, &c->raw, e))
			return -1;
		c->block = block;
		c->next = block * INDEX_PATH_BLOCK;
		c->p = c->raw.p;
		c->path.len = 0;
	}
	while (c->next <= i)
		if (next_path(ix, c->next++, &c->p, c->raw.p + c->raw.len, &c->path, e)) {
			c->block = SIZE_MAX;
			return -1;
		}
	c->path.p[c->path.len] = 0;
	return 0;
}

void index_paths_release(struct index_paths *c)
{
	buf_release(&c->raw);
	buf_release(&c->path);
	*c = (struct index_paths)INDEX_PATHS_INIT;
}

int index_path(const struct index *ix, size_t i, struct buf *out, struct err *e)
{
	struct index_paths c = INDEX_PATHS_INIT;
	int r = index_paths_get(ix, &c, i, e);
	if (!r)
		buf_add(out, c.path.p, c.path.len);
	index_paths_release(&c);
	return r;
}

int index_each_path(const struct index *ix,
		    int (*f)(void *ctx, size_t i, const uint8_t *path, size_t n, struct err *e),
		    void *ctx, struct err *e)
{
	struct buf raw = BUF_INIT, path = BUF_INIT;
	const uint8_t *p = NULL;
	int r = 0;
	for (size_t i = 0; i < ix->n_files && !r; i++) {
		if (i % INDEX_PATH_BLOCK == 0) {
			r = path_block(ix, i / INDEX_PATH_BLOCK, &raw, e);
			p = raw.p;
			path.len = 0;
		}
		if (!r && !(r = next_path(ix, i, &p, raw.p + raw.len, &path, e)))
			r = f(ctx, i, path.p, path.len, e);
		bool last = i % INDEX_PATH_BLOCK == INDEX_PATH_BLOCK - 1 || i + 1 == ix->n_files;
		if (!r && last && p != raw.p + raw.len)
			r = index_bad(ix, e,
				      "member paths: bytes behind the last path of block %zu",
				      i / INDEX_PATH_BLOCK);
	}
	buf_release(&raw);
	buf_release(&path);
	return r;
}

int index_root(const struct index *ix, size_t i, struct buf *out, struct err *e)
{
	if (js_unpath(js_at(index_key(ix, "roots"), i), out))
		return index_bad(ix, e, "manifest: root %zu is no path", i);
	return 0;
}

int index_check_text(const struct index *ix, struct err *e)
{
	if (!ix->text && !ix->n_text_bytes)
		return 0;
	if (!ix->text || ix->text->n < 8 || get_le64(ix->text->p) != ix->n_text_bytes)
		return index_bad(ix, e, "member text does not hold the %llu bytes that files keep",
				 (unsigned long long)ix->n_text_bytes);
	if (ix->n_text_bytes / INDEX_TEXT_BLOCK > ix->text->n / 8)
		return index_bad(ix, e, "member text: %zu bytes", ix->text->n);
	return check_ends(ix, ix->text, 8, n_blocks((size_t)ix->n_text_bytes, INDEX_TEXT_BLOCK), e);
}

int index_text(const struct index *ix, size_t i, uint64_t off, size_t n, struct buf *out,
	       struct err *e)
{
	uint64_t size = index_room(ix, i), at;
	struct buf raw = BUF_INIT;
	if (!ix->text_base || !file_keeps_text((unsigned)column_get(&ix->flags, i)) || off > size ||
	    n > size - off)
		return index_bad(ix, e, "stored text of file %zu: bytes %llu + %zu of %llu", i,
				 (unsigned long long)off, n, (unsigned long long)size);
	int r = 0;
	for (at = ix->text_base[i] + off; n && !r;) {
		size_t block = (size_t)(at / INDEX_TEXT_BLOCK),
		       in = (size_t)(at % INDEX_TEXT_BLOCK), len;
		uint64_t left = ix->n_text_bytes - (uint64_t)block * INDEX_TEXT_BLOCK;
		size_t n_raw = left < INDEX_TEXT_BLOCK ? (size_t)left : INDEX_TEXT_BLOCK;
		size_t k = n_raw - in < n ? n_raw - in : n;
		const uint8_t *p;
		buf_clear(&raw);
		r = frame_at(ix, ix->text, 8, n_blocks((size_t)ix->n_text_bytes, INDEX_TEXT_BLOCK),
			     block, &p, &len, e);
		if (!r && (r = zst_unpack(p, len, n_raw, "member text", &raw, e)))
			err_prefix(e, "%s: damaged index", ix->b.path);
		if (!r)
			buf_add(out, raw.p + in, k);
		at += k;
		n -= k;
	}
	buf_release(&raw);
	return r;
}

int index_check_codes(const struct index *ix, struct err *e)
{
	const struct bundle_member *m = bundle_find(&ix->b, "codes");
	for (size_t i = 0; ix->pq.ksub < 256 && i < m->n; i++)
		if (m->p[i] >= ix->pq.ksub)
			return index_bad(
				ix, e, "member codes: byte %zu is %u, the codebook has %zu entries",
				i, m->p[i], ix->pq.ksub);
	return 0;
}

int index_open_codes(struct index *ix, struct err *e)
{
	const struct bundle_member *m = bundle_find(&ix->b, "codes");
	size_t blocks = n_blocks(ix->n_codes, INDEX_BLOCK), want;
	if (size_mul(blocks * INDEX_BLOCK, ix->pq.m, &want, e))
		return err_prefix(e, "%s", ix->b.path);
	if (!m)
		return index_bad(ix, e, "no member codes");
	if (m->n != want)
		return index_bad(ix, e, "member codes: %zu bytes, want %zu", m->n, want);
	ix->codes = m->p;
	/* lists are for codes that are better not read whole; any byte can be scored */
	return bundle_find(&ix->b, "lists") ? 0 : index_check_codes(ix, e);
}

int index_code(const struct index *ix, const uint32_t *place, size_t i, uint8_t *code,
	       struct err *e)
{
	size_t at = place ? place[i] : copies_place(&ix->copies, (uint32_t)i);
	const uint8_t *block = ix->codes + at / INDEX_BLOCK * INDEX_BLOCK * ix->pq.m;
	for (size_t j = 0; j < ix->pq.m; j++) {
		code[j] = block[j * INDEX_BLOCK + at % INDEX_BLOCK];
		if (code[j] >= ix->pq.ksub)
			return err_set(e, ERR_DATA, "%s: damaged index: a code over %zu", ix->b.path,
				       ix->pq.ksub - 1);
	}
	return 0;
}

enum index_update index_update_kind(const struct index *ix, const char **why)
{
	*why = !ix->n_chunks	 ? NULL
	       : !ix->chunks	 ? "no spans of passages (--tiny)"
	       : ix->pq.residual ? "residual codes"
				 : NULL;
	if (*why)
		return INDEX_FIXED;
	*why = ix->lists	       ? "anchors' lists"
	       : ix->postings.n_words  ? "postings"
	       : ix->chunk_graph.p     ? "a graph over its chunks"
				       : NULL;
	return *why ? INDEX_REWRITTEN : INDEX_APPENDED;
}
