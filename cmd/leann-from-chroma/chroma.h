/* chroma: a store of Chroma: its collections, the records of one, and their embeddings. */
#ifndef LEANN_CMD_CHROMA_H
#define LEANN_CMD_CHROMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/names.h"
#include "db.h"
#include "fmt/spool.h"
#include "port/hnsw_file.h"

enum { CHROMA_ID_BYTES = 36 };		/* of collections and segments: UUIDs */

struct collection {
	char id[CHROMA_ID_BYTES + 1];
	char *name, *database;
	size_t dim;			/* 0: nothing was added yet */
	char vectors[CHROMA_ID_BYTES + 1], records[CHROMA_ID_BYTES + 1];	/* segments; "": none */
	bool vectors_known;		/* that segment is of the kind that hnsw_file.h reads */
	char *model;			/* of its embedding function, "" where it has none that is known; owned */
	uint64_t n;			/* records */
};
void collection_release(struct collection *c);

/* schema.c. Is it a store of a Chroma that is known here? */
int chroma_check(struct db *d, struct err *e) MUST_CHECK;
/* All of them, by name and database, into *list: the caller's to release and free. */
int chroma_collections(struct db *d, struct collection **list, size_t *n, struct err *e) MUST_CHECK;
/* The one of that name, and database unless it is NULL; ERR_DATA: none, or several. */
int chroma_find(struct db *d, const char *name, const char *database, struct collection *c,
		struct err *e) MUST_CHECK;

/* rows.c: the records, in the order in which they were added, in a file without a name. */
struct records {
	int fd;
	size_t n;
	uint64_t *end;			/* (n) where each line ends, record_line.h; they follow each other */
	size_t cap;
	struct names ids;		/* id -> number, from 0 */
};
#define RECORDS_INIT {.fd = -1, .ids = NAMES_INIT}
int records_read(struct db *d, const struct collection *c, struct records *r, struct err *e) MUST_CHECK;
/* Line i into b. */
int records_line(const struct records *r, size_t i, struct buf *b, struct err *e) MUST_CHECK;
void records_release(struct records *r);

/*
 * vectors.c: where the embedding of each record is: in the files of the segment, or among the changes that the
 * segment's files do not have yet, which are in a queue.
 */
struct vectors {
	struct hnsw_file hnsw;
	struct spool queue;
	int64_t *at;			/* (n) of each record: i of hnsw, or ~i of queue */
	size_t n;
	char *why_not;			/* it cannot be known which embedding is whose, because...; NULL: it is */
};
#define VECTORS_INIT {.queue = SPOOL_INIT}
/* dir: the folder that the store is in. */
int vectors_find(struct db *d, const char *dir, const struct collection *c, struct records *r,
		 struct vectors *v, struct err *e) MUST_CHECK;
/* Of record i, dim floats as Chroma has them. */
int vectors_get(struct vectors *v, size_t i, float *out, struct err *e) MUST_CHECK;
void vectors_release(struct vectors *v);

/*
 * decide.c: are the embeddings taken over? 1: yes; 0: no, and why is said where the user did not ask for that;
 * -1: the user wants it, or the server that says so fails.
 */
struct import_args;
int decide(const struct import_args *a, const struct collection *c, const struct records *r, struct vectors *v,
	   struct err *e) MUST_CHECK;

#endif
