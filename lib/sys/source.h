/*
 * source: the passages of an index, read again from the files they were cut from.
 *
 *	struct source *s; struct source_passage p = SOURCE_PASSAGE_INIT;
 *	if (source_open(&ix, &opts, &s, e)) return -1;
 *	if (source_passage(s, i_chunk, &p, e)) ...	-1: the index is damaged, or no file can be read
 *	if (p.status == SOURCE_FRESH) ... p.text ...
 *	source_passage_release(&p); source_free(s);
 *
 * A text is given only when the whole file has the size and XXH3-64 that the index
 * says; of a document, whose text is in the index, when its file has the size and time, else
 * XXH3-64. The last few files stay in memory: ask in the order of the chunks.
 *
 * A file that is gone, or that its permissions keep from us, is a status. What says nothing of the
 * file is an error: a device that fails, no more memory, too many open files.
 */
#ifndef LEANN_SYS_SOURCE_H
#define LEANN_SYS_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "fmt/index.h"

struct source;

/* Of a passage in its file; source_opts.cut() gives an array of them. */
struct source_span {
	size_t off_bytes, len_bytes;
};

struct source_opts {
	const char *root;	/* the files are below this directory now; NULL: where they were */
	/*
	 * For an index without spans: those of file f, whose n bytes are as they were indexed, into
	 * out, appended. NULL: such an index is refused.
	 */
	int (*cut)(void *ctx, const struct index_file *f, const uint8_t *bytes, size_t n,
		   struct buf *out, struct err *e);
	void *cut_ctx;
};

/* Values stay inside one process. */
enum source_status {
	SOURCE_FRESH,
	SOURCE_CHANGED,		/* other bytes than were indexed */
	SOURCE_MISSING,		/* no regular file there */
	SOURCE_UNREADABLE,	/* it is there, and we may not read it */
	SOURCE_RECUT,		/* as it was, but cut again it gives other passages */
};

/* What became of such a file: "changed since it was indexed". */
const char *source_status_text(enum source_status st);

struct source_passage {
	enum source_status status;
	struct index_chunk at;		/* its file; where SOURCE_FRESH its span, too */
	struct buf path;		/* root, "/", path below it; a stored file: its name */
	size_t off_rel;			/* in path: of the path below the root */
	struct buf id;			/* of the record in a file of records; else empty */
	/* SOURCE_FRESH only */
	struct buf text;		/* UTF-8; what is embedded: source_embedded() */
	uint64_t first_line, last_line;	/* from 1; the last one with text */
	/*
	 * The whole of it, until the next source_passage(): UTF-8 where the file is (broken bytes as they
	 * are), else decoded; the passage begins at off_whole.
	 */
	const uint8_t *whole;
	size_t n_whole, off_whole;
};
#define SOURCE_PASSAGE_INIT {.status = SOURCE_MISSING}

/* ix outlives *out. ERR_USAGE: another root for an index that has several. */
int source_open(const struct index *ix, const struct source_opts *o, struct source **out,
		struct err *e) MUST_CHECK;
void source_free(struct source *s);
/* Files are read again from now on: those in memory may have changed since. */
void source_forget(struct source *s);
/* File i of the index is one that we may not read; why: "PATH: Permission denied". */
void source_note_unreadable(struct source *s, size_t file, const char *why);
/* Such files since source_forget(), those noted included; *why: of the first, until then; "": none. */
size_t source_unreadable(const struct source *s, const char **why);
const struct index *source_index(const struct source *s);
/* The directory that stands for the index's root; NULL: that itself. */
const char *source_root(const struct source *s);
/* Chunk i_chunk (below ix->n_chunks) into out, whose buffers are used again. */
int source_passage(struct source *s, size_t i_chunk, struct source_passage *out,
		   struct err *e) MUST_CHECK;
void source_passage_release(struct source_passage *p);
/*
 * Append what is embedded of chunk i_chunk, that source_passage() gave as p, SOURCE_FRESH: its text, after
 * the line that says where it is, where the index was made with one (context.h).
 */
int source_embedded(struct source *s, size_t i_chunk, const struct source_passage *p, struct buf *out,
		    struct err *e) MUST_CHECK;
/* Was it made with such lines? */
bool source_places(const struct source *s);
/*
 * The span of chunk i_chunk alone: 1, or 0 where it is not known, as the index has none and the file
 * is not what it was, or -1.
 */
int source_span(struct source *s, size_t i_chunk, struct index_chunk *c, struct err *e) MUST_CHECK;
/*
 * Where line `line` (from 1) is in the file of chunk i_chunk, LF included, as spans are counted: 1, or
 * 0 where the file is not fresh or has fewer lines, or -1.
 */
int source_line(struct source *s, size_t i_chunk, uint64_t line, size_t *from, size_t *to,
		struct err *e) MUST_CHECK;

#endif
