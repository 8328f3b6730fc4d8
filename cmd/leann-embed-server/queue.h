/*
 * queue: which texts are encoded next, of all requests that wait. Arithmetic alone: no socket,
 * no encoder, and the time is given.
 *
 *	struct queue q = {.alone = true, .n_threads = 2, .text_bytes_max = 1280, .scale = 1,
 *			  .call_s = .001, .s_per_cost = 1e-6};
 *	if (queue_add(&q, &job, e)) ...			ERR_TEMP: full
 *	n = queue_slice(&q, now_s, part);		texts of one kind, for one call
 *	queue_done(&q, part, n, now_s, took_s);		jobs with n_done == n_texts are ready
 *	queue_remove(&q, &job);
 *
 * Small requests of kind query go first, then small ones of peers that had little of the encoder
 * lately, then the rest; among equals the peer that had least lately, of its requests the one with
 * least left, then the oldest. A QUEUE_SHARE-th of the time goes to the oldest request. A slice is
 * filled with texts of the same kind and urgency, of any peer, for about QUEUE_SLICE_S, or
 * QUEUE_CALLS times what a call costs whatever is in it, by the speed measured so far; with a text
 * for every thread at least.
 */
#ifndef LEANN_EMBED_SERVER_QUEUE_H
#define LEANN_EMBED_SERVER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "fmt/wire.h"

enum {
	QUEUE_JOBS_MAX = 256,		/* requests that wait, of all peers */
	QUEUE_OPEN_MAX = 192,		/* the places over that are for small ones ... */
	QUEUE_FEW = 4,			/* ... of peers that have fewer than that waiting */
	QUEUE_PEER_JOBS_MAX = 64,	/* of one peer */
	QUEUE_BYTES_MAX = 128 << 20,	/* of requests and their answers; of one peer half of it */
	QUEUE_PEERS_MAX = 2 * QUEUE_JOBS_MAX,	/* remembered; over JOBS_MAX, so that one is idle */
	QUEUE_SMALL_TEXTS = 64,		/* what a search sends at once: EMBED_BATCH_TEXTS, _BYTES */
	QUEUE_SMALL_BYTES = 16 << 10,
	QUEUE_SHARE = 4,		/* of the time, for the oldest: a quarter */
	QUEUE_SLICE_TEXTS = 256,
	QUEUE_FIXED_TEXTS = 64,		/* where a text's bytes depend on those beside it */
};
#define QUEUE_SLICE_S .010		/* what a question waits for the slice under way */
#define QUEUE_CALLS 3			/* so a third of the time at most goes to what a call costs */
#define QUEUE_HALF_LIFE_S 1.		/* in which what a peer had lately is half forgotten */
#define QUEUE_LITTLE_S .5		/* of encoding lately; one that never stops comes to 1.44 */

struct queue_peer {
	uint64_t key;
	size_t n_jobs, n_bytes;		/* of its requests that wait */
	double lately_s, at_s;		/* encoding for it, halved every QUEUE_HALF_LIFE_S; as of at_s */
};

struct queue_job {
	/* the caller's */
	uint64_t peer;			/* a number for who asks */
	const struct wire_text *texts;
	size_t n_texts;
	unsigned kind;			/* texts of one kind may share a call */
	bool query;
	size_t n_bytes;			/* held while it waits */
	size_t pair_bytes;		/* of the question that goes with each of the texts; 0: none does */
	/* the queue's */
	size_t n_done;			/* texts */
	double cost_left;
	unsigned rank;
	struct queue_peer *p;
	bool small, merged;
};

/* Texts first .. first + n - 1 of a job. */
struct queue_part {
	struct queue_job *job;
	size_t first, n;
	double cost;
};

struct queue {
	/* the caller's */
	bool alone;			/* a text's embedding does not depend on those beside it */
	size_t n_threads;
	size_t text_bytes_max;		/* bytes that the model's token limit has room for, about */
	double call_s, s_per_cost;	/* what a call takes by itself, and a queue_cost() of 1 */
	double scale;			/* 1; then how much longer slices take than these say */
	/* the queue's */
	struct queue_job *job[QUEUE_JOBS_MAX];	/* oldest first */
	size_t n_jobs, n_bytes;
	struct queue_peer peer[QUEUE_PEERS_MAX];
	size_t n_peers;
	double others_s, oldest_s;	/* slices since the oldest had one, and that one */
	uint64_t n_batches, n_merged, n_busy;
};

/* About proportional to the time that a text takes. */
double queue_cost(const struct queue *q, const struct wire_text *t);
/* j stays the caller's and in place until queue_remove(). -1: full, ERR_TEMP with the numbers. */
int queue_add(struct queue *q, struct queue_job *j, struct err *e) MUST_CHECK;
/* The next slice into part (QUEUE_SLICE_TEXTS); returns how many, 0 when nothing waits. */
size_t queue_slice(struct queue *q, double now_s, struct queue_part *part);
/* The slice was encoded, all of it, in took_s. */
void queue_done(struct queue *q, const struct queue_part *part, size_t n, double now_s,
		double took_s);
void queue_remove(struct queue *q, struct queue_job *j);

#endif
