/*
 * job: a request from the moment it waits for the encoder until its reply is whole.
 *
 *	struct job *j = job_new(&w, &msg, &req);		takes over the bytes of both
 *	n = work_slice(&w, part);				one call of the encoder
 *	job_of(part[i].job)->reply				whole when job_ready()
 *	job_free(j);
 *
 * Rows go from the encoder's output straight into the reply's bytes.
 */
#ifndef LEANN_EMBED_SERVER_JOB_H
#define LEANN_EMBED_SERVER_JOB_H

#include "base/par.h"
#include "fmt/wire.h"
#include "nn/encoder.h"
#include "numbered.h"
#include "queue.h"
#include "sys/zsock.h"

struct job {
	struct queue_job q;		/* first, so that the queue's jobs are ours */
	struct zpeer from;
	struct buf body;		/* the texts point into it */
	struct wire_req req;
	struct buf reply;		/* grows with every slice */
	struct numbered_kept kept;	/* texts of passages that were asked for by number */
	float *distances;		/* (req.n_numbers) of WIRE_OFFICIAL_DISTANCES, else NULL */
	uint64_t n_tokens, n_cut;
	bool failed;
	struct err why;
};

struct work {
	struct encoder *enc;
	struct par *par;
	struct wire_info *info;		/* dim and max_tokens are read, n_texts and n_tokens kept */
	struct numbered *numbered;	/* NULL: no index was given */
	struct queue queue;
	float *rows;			/* (QUEUE_SLICE_TEXTS, dim) of the slice under way */
};

void work_init(struct work *w, struct encoder *enc, struct par *par, struct wire_info *info);
void work_release(struct work *w);	/* jobs that still wait are freed */
/* Encode the next slice; which texts these were into part (QUEUE_SLICE_TEXTS). 0: none wait. */
size_t work_slice(struct work *w, struct queue_part *part);

/*
 * Of an embed request, native or official, or a rerank one; m->body and r are empty afterwards. Of
 * one by number, with the texts that kept has (NULL for others), which is empty afterwards too; it
 * may have no text at all, and is ready then.
 */
struct job *job_new(const struct work *w, struct zmsg *m, struct wire_req *r,
		    struct numbered_kept *kept);
void job_free(struct job *j);
static inline struct job *job_of(struct queue_job *q)
{
	return (struct job *)q;		/* its first member */
}
/* Every text is encoded, or one cannot be. */
static inline bool job_ready(const struct job *j)
{
	return j->failed || j->q.n_done == j->q.n_texts;
}

#endif
