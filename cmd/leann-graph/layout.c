/* Laying out changes: from the base and the stream into c; see changes.h. */
#include <math.h>
#include <string.h>

#include "algo/pq.h"
#include "base/le.h"
#include "base/mem.h"
#include "changes.h"
#include "collect_impl.h"
#include "fmt/index_lists.h"
#include "search/engine.h"

enum { TEXT_PIECE = 1 << 16 };

/* Laying out: from the base and the stream into c. */
struct layout {
	struct changes *x;
	struct collect *c;
	struct pq pq;			/* of the base; m 0 where that has no chunks */
	float *y, *vec;			/* (drot), (dim) */
	uint32_t *place;		/* of each chunk's code in the base; NULL: its number */
	bool hashes;			/* every chunk has one */
};

static int copy_text(const struct index *ix, size_t file, uint64_t size, struct collect *c,
		     struct err *e)
{
	struct buf piece = BUF_INIT;
	int r = 0;
	for (uint64_t at = 0; at < size && !r; at += TEXT_PIECE) {
		buf_clear(&piece);
		r = index_text(ix, file, at, (size_t)(size - at < TEXT_PIECE ? size - at : TEXT_PIECE),
			       &piece, e);
		if (!r)
			index_build_text(c->ib, piece.p, piece.len);
	}
	buf_release(&piece);
	return r;
}

static void add_lang(struct collect *c)
{
	buf_add(&c->lang, &(uint16_t){(uint16_t)index_build_last_lang(c->ib)}, sizeof(uint16_t));
}

/* The text of a stored file, which nothing changes, from the base. */
static int copy_stored(struct layout *l, const struct rec_file *f, struct err *e)
{
	const struct index *ix = &l->x->base;
	for (size_t i = 0; i < ix->n_files; i++)
		if ((column_get(&ix->flags, i) & (FILE_STORED | FILE_EXTRACTED)) == FILE_STORED &&
		    column_get(&ix->hash, i) == f->hash &&
		    column_get(&ix->size, i) == f->size_bytes)
			return copy_text(ix, i, column_get(&ix->size, i), l->c, e);
	return err_set(e, ERR_DATA, "stdin: %.*s is stored, but not in the index", (int)f->n_path,
		       (const char *)f->path);
}

/* A document's text came with the changes. */
static int copy_extracted(struct layout *l, const struct held *h, struct err *e)
{
	struct buf piece = BUF_INIT;
	int r = 0;
	for (uint64_t at = 0, n; (n = h->f.text_bytes - at) && !r; at += n) {
		n = n < TEXT_PIECE ? n : TEXT_PIECE;
		buf_clear(&piece);
		r = changes_text_get(l->x, h->text_at + at, (size_t)n, &piece, e);
		if (!r)
			index_build_text(l->c->ib, piece.p, piece.len);
	}
	buf_release(&piece);
	return r;
}

/* A file of the base as it is, but for the flag of those that are gone now. */
static int put_old(struct layout *l, struct index_paths *paths, size_t i, struct err *e)
{
	const struct index *ix = &l->x->base;
	struct index_file f;
	struct index_chunk k;
	uint8_t code[DIM_MAX];
	if (index_paths_get(ix, paths, i, e))
		return -1;
	index_file(ix, i, &f);
	const char *lang = index_lang(ix, f.lang);
	struct rec_file out = {.root = f.root, .path = paths->path.p, .n_path = paths->path.len,
			       .size_bytes = f.size_bytes, .mtime_ns = f.mtime_ns, .hash = f.hash,
			       .lang = lang, .n_lang = strlen(lang),
			       .flags = f.flags | (l->x->gone[i] ? FILE_REMOVED : 0),
			       .text_bytes = f.text_bytes};
	if (index_build_file(l->c->ib, &out, e) ||
	    (file_keeps_text(f.flags) && copy_text(ix, i, f.text_bytes, l->c, e)))
		return -1;
	for (size_t c = (size_t)f.first_chunk; c < f.first_chunk + f.n_chunks; c++) {
		if (index_chunk(ix, c, &k, e) || index_code(ix, l->place, c, code, e))
			return -1;
		struct rec_chunk r = {.file = i, .off_bytes = k.off_bytes, .len_bytes = k.len_bytes,
				      .sub_off_bytes = k.sub_off_bytes,
				      .sub_len_bytes = k.sub_len_bytes};
		index_build_chunk(l->c->ib, &r);
		buf_add(&l->c->codes, code, l->pq.m);
		if (l->hashes)
			buf_addc(&l->c->hashes, ix->hashes[c]);
		add_lang(l->c);
	}
	return 0;
}

static int put_olds(struct layout *l, struct err *e)
{
	struct index_paths paths = INDEX_PATHS_INIT;
	int r = index_build_meta_base(l->c->ib, l->x->base.meta, l->x->base.n_chunks, e);
	for (size_t i = 0; i < l->x->base.n_files && !r; i++)
		r = put_old(l, &paths, i, e);
	index_paths_release(&paths);
	l->x->n_old = l->x->base.n_chunks;
	return r;
}

/* What a code stands for, of length 1, as a vector of the model; a code of nothing stays 0. */
static void decode(struct layout *l, const uint8_t *code)
{
	double len = 0;
	pq_decode(&l->pq, code, l->y);
	memset(l->vec, 0, l->pq.dim * sizeof *l->vec);
	for (size_t i = 0; i < l->pq.drot; i++)
		for (size_t d = 0; d < l->pq.dim; d++)
			l->vec[d] += l->y[i] * l->pq.rotf[i * l->pq.dim + d];
	for (size_t d = 0; d < l->pq.dim; d++)
		len += (double)l->vec[d] * (double)l->vec[d];
	for (size_t d = 0; d < l->pq.dim && len > 0; d++)
		l->vec[d] = (float)(l->vec[d] / sqrt(len));
}

/* The metadata of what begins there, for the chunk that follows. */
static int put_meta_at(struct layout *l, const struct held *h, uint64_t off, uint64_t sub_off,
		       struct err *e)
{
	return index_build_meta(l->c->ib, meta_places_find(&l->x->metas, h->first_meta,
							   h->first_meta + h->n_meta, off, sub_off), e);
}

static int put_kept(struct layout *l, const struct held *h, const uint8_t *p, uint64_t file,
		    struct err *e)
{
	uint8_t code[DIM_MAX];
	struct rec_kept k;
	kept_get(p, &k);
	struct rec_chunk r = {.file = file, .off_bytes = k.off_bytes, .len_bytes = k.len_bytes,
			      .sub_off_bytes = k.sub_off_bytes, .sub_len_bytes = k.sub_len_bytes};
	if (index_code(&l->x->base, l->place, k.chunk, code, e) ||
	    put_meta_at(l, h, k.off_bytes, k.sub_off_bytes, e))
		return -1;
	decode(l, code);
	index_build_chunk(l->c->ib, &r);
	buf_add(&l->c->codes, code, l->pq.m);
	buf_addc(&l->x->exact, 0);
	if (l->hashes)
		buf_addc(&l->c->hashes, k.hash);
	l->x->n_kept++;
	return spool_add(&l->c->spool, l->vec, e);
}

/* Chunk i of the stream. Its code is made later. */
static int put_embedded(struct layout *l, const struct held *h, size_t i, uint64_t file,
			struct err *e)
{
	struct rec_chunk *own = (struct rec_chunk *)(void *)l->x->chunks.p + i, r = *own;
	r.file = file;
	if (put_meta_at(l, h, r.off_bytes, r.sub_off_bytes, e))
		return -1;
	own->id = l->x->n_old + l->x->exact.len;
	index_build_chunk(l->c->ib, &r);
	buf_zero(&l->c->codes, l->pq.m);
	buf_addc(&l->x->exact, 1);
	if (l->hashes)
		buf_addc(&l->c->hashes, l->x->hashes.p[i]);
	l->x->n_embedded++;
	return spool_read(&l->x->vecs, i, 1, l->vec, e) || spool_add(&l->c->spool, l->vec, e) ? -1 : 0;
}

/* Does kept entry p come before chunk k? 1 yes, 0 no, -1 they are in one place. */
static int before(const uint8_t *p, const struct rec_chunk *k)
{
	struct rec_kept old;
	kept_get(p, &old);
	if (old.off_bytes != k->off_bytes)
		return old.off_bytes < k->off_bytes;
	return old.sub_off_bytes == k->sub_off_bytes ? -1 : old.sub_off_bytes < k->sub_off_bytes;
}

static int put_new(struct layout *l, size_t i, uint64_t id, struct err *e)
{
	struct held *h = held_at(l->x, i);
	const struct rec_chunk *k = (const struct rec_chunk *)(const void *)l->x->chunks.p + h->first_chunk;
	const uint8_t *kept = l->x->kept.p + h->first_kept * KEPT_BYTES;
	size_t a = 0, b = 0;
	h->f.path = l->x->names.p + h->path_at;
	h->f.lang = (const char *)l->x->names.p + h->lang_at;
	if (index_build_meta(l->c->ib, NULL, e) || index_build_file(l->c->ib, &h->f, e) ||
	    (h->f.flags & FILE_EXTRACTED ? copy_extracted(l, h, e)
					 : h->f.flags & FILE_STORED && copy_stored(l, &h->f, e)))
		return -1;
	while (a < h->n_kept || b < h->n_chunks) {
		int first = a == h->n_kept ? 0 : b == h->n_chunks ? 1 : before(kept + a * KEPT_BYTES, k + b);
		if (first < 0)
			return err_set(e, ERR_DATA, "stdin: file %zu: a passage is kept and new", i);
		int r = first ? put_kept(l, h, kept + a++ * KEPT_BYTES, id, e)
			      : put_embedded(l, h, h->first_chunk + b++, id, e);
		if (r)
			return -1;
		add_lang(l->c);
	}
	return 0;
}

static void load_pq(struct layout *l)
{
	l->c->codebook = l->x->base.pq;
	engine_load_pq(&l->pq, &l->c->codebook);
	l->y = mem_array(l->pq.drot, sizeof *l->y);
}

int changes_lay_out(struct changes *x, struct collect *c, struct err *e)
{
	struct layout l = {.x = x, .c = c, .vec = mem_array(x->base.dim, sizeof *l.vec)};
	size_t n_chunks = x->chunks.len / sizeof(struct rec_chunk);
	int r = 0;
	l.hashes = (x->base.hashes || !x->base.n_chunks) && x->hashes.len == n_chunks;
	if (x->base.n_chunks)
		load_pq(&l);
	if (x->base.lists)
		r = index_places(&x->base, &l.place, e);
	if (!r && !x->full)
		r = put_olds(&l, e);
	uint64_t id = x->full ? 0 : x->base.n_files;
	for (size_t i = 0; i < n_held(x) && !r; i++)
		r = put_new(&l, i, id + i, e);
	if (!r && !x->full)
		collect_copies(c);
	if (x->full && !x->n_kept) {	/* nothing has a code of the base: a codebook for what there is */
		c->codebook = (struct rec_codebook){0};
		buf_clear(&c->codes);
	}
	pq_release(&l.pq);
	mem_free(l.y);
	mem_free(l.place);
	mem_free(l.vec);
	return r;
}
