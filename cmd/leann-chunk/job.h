/*
 * job: one file on its way to passages. A thread reads, looks, decodes and cuts it; then it is counted
 * and written by the main thread, in its turn.
 */
#ifndef LEANN_CMD_JOB_H
#define LEANN_CMD_JOB_H

#include "chunk.h"
#include "document.h"
#include "extract.h"
#include "update.h"

struct job {
	const struct source *s;
	struct document doc;
	struct marks marks;
	struct passages ps;
	struct buf words;		/* see tally.c */
	struct file_meta meta;
	enum read_result res;
	const struct lang *lang;
	enum doctype type;
	enum extract_result extracted;
	bool binary, unwanted;
	const char *generated;		/* why it counts as such; NULL: it does not */
	uint32_t same;			/* --update: file of the index with these bytes, or NAMES_NONE */
	uint64_t hash;
	struct err e;
};

/* What a thread has to itself. */
struct worker {
	struct readfile reader;
	struct sums *sums;
};

/* s is set; all else is found. Touches nothing of k that job_write() changes, but for --update's. */
void job_read(struct chunker *k, struct job *j, struct worker *wk, size_t i_worker);
int job_write(struct chunker *k, struct job *j, struct err *e) MUST_CHECK;
void job_release(struct job *j);

#endif
