/*
 * changes: a stream of changes (leann-stream(5), "Changes to an index") held until all of it is
 * there, then laid out with what the base has: what collect.h gives of a whole stream, for all
 * files and chunks that the new index is to have.
 *
 *	if (changes_open(&c->changes, base, &head, e)) ...	the base is the one that the stream names
 *	changes_file(); changes_chunk(); changes_vec(); changes_hashes(); changes_gone();
 *	changes_kept();						as records come
 *	if (changes_lay_out(&c->changes, c, e)) ...
 */
#ifndef LEANN_GRAPH_CHANGES_H
#define LEANN_GRAPH_CHANGES_H

#include <stdbool.h>

#include "fmt/index.h"
#include "fmt/record.h"
#include "fmt/spool.h"
#include "fmt/stream.h"

struct collect;

enum { KEPT_BYTES = REC_KEPT_BYTES };

/* A file of the stream, with what it has. */
struct held {
	struct rec_file f;		/* path and lang: see at */
	size_t path_at, lang_at;	/* in names */
	uint64_t text_at;		/* of a document, in the scratch file of texts */
	size_t first_chunk, n_chunks;	/* in chunks */
	size_t first_kept, n_kept;	/* in kept */
	size_t first_meta, n_meta;	/* in metas */
};

struct changes {
	bool on;			/* the stream has changes: all below */
	bool full;			/* all files of the new index are in the stream */
	struct index base;
	uint8_t *gone;			/* (base.n_files) not 0: gone or replaced now */
	struct buf files;		/* struct held each */
	struct buf names;		/* their paths and languages */
	struct buf chunks;		/* struct rec_chunk each, without texts */
	struct buf hashes;		/* of these */
	struct meta_places metas;	/* by file */
	struct buf kept;		/* 40 bytes each, by file */
	struct spool vecs;		/* of the chunks */
	int text_fd;			/* scratch file of documents' texts; -1: none yet */
	uint64_t n_text_bytes;
	/* what the layout came to */
	size_t n_old;			/* chunks of the base that stay where they are */
	size_t n_embedded, n_kept;	/* of the chunks behind them */
	struct buf exact;		/* a byte a chunk behind them: 1 embedded, 0 kept */
};

/* head: with key base. base: path of the index that has to be it. */
int changes_open(struct changes *x, const char *base, const struct shead *head,
		 struct err *e) MUST_CHECK;
void changes_release(struct changes *x);

void changes_file(struct changes *x, const struct rec_file *f);
/* Takes m over. */
void changes_meta(struct changes *x, uint64_t off, uint64_t sub_off, struct meta *m);
/* The next bytes of the latest document's text; n bytes of the scratch file, appended to out. */
int changes_text(struct changes *x, const uint8_t *p, size_t n, struct err *e) MUST_CHECK;
int changes_text_get(const struct changes *x, uint64_t off, size_t n, struct buf *out,
		     struct err *e) MUST_CHECK;
void changes_chunk(struct changes *x, const struct rec_chunk *k);
int changes_gone(struct changes *x, const uint8_t *p, size_t n, struct err *e) MUST_CHECK;
int changes_kept(struct changes *x, uint64_t file, const uint8_t *p, size_t n,
		 struct err *e) MUST_CHECK;

/*
 * Files, chunks, codes, hashes and languages of the new index into c. Into c->spool go the vectors
 * of the chunks that are not where they were, in their order: of kept ones what their codes stand
 * for.
 */
int changes_lay_out(struct changes *x, struct collect *c, struct err *e) MUST_CHECK;

static inline struct held *held_at(const struct changes *x, size_t i)
{
	return (struct held *)(void *)x->files.p + i;
}
static inline size_t n_held(const struct changes *x)
{
	return x->files.len / sizeof(struct held);
}

/* Is there anything that the base does not have? */
bool changes_any(const struct changes *x);

#endif
