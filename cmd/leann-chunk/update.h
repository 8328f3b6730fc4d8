/*
 * update: what changed since an index was made, as a stream of changes (leann-stream(5)).
 *
 * A source that may have changed goes through files.c or records.c as ever. There update_same() says
 * whether the index has its bytes; if so update_whole() keeps all its passages, else they are
 * collected by emit_file() and emit_chunk(), and update_file_end() writes those that the index does
 * not have. What is written waits in two files without names until it is known which files are gone.
 */
#ifndef LEANN_CMD_UPDATE_H
#define LEANN_CMD_UPDATE_H

#include "base.h"
#include "chunk.h"

/* Of a file of the index. */
enum { FILE_UNMET, FILE_STAYS, FILE_REPLACED, FILE_GONE };

struct piece {				/* a passage of the file at hand */
	struct rec_chunk c;		/* text and ext_id are not in it */
	size_t text_at, id_at;		/* in texts */
	bool has_id;
};

struct report {				/* one line of --dry-run */
	char mark;			/* + ~ = > */
	uint32_t from;			/* of > and +: the file of the index with these bytes, or NAMES_NONE */
	char *path;
};

struct update {
	struct base base;
	struct opts from_index;		/* its options and operands */
	char **source;			/* what was asked for: absolute, without links; (n_sources) */
	size_t n_sources;
	char **walked;			/* the operands that count, absolute, without links; (n_walked) */
	size_t n_walked;
	bool *dropped;			/* (from_index.n_args) an operand that is a file, and gone */
	bool quiet;
	struct names touched;		/* --git-diff: path -> file that it was, or NAMES_NONE */
	uint8_t *state;			/* (ix.n_files) */
	bool *written;			/* (ix.n_files) --full: is in the stream, as it was */
	/* the file at hand */
	const struct source *src;
	struct rec_file file;
	const struct buf *raw;
	struct piece *piece;
	size_t n_pieces, cap_pieces;
	struct meta_places metas;
	struct meta_reader *meta;	/* of the index; NULL: it has none */
	struct buf texts, kept;		/* kept: REC_KEPT_BYTES a passage */
	/* written so far */
	int body_fd, kept_fd;
	struct stream_out body, kept_out;
	struct report *line;
	size_t n_lines, cap_lines;
	uint64_t n_all;			/* passages of the files so far, kept or not */
	/* counts */
	uint64_t n_looked, n_read, n_changed, n_added, n_moved, n_touched, n_gone, n_kept;
};

/* update_open.c: the index, and where its arguments count, what they say into c. */
int update_open(struct chunker *k, struct chunk_opts *c, struct opts *o, struct err *e) MUST_CHECK;
/* The operands that count. */
const struct opts *update_operands(const struct update *u, const struct opts *o);
/*
 * An operand of the index's own that is not there: is it a file that the index has or had? Then it is
 * gone like any other; a directory that is not there may be a file system that is not mounted.
 */
bool update_operand_gone(struct update *u, const char *operand);
/* The index's arguments, each ended by NUL; with full without operands that are gone. */
void update_args(const struct update *u, bool full, struct buf *out);
/* Are limits and tokenizer those that the index was cut with? */
int update_check(const struct chunker *k, const char *tokenizer, size_t max_tokens,
		 struct err *e) MUST_CHECK;
/* k's context: the index's, in an update; an option says another only where the index keeps no arguments. */
int update_context(struct chunker *k, struct err *e) MUST_CHECK;
void update_head(const struct chunker *k, struct shead *h);
void update_release(struct update *u);

/* update.c: the whole of it, after sources_collect(); head writes the stream's header. */
int update_run(struct chunker *k, int (*head)(void *ctx, struct err *e), void *ctx,
	       struct err *e) MUST_CHECK;
/* The file of the index whose bytes these are, its own before another's. From any thread. */
uint32_t update_same(const struct chunker *k, const struct source *s, const struct rec_file *f);
/*
 * A source that was not asked for, with --full: what the index has of it stays, and its passages are
 * only given with their words if its bytes are still the same.
 */
bool update_passes_by(const struct chunker *k, const struct source *s, uint32_t same);
/*
 * s is a document without text, f without chunks: is that to be written? Not if the index says the
 * same. What it had of the file is gone.
 */
bool update_refused(struct update *u, const struct source *s, const struct rec_file *f, bool full);
/* s was left out; res is how it was read. */
void update_left_out(struct update *u, const struct source *s, enum read_result res);

/* update_look.c */
int update_ask_git(struct chunker *k, struct err *e) MUST_CHECK;
/* Leaves the sources that have to be read; the files of the others stay. After ask_git(). */
void update_look(struct chunker *k);
/* Is a file that the index does not have none that is taken, by its first bytes? From any thread. */
bool update_head_says_no(const struct chunker *k, struct readfile *rf, const struct source *s,
			 bool *binary, bool *unwanted);
/* What of the index was not met is gone, unless it was not asked for or may be there all the same. */
void update_gone(struct chunker *k);

/* update_match.c: the file that the one at hand was: its own, or where git says it came from. */
uint32_t update_before(const struct update *u);
/* from[i]: the chunk of the index that piece i is, or ALIGN_NONE. */
int update_match(const struct chunker *k, uint32_t *from, struct err *e) MUST_CHECK;

/* update_file.c: one file. */
int update_whole(struct chunker *k, const struct source *s, const struct rec_file *f, uint32_t from,
		 const struct buf *raw, struct err *e) MUST_CHECK;
void update_file(struct chunker *k, const struct source *s, const struct rec_file *f,
		 const struct buf *raw);
void update_chunk(struct update *u, const struct rec_chunk *c);
int update_file_end(struct chunker *k, struct err *e) MUST_CHECK;
/* With --full: a file that cannot be read, or is stored, as it is in the index. */
int update_unread(struct chunker *k, uint32_t i, struct err *e) MUST_CHECK;

/* update_report.c */
void update_note(struct update *u, char mark, uint32_t from, const char *path);
void update_report(const struct chunker *k);	/* --dry-run */
void update_summary(const struct chunker *k);	/* -v */

#endif
