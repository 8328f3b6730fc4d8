/*
 * job: a request from the moment it comes until its reply is sent, and lists of them, first in, first out.
 *
 *	struct job *j = job_new(&msg, &req);		takes over the bytes of both
 *	jobs_push(&list, j); j = jobs_pop(&list);
 *	job_reply(j, info, &b);
 *	job_free(j);
 */
#ifndef LEANN_GATEWAY_JOB_H
#define LEANN_GATEWAY_JOB_H

#include "fetch.h"

struct job {
	struct job *next;
	struct zpeer from;
	struct buf body;		/* the texts point into it */
	struct wire_req req;
	struct fetch_job f;
	size_t n_bytes;
	bool small, failed;
	struct err why;
};

struct jobs {
	struct job *head, **tail;
};

struct job *job_new(struct zmsg *m, struct wire_req *r);
void job_free(struct job *j);
/* The rows of f.out as the request wants them. */
void job_reply(const struct job *j, const struct wire_info *i, struct buf *out);

void jobs_init(struct jobs *l);
void jobs_push(struct jobs *l, struct job *j);
struct job *jobs_pop(struct jobs *l);		/* NULL: there is none */

#endif
