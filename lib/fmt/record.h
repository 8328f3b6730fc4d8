/*
 * record: the records of leann-stream(5) as structs, checked once for every tool.
 *
 *	struct rec_check c; rec_check_init(&c, &in);		after stream_in_open()
 *	switch (r.tag) { case TAG_CHUNK: if (rec_chunk(&c, &r, &chunk, e)) ...
 *
 * The rec_*() readers check types, ranges, order (ids count up from 0, a chunk's
 * file came before it, a vector follows its chunk) and numbers (finite), and name
 * the record in messages. rec_any() checks a record that the caller only passes on.
 * Pointers in structs are borrowed from the record.
 */
#ifndef LEANN_FMT_RECORD_H
#define LEANN_FMT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/decode.h"
#include "base/err.h"
#include "fmt/stream.h"

enum {
	DIM_MAX = 8192,
	ANCHORS_MAX = 32768,
	TEXT_PIECE_MAX = 1 << 20,	/* bytes of one text record */
};

enum file_flag {
	FILE_STORED = 1,	/* its bytes travel in text records and stay in the bundle */
	FILE_RECORDS = 2,	/* JSON Lines: a chunk's span is a line, its text is (part of) the record's */
	FILE_REMOVED = 4,	/* in an index alone: gone, or replaced by a later file */
	FILE_EXTRACTED = 8,	/* a document: spans are in its text, which is kept as stored bytes are */
	FILE_ENCODING = 48,	/* enum encoding of decode.h, times 16; spans are in bytes of the file */
	FILE_FLAGS_MAX = 63,
};

static inline enum encoding file_encoding(unsigned flags)
{
	return (enum encoding)((flags & FILE_ENCODING) / 16);
}
static inline unsigned file_encoding_flags(enum encoding enc)
{
	return (unsigned)enc * 16;
}
/* Does text of it travel in text records and lie in the bundle? */
static inline bool file_keeps_text(unsigned flags)
{
	return flags & (FILE_STORED | FILE_EXTRACTED);
}

/* A document from which no text could be taken, there so that this is known. */
static inline bool file_is_refused(unsigned flags, uint64_t text_bytes)
{
	return (flags & FILE_EXTRACTED) && !text_bytes;
}
/* Do these flags go together? A document's text and records are UTF-8, and not both. */
static inline bool file_flags_ok(uint64_t flags)
{
	unsigned f = (unsigned)flags;
	return flags <= FILE_FLAGS_MAX && !((f & FILE_EXTRACTED) && (f & FILE_RECORDS)) &&
	       !((f & FILE_ENCODING) && (f & (FILE_EXTRACTED | FILE_RECORDS)));
}

struct rec_file {
	uint64_t id;
	uint64_t root;		/* index into the header's "roots" */
	const uint8_t *path;	/* relative to its root; raw bytes */
	size_t n_path;
	uint64_t size_bytes;
	int64_t mtime_ns;	/* since 1970; 0 for stdin */
	uint64_t hash;		/* XXH3-64 of the file's bytes */
	const char *lang;	/* n_lang bytes, not NUL-terminated; "" unknown */
	size_t n_lang;
	unsigned flags;		/* enum file_flag */
	uint64_t text_bytes;	/* FILE_EXTRACTED: of the text that spans are in, and that is kept */
};
/* Bytes that chunks' spans are in. */
static inline uint64_t rec_file_room(const struct rec_file *f)
{
	return f->flags & FILE_EXTRACTED ? f->text_bytes : f->size_bytes;
}

struct rec_chunk {
	uint64_t id, file;
	uint64_t off_bytes, len_bytes;		/* span in the file's bytes; FILE_EXTRACTED: in its text */
	uint64_t first_line, last_line;		/* from 1 */
	uint64_t n_tokens;			/* as the model's tokenizer counts, special tokens included */
	uint64_t sub_off_bytes, sub_len_bytes;	/* FILE_RECORDS: span in the record's text; else 0, 0 */
	const char *ext_id;			/* FILE_RECORDS: the record's "id", n_ext_id bytes; or NULL */
	size_t n_ext_id;
	const char *text;			/* n_text bytes of UTF-8; NULL in a vector stream */
	size_t n_text;
};

/* Running checks over one stream. */
struct rec_check {
	struct stream_in *in;
	size_t dim;			/* of the header; 0 in a chunk stream */
	bool texts;			/* every chunk has its text: a chunk stream, or the header says so */
	size_t n_roots;
	uint64_t n_files, n_chunks, n_vecs;
	unsigned last_flags;		/* of the latest file */
	uint64_t last_size, last_text_bytes;
	uint64_t n_metas, meta_off, meta_sub;	/* of the latest file: records of metadata */
	/* enrichments seen */
	uint64_t n_anchors, n_assigned, n_coded;
	bool terms;
	uint64_t n_postings;		/* bytes */
	size_t pq_m, pq_ksub;		/* bytes of a code and values of a byte, once a codebook was seen */
	/* changes to an index */
	char base[17];			/* build_id of that index; "": the stream is of a whole one */
	bool full;			/* its files are all that the new index is to have */
	bool tail;			/* hashes, copies or kept passages came: no file, no chunk any more */
	uint64_t n_hashed, next_gone;
	uint64_t copies_end;		/* the latest run's */
	uint64_t n_kept, kept_file, n_kept_here, kept_off, kept_sub;
};

/*
 * A path that stays below its root: relative, at most 4095 bytes, no empty, "." or ".."
 * component, no NUL.
 */
bool path_is_safe(const uint8_t *p, size_t n);

int rec_check_init(struct rec_check *c, struct stream_in *in, struct err *e) MUST_CHECK;
int rec_file(struct rec_check *c, const struct stream_rec *r, struct rec_file *f,
	     struct err *e) MUST_CHECK;
int rec_text(struct rec_check *c, const struct stream_rec *r, const uint8_t **p, size_t *n,
	     struct err *e) MUST_CHECK;
int rec_chunk(struct rec_check *c, const struct stream_rec *r, struct rec_chunk *k,
	      struct err *e) MUST_CHECK;
/* The vector's dim floats into out (native f32). */
int rec_vec(struct rec_check *c, const struct stream_rec *r, float *out, struct err *e) MUST_CHECK;
/* Check any record by its tag, keeping nothing. Unknown tags outside 64..125 are refused. */
int rec_any(struct rec_check *c, const struct stream_rec *r, struct err *e) MUST_CHECK;
/*
 * After END: every chunk of a vector stream has its vector, every stored file its bytes, all
 * codes are there.
 */
int rec_check_end(const struct rec_check *c, struct err *e) MUST_CHECK;

/* Packers: append one record's body to b (cleared first). */
void put_file(struct buf *b, const struct rec_file *f);
void put_text(struct buf *b, uint64_t file, const void *p, size_t n);
void put_chunk(struct buf *b, const struct rec_chunk *k);	/* text NULL: nil */
void put_vec(struct buf *b, uint64_t chunk, const float *v, size_t dim);

/* Enrichments: plain arrays, as leann-stream(5) lays them out. */
struct rec_anchors {
	size_t m, dim;
	char strategy[24];
	uint64_t seed;
	const int8_t *q;		/* (m, dim) row-major */
	const uint8_t *scale;		/* m f32 little-endian: anchor = q * scale */
};
struct rec_codebook {
	size_t dim, m, ksub, dsub;	/* rotated dims: m * dsub */
	bool residual, nibbles;		/* nibbles: a byte is two numbers of 4 bits; ksub 256, dsub even */
	uint64_t seed;
	const int8_t *rot;		/* (m * dsub, dim) row-major */
	const uint8_t *rot_scale;	/* m * dsub f32 little-endian, one a row */
	const int8_t *cent;		/* (m, ksub, dsub); nibbles: (2 m, 16, dsub / 2) */
	const uint8_t *cent_scale;	/* m f32 little-endian, one a sub-space; nibbles: 2 m */
};
static inline size_t rec_n_books(const struct rec_codebook *k)
{
	return k->nibbles ? 2 * k->m : k->m;
}
static inline size_t rec_cent_bytes(const struct rec_codebook *k)
{
	return k->m * k->dsub * (k->nibbles ? 16 : k->ksub);
}
/* Are ksub and dsub such that a byte can be two numbers, where it is said to be? */
static inline bool rec_nibbles_ok(const struct rec_codebook *k)
{
	return !k->nibbles || (k->ksub == 256 && k->dsub % 2 == 0);
}
int rec_anchors(struct rec_check *c, const struct stream_rec *r, struct rec_anchors *a,
		struct err *e) MUST_CHECK;
/* first chunk and the n u32 little-endian anchors of the chunks from there on */
int rec_assign(struct rec_check *c, const struct stream_rec *r, uint64_t *first, const uint8_t **p,
	       size_t *n, struct err *e) MUST_CHECK;
int rec_codebook(struct rec_check *c, const struct stream_rec *r, struct rec_codebook *k,
		 struct err *e) MUST_CHECK;
/* first chunk and n codes of pq_m bytes each */
int rec_codes(struct rec_check *c, const struct stream_rec *r, uint64_t *first, const uint8_t **p,
	      size_t *n, struct err *e) MUST_CHECK;
/* In how many passages words occur: one level a bucket, see leann-stream(5). */
struct rec_terms {
	uint64_t n_words;
	const uint8_t *level;
	size_t n_buckets;
};
/* Is n a number of buckets that can be? */
bool terms_size_ok(uint64_t n);
int rec_terms(struct rec_check *c, const struct stream_rec *r, struct rec_terms *t,
	      struct err *e) MUST_CHECK;
void put_terms(struct buf *b, const struct rec_terms *t);
/* The next n bytes of postings.h, from *off on. */
int rec_postings(struct rec_check *c, const struct stream_rec *r, uint64_t *off, const uint8_t **p,
		 size_t *n, struct err *e) MUST_CHECK;
void put_postings(struct buf *b, uint64_t off, const void *p, size_t n);

/*
 * Changes to an index. What refers to the base or to a file's size is checked as numbers alone here:
 * who has the base proves that its chunk and file is there, and that spans lie in their file.
 */
enum { REC_KEPT_BYTES = 40 };
struct rec_kept {
	uint32_t chunk;				/* of the base */
	uint8_t hash;				/* passage_hash() */
	uint64_t off_bytes, len_bytes;		/* as in struct rec_chunk */
	uint64_t sub_off_bytes, sub_len_bytes;
};
/* The byte that stands for a passage's text. */
uint8_t passage_hash(const char *text, size_t n);
/* first chunk and the bytes of the n chunks from there on */
int rec_hashes(struct rec_check *c, const struct stream_rec *r, uint64_t *first, const uint8_t **p,
	       size_t *n, struct err *e) MUST_CHECK;
/* n runs of copies.h, 12 bytes each; what they say of each other is for copies_check() */
int rec_copies(struct rec_check *c, const struct stream_rec *r, const uint8_t **p, size_t *n,
	       struct err *e) MUST_CHECK;
/* the n u32 little-endian files of the base, ascending, all records together */
int rec_gone(struct rec_check *c, const struct stream_rec *r, const uint8_t **p, size_t *n,
	     struct err *e) MUST_CHECK;
/* n times REC_KEPT_BYTES for kept_get(); a file's come in one record or in several in a row */
int rec_kept(struct rec_check *c, const struct stream_rec *r, uint64_t *file, const uint8_t **p,
	     size_t *n, struct err *e) MUST_CHECK;
void kept_get(const uint8_t p[REC_KEPT_BYTES], struct rec_kept *k);
void kept_put(uint8_t p[REC_KEPT_BYTES], const struct rec_kept *k);
/* Whole lists as records of up to 1 MiB; body is scratch. kept: n times REC_KEPT_BYTES. */
int hashes_send(const uint8_t *hash, size_t n, struct stream_out *out, struct buf *body,
		struct err *e) MUST_CHECK;
int gone_send(const uint32_t *file, size_t n, struct stream_out *out, struct buf *body,
	      struct err *e) MUST_CHECK;
int kept_send(uint64_t file, const uint8_t *kept, size_t n, struct stream_out *out,
	      struct buf *body, struct err *e) MUST_CHECK;
void put_hashes(struct buf *b, uint64_t first, const uint8_t *p, size_t n);
void put_anchors(struct buf *b, const struct rec_anchors *a);
void put_assign(struct buf *b, uint64_t first, const uint8_t *p, size_t n);
void put_codebook(struct buf *b, const struct rec_codebook *k);
void put_codes(struct buf *b, uint64_t first, const uint8_t *p, size_t n, size_t m);

#endif
