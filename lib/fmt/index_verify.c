/* Decoding all of an index to prove it sound; see index_verify.h. */
#include "fmt/index_verify.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "fmt/csr.h"
#include "fmt/index_get.h"
#include "fmt/index_lists.h"

struct tally {
	uint64_t source_bytes, passage_bytes, stored_bytes, removed_files, removed_chunks;
	uint64_t extracted_files, extracted_bytes, decoded_files;
};

static int check_path(void *ctx, size_t i, const uint8_t *path, size_t n, struct err *e)
{
	(void)ctx, (void)i, (void)path, (void)n, (void)e;
	return 0;	/* index_each_path() has checked it */
}

/* Chunks of file i: spans of records in files of records only. */
static int check_chunks(const struct index *ix, size_t i, const struct index_file *f,
			struct tally *t, struct err *e)
{
	for (uint64_t k = f->first_chunk; ix->chunks && k < f->first_chunk + f->n_chunks; k++) {
		struct index_chunk c;
		if (index_chunk(ix, (size_t)k, &c, e))
			return -1;
		if ((c.sub_off_bytes || c.sub_len_bytes) && !(f->flags & FILE_RECORDS))
			return index_bad(
				ix, e,
				"chunk %llu: a span in a record, but file %zu has no records",
				(unsigned long long)k, i);
		if (!(f->flags & FILE_REMOVED))
			t->passage_bytes += c.sub_len_bytes ? c.sub_len_bytes : c.len_bytes;
	}
	return 0;
}

/* A stored file's text, in pieces of a block, against its hash. */
static int check_stored(const struct index *ix, size_t i, const struct index_file *f, struct err *e)
{
	struct hash *h = hash_new();
	struct buf b = BUF_INIT;
	int r = 0;
	for (uint64_t at = 0; at < f->text_bytes && !r; at += INDEX_TEXT_BLOCK) {
		uint64_t left = f->text_bytes - at;
		buf_clear(&b);
		r = index_text(ix, i, at, left < INDEX_TEXT_BLOCK ? (size_t)left : INDEX_TEXT_BLOCK,
			       &b, e);
		hash_add(h, b.p, b.len);
	}
	/* of a document the hash is that of the file */
	if (!r && !(f->flags & FILE_EXTRACTED) && hash_get(h) != f->hash)
		r = index_bad(ix, e, "stored file %zu has hash %016llx, its text gives %016llx", i,
			      (unsigned long long)f->hash, (unsigned long long)hash_get(h));
	hash_free(h);
	buf_release(&b);
	return r;
}

static int check_files(const struct index *ix, struct tally *t, struct err *e)
{
	for (size_t i = 0; i < ix->n_files; i++) {
		struct index_file f;
		index_file(ix, i, &f);
		if (f.flags & FILE_REMOVED) {
			t->removed_files++;
			t->removed_chunks += f.n_chunks;
		} else {
			t->source_bytes += f.size_bytes;
		}
		if (check_chunks(ix, i, &f, t, e))
			return -1;
		t->decoded_files += file_encoding(f.flags) != ENC_UTF8;
		if (!file_keeps_text(f.flags))
			continue;
		if (f.flags & FILE_EXTRACTED) {
			t->extracted_files++;
			t->extracted_bytes += f.text_bytes;
		} else {
			t->stored_bytes += f.size_bytes;
		}
		if (check_stored(ix, i, &f, e))
			return -1;
	}
	if (ix->text && !ix->text_base)
		return index_bad(ix, e, "member text, but no stored file");
	return 0;
}

/* A count of the manifest, which may be absent, against what was found. */
static int check_count(const struct index *ix, const char *key, uint64_t found, struct err *e)
{
	const struct js *j = index_key(ix, key);
	if (j && (js_type(j) != JS_INT || (uint64_t)js_int(j) != found))
		return index_bad(ix, e, "manifest: %s is %lld, the members have %llu", key,
				 (long long)js_int(j), (unsigned long long)found);
	return 0;
}

/* What updates did is said where there were any, and as it is. */
static int check_delta(const struct index *ix, const struct tally *t, struct err *e)
{
	const struct js *d = index_key(ix, "delta");
	if (!d)
		return t->removed_files ? index_bad(ix, e, "manifest: %llu files are removed, but no delta",
						    (unsigned long long)t->removed_files)
					: 0;
	uint64_t files = (uint64_t)js_int(js_get(d, "files")),
		 chunks = (uint64_t)js_int(js_get(d, "chunks"));
	if (files > ix->n_files || chunks > ix->n_chunks)
		return index_bad(ix, e, "manifest: delta from file %llu of %zu, chunk %llu of %zu",
				 (unsigned long long)files, ix->n_files, (unsigned long long)chunks,
				 ix->n_chunks);
	return check_count(ix, "delta.removed_files", t->removed_files, e) ||
			       check_count(ix, "delta.removed_chunks", t->removed_chunks, e)
		       ? -1
		       : 0;
}

static int check_graph(const struct index *ix, const struct index_graph *g, const char *name,
		       size_t n, struct err *e)
{
	struct csr c = CSR_INIT;
	int r = 0;
	if (!g->p)
		return 0;
	if (csr_unpack(g->p, g->n, &c, e))
		return err_prefix(e, "%s: damaged index: member %s", ix->b.path, name);
	if (c.n != n)
		r = index_bad(ix, e, "member %s has %zu nodes, want %zu", name, c.n, n);
	csr_release(&c);
	return r;
}

static int check_postings(const struct index *ix, struct err *e)
{
	if (ix->postings.n_words && postings_verify(&ix->postings, e))
		return err_prefix(e, "%s: damaged index", ix->b.path);
	return 0;
}

static int check_meta(const struct index *ix, struct err *e)
{
	if (ix->meta && meta_cols_verify(ix->meta, e))
		return err_prefix(e, "%s: damaged index", ix->b.path);
	return 0;
}

/* The same text has the same hash; of two others one pair in 256 has. */
static int check_copies(const struct index *ix, struct err *e)
{
	for (size_t k = 0; ix->hashes && k < ix->copies.n_runs; k++) {
		const struct copy_run *r = &ix->copies.run[k];
		for (uint32_t i = 0; i < r->n; i++)
			if (ix->hashes[r->chunk + i] != ix->hashes[r->of + i])
				return index_bad(ix, e, "chunk %u is a copy of chunk %u, whose hash is another",
						 r->chunk + i, r->of + i);
	}
	return 0;
}

/* What index_open() leaves unread where there are lists. */
static int check_lists(const struct index *ix, struct err *e)
{
	uint32_t *place;
	if (!ix->lists)
		return 0;
	if (index_check_codes(ix, e) || index_places(ix, &place, e))
		return -1;
	mem_free(place);
	return 0;
}

int index_verify(const struct index *ix, struct err *e)
{
	struct tally t = {0};
	struct buf root = BUF_INIT;
	int r = bundle_verify(&ix->b, e);
	for (size_t i = 0; i < ix->n_roots && !r; i++) {
		buf_clear(&root);
		r = index_root(ix, i, &root, e);
		if (!r && (!root.len || root.p[0] != '/' || memchr(root.p, 0, root.len)))
			r = index_bad(ix, e, "manifest: root %zu is no absolute path", i);
	}
	buf_release(&root);
	if (r || index_each_path(ix, check_path, NULL, e) || check_files(ix, &t, e) ||
	    check_graph(ix, &ix->anchor_graph, "anchor-graph", ix->anchors.m, e) ||
	    check_graph(ix, &ix->chunk_graph, "chunk-graph", ix->n_chunks, e) ||
	    check_lists(ix, e) ||
	    check_postings(ix, e) || check_meta(ix, e) || check_copies(ix, e) ||
	    check_count(ix, "counts.anchors", ix->anchors.m, e) ||
	    check_count(ix, "counts.source_bytes", t.source_bytes, e) ||
	    (ix->chunks && check_count(ix, "counts.passage_bytes", t.passage_bytes, e)) ||
	    check_count(ix, "counts.stored_bytes", t.stored_bytes, e) ||
	    check_count(ix, "counts.extracted_files", t.extracted_files, e) ||
	    check_count(ix, "counts.extracted_bytes", t.extracted_bytes, e) ||
	    check_count(ix, "counts.decoded_files", t.decoded_files, e) || check_delta(ix, &t, e))
		return -1;
	return 0;
}
