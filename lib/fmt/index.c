/* Opening an index: prove what the members say of each other; see index.h and leann-index(5). */
#include "fmt/index.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/le.h"
#include "base/mem.h"
#include "base/shipped.h"
#include "fmt/index_get.h"
#include "fmt/index_lists.h"
#include "fmt/zst.h"

int index_bad(const struct index *ix, struct err *e, const char *fmt, ...)
{
	char msg[600];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_DATA, "%s: damaged index: %s", ix->b.path, msg);
}

const struct js *index_key(const struct index *ix, const char *path)
{
	const struct js *j = ix->b.manifest;
	char key[64];
	while (*path) {
		size_t n = strcspn(path, ".");
		if (n >= sizeof key)
			return NULL;
		memcpy(key, path, n);
		key[n] = 0;
		j = js_get(j, key);
		path += n + (path[n] == '.');
	}
	return j;
}

const char *index_tokenizer_model(const struct index *ix)
{
	const char *own = js_str(index_key(ix, "chunking.model"), NULL);
	return own ? own : js_str(index_key(ix, "model.name"), NULL);
}

/* A whole number of the manifest in [0, max]. */
static int get_count(const struct index *ix, const char *path, uint64_t max, size_t *out,
		     struct err *e)
{
	const struct js *j = index_key(ix, path);
	if (js_type(j) != JS_INT || js_int(j) < 0 || (uint64_t)js_int(j) > max)
		return index_bad(ix, e, "manifest: %s is not a whole number up to %llu", path,
				 (unsigned long long)max);
	*out = (size_t)js_int(j);
	return 0;
}

static int need(const struct index *ix, const char *name, const struct bundle_member **m,
		struct err *e)
{
	*m = bundle_find(&ix->b, name);
	return *m ? 0 : index_bad(ix, e, "no member %s", name);
}

static int open_counts(struct index *ix, struct err *e)
{
	const struct js *langs = index_key(ix, "languages"), *roots = index_key(ix, "roots");
	if (get_count(ix, "counts.files", UINT32_MAX, &ix->n_files, e) ||
	    get_count(ix, "counts.chunks", UINT32_MAX, &ix->n_chunks, e) ||
	    get_count(ix, "model.dim", DIM_MAX, &ix->dim, e))
		return -1;
	if (!ix->dim || js_type(langs) != JS_ARR || js_len(langs) > INDEX_LANGS_MAX ||
	    js_type(roots) != JS_ARR)
		return index_bad(ix, e, "manifest: model.dim, languages or roots");
	ix->n_langs = js_len(langs);
	ix->n_roots = js_len(roots);
	for (size_t i = 0; i < ix->n_langs; i++)
		if (!js_str(js_at(langs, i), NULL))
			return index_bad(ix, e, "manifest: language %zu is no string", i);
	return 0;
}

/* Spans that are not here are found by cutting, of which the manifest says how. */
static int check_spans(const struct index *ix, struct err *e)
{
	static const char *const keys[] = {"chunking.version", "chunking.max_tokens",
					   "chunking.overlap"};
	size_t v;
	if (ix->chunks)
		return 0;
	if (js_int(index_key(ix, "minor")) < 3 || !ix->n_chunks)
		return index_bad(ix, e, "no member chunks");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (get_count(ix, keys[i], 1 << 20, &v, e))
			return -1;
	for (size_t i = 0; i < ix->n_files; i++)
		if (column_get(&ix->flags, i) & FILE_RECORDS)
			return index_bad(ix, e, "file %zu has records, but there is no member chunks",
					 i);
	return 0;
}

/* Every file: root and language exist, flags known, chunks counted upwards. */
static int check_files(struct index *ix, struct err *e)
{
	bool stored = false;
	uint64_t base = 0;
	for (size_t i = 0; i < ix->n_files; i++) {
		struct index_file f;
		index_file(ix, i, &f);
		uint64_t root = column_get(&ix->root, i), lang = column_get(&ix->lang, i);
		uint64_t flags = column_get(&ix->flags, i);
		if (!file_flags_ok(flags) || lang >= ix->n_langs || root > UINT32_MAX ||
		    (root >= ix->n_roots && !(flags & FILE_STORED)))
			return index_bad(
				ix, e,
				"file %zu: root %llu of %zu, language %llu of %zu, flags %llu", i,
				(unsigned long long)root, ix->n_roots, (unsigned long long)lang,
				ix->n_langs, (unsigned long long)flags);
		if (column_get(&ix->first_chunk, i + 1) < f.first_chunk)
			return index_bad(ix, e, "file %zu: its chunks end before they begin", i);
		if ((flags & FILE_EXTRACTED) && !ix->extracted.n)
			return index_bad(ix, e, "file %zu: a document, but no sizes of texts", i);
		if (f.size_bytes > INT64_MAX || f.text_bytes > INT64_MAX)
			return index_bad(ix, e, "file %zu: %llu bytes", i,
					 (unsigned long long)f.size_bytes);
		stored |= file_keeps_text(f.flags);
	}
	if (column_get(&ix->first_chunk, 0) != 0 ||
	    column_get(&ix->first_chunk, ix->n_files) != ix->n_chunks)
		return index_bad(ix, e, "files have %llu chunks, the manifest counts %zu",
				 (unsigned long long)column_get(&ix->first_chunk, ix->n_files),
				 ix->n_chunks);
	if (!stored)
		return 0;
	ix->text_base = mem_calloc(ix->n_files, sizeof *ix->text_base);
	for (size_t i = 0; i < ix->n_files; i++) {
		struct index_file f;
		index_file(ix, i, &f);
		ix->text_base[i] = base;
		if (file_keeps_text(f.flags) && __builtin_add_overflow(base, f.text_bytes, &base))
			return index_bad(ix, e, "stored text of file %zu: size overflow", i);
	}
	ix->n_text_bytes = base;
	return index_check_text(ix, e);
}

static int open_files(struct index *ix, struct err *e)
{
	const struct bundle_member *m;
	struct column *col[] = {&ix->hash, &ix->size, &ix->mtime, &ix->root, &ix->lang, &ix->flags};
	if (need(ix, "files", &m, e))
		return -1;
	const uint8_t *p = m->p;
	size_t left = m->n;
	for (size_t i = 0; i < sizeof col / sizeof *col; i++)
		if (column_open(col[i], &p, &left, ix->n_files, "member files", e))
			return err_prefix(e, "%s: damaged index", ix->b.path);
	if (column_open(&ix->first_chunk, &p, &left, ix->n_files + 1, "member files", e))
		return err_prefix(e, "%s: damaged index", ix->b.path);
	if (left && column_open(&ix->extracted, &p, &left, ix->n_files, "member files", e))
		return err_prefix(e, "%s: damaged index", ix->b.path);
	if (left)
		return index_bad(ix, e, "member files: %zu bytes too many", left);
	return check_files(ix, e);
}

static int check_scales(const struct index *ix, const uint8_t *p, size_t n, const char *what,
			struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		float f = get_lef32(p + 4 * i);
		if (!isfinite(f) || f < 0)
			return index_bad(ix, e, "member %s: scale %zu is not a finite number >= 0",
					 what, i);
	}
	return 0;
}

enum { PQ_HEAD = 32, ANCHORS_HEAD = 16 };

static int get_pq_head(struct index *ix, const uint8_t *p, size_t n, bool *packed, struct err *e)
{
	struct rec_codebook *k = &ix->pq;
	if (n < PQ_HEAD)
		return index_bad(ix, e, "member pq: %zu bytes", n);
	k->dim = get_le32(p);
	k->m = get_le32(p + 4);
	k->ksub = get_le32(p + 8);
	k->dsub = get_le32(p + 12);
	k->residual = get_le32(p + 16) != 0;
	k->nibbles = get_le32(p + 20) & INDEX_PQ_NIBBLES;
	k->seed = get_le64(p + 24);
	*packed = get_le32(p + 20) & INDEX_PQ_PACKED;
	if (k->dim != ix->dim || !k->m || k->m > DIM_MAX || !k->ksub || k->ksub > 256 || !k->dsub ||
	    k->dsub > DIM_MAX || k->m * k->dsub > k->dim || get_le32(p + 16) > 1 ||
	    get_le32(p + 20) > (INDEX_PQ_NIBBLES | INDEX_PQ_PACKED) || !rec_nibbles_ok(k))
		return index_bad(
			ix, e,
			"member pq: %zu sub-vectors of %zu dimensions, codebook of %zu, for %zu "
			"dimensions, the manifest says %zu",
			k->m, k->dsub, k->ksub, k->dim, ix->dim);
	return 0;
}

/* Rotation and centroids, in place or from their frame: what is from at on in the n bytes of p. */
static int get_pq_entries(struct index *ix, const uint8_t *p, size_t n, size_t at, bool packed,
			  struct err *e)
{
	struct rec_codebook *k = &ix->pq;
	size_t n_rot = k->m * k->dsub * k->dim, want = n_rot + rec_cent_bytes(k);
	struct buf raw = BUF_INIT;
	if (packed) {
		if (zst_unpack(p + at, n - at, want, "member pq", &raw, e)) {
			buf_release(&raw);
			return err_prefix(e, "%s: damaged index", ix->b.path);
		}
		k->rot = (const int8_t *)(ix->pq_own = buf_detach(&raw));
	} else if (n - at != want) {
		return index_bad(ix, e, "member pq: %zu bytes, want %zu", n, at + want);
	} else {
		k->rot = (const int8_t *)(p + at);
	}
	k->cent = k->rot + n_rot;
	return 0;
}

/* The product quantiser in the n bytes of p. */
static int get_pq(struct index *ix, const uint8_t *p, size_t n, struct err *e)
{
	struct rec_codebook *k = &ix->pq;
	bool packed = false;
	if (get_pq_head(ix, p, n, &packed, e))
		return -1;
	size_t drot = k->m * k->dsub, n_books = rec_n_books(k), at = PQ_HEAD + 4 * (drot + n_books);
	if (n < at)
		return index_bad(ix, e, "member pq: %zu bytes, want %zu and more", n, at);
	k->rot_scale = p + PQ_HEAD;
	k->cent_scale = k->rot_scale + 4 * drot;
	if (check_scales(ix, k->rot_scale, drot, "pq", e) ||
	    check_scales(ix, k->cent_scale, n_books, "pq", e))
		return -1;
	return get_pq_entries(ix, p, n, at, packed, e);
}

/* The quantiser of the index, or the one of this program that the manifest names. */
static int open_pq(struct index *ix, struct err *e)
{
	const struct bundle_member *m = bundle_find(&ix->b, "pq");
	const struct js *key = index_key(ix, "build.quantization.codebook");
	const char *name = js_str(key, NULL);
	if (m && key)
		return index_bad(ix, e, "member pq, but the manifest names a codebook for it");
	if (!m && key && (!name || strlen(name) != 16 || strspn(name, "0123456789abcdef") != 16))
		return index_bad(ix, e, "manifest: build.quantization.codebook is no name");
	if (!key && need(ix, "pq", &m, e))
		return -1;
	const struct shipped *s = name ? shipped_named(name) : NULL;
	if (name && !s)
		return err_set(e, ERR_DATA,
			       "%s: its codes are of codebook %s, which this leann does not have: "
			       "use a newer one, or build the index again",
			       ix->b.path, name);
	if (get_pq(ix, s ? s->p : m->p, s ? s->n : m->n, e))
		return -1;
	return index_open_codes(ix, e);
}

static int open_anchors(struct index *ix, struct err *e)
{
	const struct bundle_member *m = bundle_find(&ix->b, "anchors");
	struct rec_anchors *a = &ix->anchors;
	uint64_t sum = 0;
	if (!m)
		return 0;
	a->m = m->n < ANCHORS_HEAD ? 0 : get_le32(m->p);
	a->dim = m->n < ANCHORS_HEAD ? 0 : get_le32(m->p + 4);
	if (!a->m || a->m > ANCHORS_MAX || a->dim != ix->dim ||
	    m->n != ANCHORS_HEAD + a->m * (12 + a->dim))
		return index_bad(ix, e, "member anchors: %zu x %zu in %zu bytes", a->m, a->dim,
				 m->n);
	a->seed = get_le64(m->p + 8);
	a->scale = m->p + ANCHORS_HEAD;
	ix->anchor_entry = a->scale + 4 * a->m;
	ix->anchor_size = ix->anchor_entry + 4 * a->m;
	a->q = (const int8_t *)(ix->anchor_size + 4 * a->m);
	for (size_t i = 0; i < a->m; i++) {
		if (get_le32(ix->anchor_entry + 4 * i) >= ix->n_chunks)
			return index_bad(ix, e, "anchor %zu: entry chunk %u of %zu", i,
					 get_le32(ix->anchor_entry + 4 * i), ix->n_chunks);
		sum += get_le32(ix->anchor_size + 4 * i);
	}
	if (sum != ix->n_chunks)
		return index_bad(ix, e, "anchors have %llu chunks, the index %zu",
				 (unsigned long long)sum, ix->n_chunks);
	return check_scales(ix, a->scale, a->m, "anchors", e);
}

/* Residual codes need each chunk's anchor. */
static int open_assign(struct index *ix, struct err *e)
{
	const struct bundle_member *m = bundle_find(&ix->b, "assign");
	if (ix->n_chunks && ix->pq.residual && (!m || !ix->anchors.m))
		return index_bad(ix, e, "residual codes without anchors");
	if (!m)
		return 0;
	const uint8_t *p = m->p;
	size_t left = m->n;
	if (column_open(&ix->assign, &p, &left, ix->n_chunks, "member assign", e))
		return err_prefix(e, "%s: damaged index", ix->b.path);
	if (left)
		return index_bad(ix, e, "member assign: %zu bytes too many", left);
	for (size_t i = 0; i < ix->n_chunks; i++)
		if (column_get(&ix->assign, i) >= ix->anchors.m)
			return index_bad(ix, e, "chunk %zu: anchor %llu of %zu", i,
					 (unsigned long long)column_get(&ix->assign, i),
					 ix->anchors.m);
	return 0;
}

enum { TERMS_HEAD = 16 };

static int open_terms(struct index *ix, struct err *e)
{
	const struct bundle_member *m = bundle_find(&ix->b, "terms");
	struct buf level = BUF_INIT;
	if (!m)
		return 0;
	size_t n = m->n < TERMS_HEAD ? 0 : get_le32(m->p + 8);
	if (!terms_size_ok(n) || get_le32(m->p + 12))
		return index_bad(ix, e, "member terms: %zu buckets in %zu bytes", n, m->n);
	if (zst_unpack(m->p + TERMS_HEAD, m->n - TERMS_HEAD, n, "member terms", &level, e)) {
		buf_release(&level);
		return err_prefix(e, "%s: damaged index", ix->b.path);
	}
	ix->terms_own = buf_detach(&level);
	ix->terms = (struct rec_terms){get_le64(m->p), ix->terms_own, n};
	return 0;
}

static int open_postings(struct index *ix, struct err *e)
{
	const struct bundle_member *m = bundle_find(&ix->b, "postings");
	if (m && postings_open(&ix->postings, m->p, m->n, ix->n_chunks, e))
		return err_prefix(e, "%s: damaged index", ix->b.path);
	return 0;
}

static int open_hashes(struct index *ix, struct err *e)
{
	const struct bundle_member *m = bundle_find(&ix->b, "hashes");
	if (!m)
		return 0;
	if (m->n != ix->n_chunks)
		return index_bad(ix, e, "member hashes: %zu bytes for %zu chunks", m->n,
				 ix->n_chunks);
	ix->hashes = m->p;
	return 0;
}

static void open_graph(const struct index *ix, const char *name, struct index_graph *g)
{
	const struct bundle_member *m = bundle_find(&ix->b, name);
	if (m)
		*g = (struct index_graph){m->p, m->n};
}

static int open_meta(struct index *ix, struct err *e)
{
	const struct bundle_member *m = bundle_find(&ix->b, "meta");
	if (m && meta_cols_open(&ix->meta, m->p, m->n, ix->n_chunks, e))
		return err_prefix(e, "%s: damaged index", ix->b.path);
	return 0;
}

/* Before the codes: how many there are depends on it. */
static int open_copies(struct index *ix, struct err *e)
{
	static const char *const not_with[] = {"lists", "assign", "chunk-graph"};
	const struct bundle_member *m = bundle_find(&ix->b, "copies");
	ix->n_codes = ix->n_chunks;
	if (!m)
		return 0;
	if (!ix->chunks)	/* they bound the number of chunks by bytes that are there */
		return index_bad(ix, e, "member copies, but no member chunks");
	if (index_key(ix, "chunking.context"))
		return index_bad(ix, e, "member copies and chunking.context");
	for (size_t i = 0; i < sizeof not_with / sizeof *not_with; i++)
		if (bundle_find(&ix->b, not_with[i]))
			return index_bad(ix, e, "members copies and %s", not_with[i]);
	if (copies_unpack(m->p, m->n, ix->n_chunks, &ix->copies, e))
		return err_prefix(e, "%s: damaged index: member", ix->b.path);
	ix->n_codes = ix->n_chunks - ix->copies.n;
	return 0;
}

static int open_members(struct index *ix, struct err *e)
{
	if (open_counts(ix, e) || need(ix, "paths", &ix->paths, e))
		goto fail;
	ix->chunks = bundle_find(&ix->b, "chunks");
	ix->text = bundle_find(&ix->b, "text");
	/* paths and chunks first: they bound the counts by bytes that are there */
	if (index_check_paths(ix, e) || index_check_chunks(ix, e) || open_files(ix, e) ||
	    check_spans(ix, e) || open_hashes(ix, e) || open_meta(ix, e) ||
	    open_copies(ix, e))
		goto fail;
	if (ix->n_chunks && (open_pq(ix, e) || open_anchors(ix, e) || open_assign(ix, e) ||
			     index_open_lists(ix, e) || open_terms(ix, e) || open_postings(ix, e)))
		goto fail;
	open_graph(ix, "anchor-graph", &ix->anchor_graph);
	open_graph(ix, "chunk-graph", &ix->chunk_graph);
	return 0;
fail:
	index_close(ix);
	return -1;
}

int index_open(struct index *ix, const char *path, struct err *e)
{
	*ix = (struct index){0};
	return bundle_open(&ix->b, path, e) ? -1 : open_members(ix, e);
}

int index_open_fd(struct index *ix, int fd, const char *path, struct err *e)
{
	*ix = (struct index){0};
	return bundle_open_fd(&ix->b, fd, path, e) ? -1 : open_members(ix, e);
}

void index_close(struct index *ix)
{
	mem_free(ix->text_base);
	mem_free(ix->terms_own);
	mem_free(ix->list_start);
	mem_free(ix->pq_own);
	mem_free(ix->copies.run);
	meta_cols_free(ix->meta);
	bundle_close(&ix->b);
	*ix = (struct index){.b.fd = -1};
}

void index_file(const struct index *ix, size_t i, struct index_file *f)
{
	uint64_t first = column_get(&ix->first_chunk, i);
	*f = (struct index_file){
		.hash = column_get(&ix->hash, i),
		.size_bytes = column_get(&ix->size, i),
		.mtime_ns = (int64_t)column_get(&ix->mtime, i),
		.root = (uint32_t)column_get(&ix->root, i),
		.lang = (uint32_t)column_get(&ix->lang, i),
		.flags = (unsigned)column_get(&ix->flags, i),
		.first_chunk = first,
		.n_chunks = column_get(&ix->first_chunk, i + 1) - first,
	};
	f->text_bytes = (f->flags & FILE_EXTRACTED) && ix->extracted.n ? column_get(&ix->extracted, i)
								       : f->size_bytes;
}

const char *index_lang(const struct index *ix, size_t i)
{
	return js_str(js_at(index_key(ix, "languages"), i), NULL);
}
