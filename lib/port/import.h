/*
 * import: records of other stores as a stream: stored files of JSON Lines, a passage a record, what
 * their metadata says for filters, their embeddings where they are taken over, and the tail.
 *
 *	struct import *x;
 *	if (import_open(&opts, 1, "stdout", &x, e)) ...		the header is written
 *	record_line(&line, id, n_id, text, n_text, meta_json, n_meta);
 *	if (import_add(x, line.p, line.len, "books", 7, vec, e)) ...	for each record, in order
 *	if (import_end(x, e)) ...				tail and END
 *	import_close(x);
 *
 * A record is a line {"id", "text", "metadata"}, kept as it is; ids are all different. Records wait until
 * a file is full, at most IMPORT_FILE_BYTES of lines, and are cut nowhere: a text that is longer than the
 * model takes is one passage still. Memory: about 100 MiB, and for each record its id and some 60 bytes.
 */
#ifndef LEANN_PORT_IMPORT_H
#define LEANN_PORT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "sys/embed.h"

enum {
	IMPORT_FILE_BYTES = 8 << 20,	/* lines of a stored file; a longer one has a file to itself */
	IMPORT_NAME_MAX = 200,		/* bytes of opts.name */
};
/* Cosine of an embedding to that of the same text made here: the same model's, whatever its precision. */
#define IMPORT_COSINE_MIN .95

struct import_opts {
	const char *name;		/* stored files are NAME.jsonl, NAME.2.jsonl, ... */
	int64_t mtime_ns;		/* of these */
	const char *model;		/* NULL: the default */
	bool vectors;			/* every record comes with its embedding */
	struct embed_opts embed;	/* vectors: who says which model it is, and checks; model is the one above */
	bool skip_empty;		/* leave out records without text; else they are an error */
	bool lexical;			/* postings, as leann-chunk --lexical */
	size_t n_threads;		/* 0: one a processor */
	const char *prog;		/* for the header */
	size_t n_args;
	char **args;
};

struct import_counts {
	uint64_t n;			/* records in the stream */
	uint64_t n_empty;		/* left out */
	uint64_t n_long;		/* longer than the model takes: embedded to there */
	uint64_t n_meta_lost;		/* some metadata is no field to filter by */
	uint64_t n_copies, n_files, n_bytes, n_checked;
};

struct import;

/* Is it a name of stored files? One component of a path, UTF-8. */
bool import_name_ok(const char *name);

int import_open(const struct import_opts *o, int fd, const char *fd_name, struct import **out,
		struct err *e) MUST_CHECK;
size_t import_dim(const struct import *x);		/* of embeddings: the model's */
/* In errors the record is where:number; where lives until import_end(). vec: dim floats, or NULL. */
int import_add(struct import *x, const void *line, size_t n, const char *where, uint64_t number,
	       const float *vec, struct err *e) MUST_CHECK;
int import_end(struct import *x, struct err *e) MUST_CHECK;
const struct import_counts *import_counts(const struct import *x);
/* Tell the reader of the stream; x may be NULL. */
void import_fail(struct import *x, int fd, const struct err *why);
void import_close(struct import *x);

/* The vector of length 1 in its direction: ERR_DATA where it has none or a number is not finite. */
int import_normalise(float *vec, size_t dim, struct err *e) MUST_CHECK;
/*
 * Does vec, of length 1, agree with the embedding of text made here? *cosine says how much. ERR_DATA is for
 * the server's errors alone.
 */
int import_cosine(struct embed *h, const char *text, size_t n, const float *vec, double *cosine,
		  struct err *e) MUST_CHECK;

#endif
