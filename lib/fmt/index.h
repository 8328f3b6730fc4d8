/*
 * index: what is in the members of a bundle (leann-index(5)), read in place.
 *
 *	struct index ix;
 *	if (index_open(&ix, "idx.leann", e)) ...	every relation between members proven
 *	index_chunk(&ix, i, &c); index_file(&ix, c.file, &f);
 *	index_path(&ix, c.file, &buf, e);
 *	index_close(&ix);
 *
 * After index_open() every number read from the index is safe to use as an index
 * into its arrays. Checksums are bundle_verify()'s affair.
 */
#ifndef LEANN_FMT_INDEX_H
#define LEANN_FMT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "fmt/bits.h"
#include "fmt/bundle.h"
#include "fmt/copies.h"
#include "fmt/meta_cols.h"
#include "fmt/postings.h"
#include "fmt/record.h"

enum {
	INDEX_BLOCK = 64,		/* chunks in a block of codes and of the chunk table */
	INDEX_PATH_BLOCK = 512,		/* paths in a compressed block */
	INDEX_TEXT_BLOCK = 1 << 16,	/* bytes of stored text in a compressed block */
	INDEX_LANGS_MAX = 4096,
};

enum { INDEX_PQ_NIBBLES = 1, INDEX_PQ_PACKED = 2 };	/* flags of member pq, at offset 20 */

struct index_file {
	uint64_t hash, size_bytes;
	int64_t mtime_ns;
	uint32_t root, lang;		/* lang indexes index_lang() */
	unsigned flags;			/* enum file_flag */
	uint64_t text_bytes;		/* what spans are in: FILE_EXTRACTED its text, else size_bytes */
	uint64_t first_chunk, n_chunks;
};

struct index_chunk {
	uint32_t file;
	uint64_t off_bytes, len_bytes;
	uint64_t sub_off_bytes, sub_len_bytes;
};

struct index_graph {			/* a graph member: bytes for csr_unpack() */
	const uint8_t *p;
	size_t n;
};

struct index {
	struct bundle b;
	size_t n_files, n_chunks, dim, n_roots, n_langs;
	/* files */
	struct column hash, size, mtime, root, lang, flags, first_chunk /* n_files + 1 */;
	struct column extracted;	/* bytes of each document's text; n 0: there are none */
	uint64_t *text_base;		/* files that keep text: offset into it; NULL when none */
	/* members, mapped */
	const struct bundle_member *chunks;	/* NULL: spans are found by cutting files again */
	const struct bundle_member *paths, *text;	/* text NULL when nothing is stored */
	uint64_t n_text_bytes;
	const uint8_t *hashes;		/* (n_chunks) of index_hash(); NULL: there are none */
	struct copies copies;		/* n_runs 0: every chunk has a code of its own */
	size_t n_codes;			/* n_chunks without copies */
	const uint8_t *codes;		/* blocks of 64, column-wise, by place: leann-index(5) */
	struct rec_codebook pq;
	uint8_t *pq_own;		/* its entries where the member has them in a frame; else NULL */
	struct rec_anchors anchors;	/* m 0 when there are none */
	const uint8_t *anchor_entry;	/* m u32 little-endian: the chunk nearest to each anchor */
	const uint8_t *anchor_size;	/* m u32 little-endian: chunks assigned to it */
	struct column assign;		/* residual codes only: anchor of each chunk; n 0 otherwise */
	struct rec_terms terms;		/* n_buckets 0: there are none */
	uint8_t *terms_own;		/* what terms.level is */
	struct postings postings;	/* n_words 0: there are none */
	struct meta_cols *meta;		/* NULL: no chunk has any */
	struct index_graph anchor_graph, chunk_graph;	/* p NULL when absent */
	const struct bundle_member *lists;	/* NULL: a chunk's place is its number, or copies_place() */
	uint32_t *list_start;	/* with lists: anchors.m + 1 places, list a's are [a] to [a + 1] - 1 */
};

int index_open(struct index *ix, const char *path, struct err *e) MUST_CHECK;
/* The index open for reading as fd, which is taken over; path is for messages. */
int index_open_fd(struct index *ix, int fd, const char *path, struct err *e) MUST_CHECK;
void index_close(struct index *ix);

void index_file(const struct index *ix, size_t i, struct index_file *f);
/* The span of chunk i; an index without them has none: source_span() of source.h finds it. */
int index_chunk(const struct index *ix, size_t i, struct index_chunk *c, struct err *e) MUST_CHECK;
/* The file of chunk i; every index has it. */
int index_chunk_file(const struct index *ix, size_t i, size_t *file, struct err *e) MUST_CHECK;
/* What an update does with such an index; *why, unless it appends: what it has, or lacks. */
enum index_update { INDEX_APPENDED, INDEX_REWRITTEN, INDEX_FIXED };
enum index_update index_update_kind(const struct index *ix, const char **why);
/*
 * The pq.m bytes of chunk i's code, each below pq.ksub: with lists that was not proven before.
 * place: where the codes of chunks are (index_lists.h), NULL without lists.
 */
int index_code(const struct index *ix, const uint32_t *place, size_t i, uint8_t *code,
	       struct err *e) MUST_CHECK;
/* The byte of chunk i's text; of an index that has hashes. */
static inline uint8_t index_hash(const struct index *ix, size_t i)
{
	return ix->hashes[i];
}
/* File i's path relative to its root, appended to out. */
int index_path(const struct index *ix, size_t i, struct buf *out, struct err *e) MUST_CHECK;
/* Every file's path, in order, NUL-terminated: f returns 0, or -1 with e filled. */
int index_each_path(const struct index *ix,
		    int (*f)(void *ctx, size_t i, const uint8_t *path, size_t n, struct err *e),
		    void *ctx, struct err *e) MUST_CHECK;
/* The same in ascending order, a block of paths decoded once. */
struct index_paths {
	size_t block, next;	/* of raw; the path after the one in path */
	struct buf raw, path;
	const uint8_t *p;
};
#define INDEX_PATHS_INIT {.block = SIZE_MAX}
/* File i's path, NUL-terminated, in c->path until the next call. */
int index_paths_get(const struct index *ix, struct index_paths *c, size_t i,
		    struct err *e) MUST_CHECK;
void index_paths_release(struct index_paths *c);
/* Root i as in the manifest (raw bytes), appended to out. */
int index_root(const struct index *ix, size_t i, struct buf *out, struct err *e) MUST_CHECK;
const char *index_lang(const struct index *ix, size_t i);
/* n bytes from off of what is kept of file i, appended to out: a document's text, else its bytes. */
int index_text(const struct index *ix, size_t i, uint64_t off, size_t n, struct buf *out,
	       struct err *e) MUST_CHECK;
/* chunking.args, each ended by NUL, into out; there: are they there? As shead_args() gives them. */
int index_chunk_args(const struct index *ix, bool *there, struct buf *out,
		     struct err *e) MUST_CHECK;
/* Name of the model whose tokenizer cut the passages: not always the one that embedded them. NULL: none. */
const char *index_tokenizer_model(const struct index *ix);
/* The key of the manifest, by path "model.name"; NULL when absent. */
const struct js *index_key(const struct index *ix, const char *path);

#endif
