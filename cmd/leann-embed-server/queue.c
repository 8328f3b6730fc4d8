/* The order of work; see queue.h. */
#include "queue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	COST_TEXT = 8,			/* special tokens, in bytes of text */
	COST_TAIL = 64,			/* bytes behind the token limit are tokenised, no more */
};
_Static_assert((int)QUEUE_JOBS_MAX <= (int)QUEUE_SLICE_TEXTS, "a slice has room for a part a job");

/* In bytes of text. */
double queue_cost(const struct queue *q, const struct wire_text *t)
{
	size_t n = t->n < q->text_bytes_max ? t->n : q->text_bytes_max;
	return COST_TEXT + (double)n + (double)(t->n - n) / COST_TAIL;
}

/* Of text i, with the question that it is scored for. */
static double cost_of(const struct queue *q, const struct queue_job *j, size_t i)
{
	return queue_cost(q, &(struct wire_text){NULL, j->texts[i].n + j->pair_bytes});
}

static double lately(const struct queue_peer *p, double now_s)
{
	return p->lately_s > 0 ? p->lately_s * exp2((p->at_s - now_s) / QUEUE_HALF_LIFE_S) : 0;
}

/* The peer of that number; a new one takes the place of the idle one that had least. */
static struct queue_peer *find_peer(struct queue *q, uint64_t key)
{
	struct queue_peer *old = NULL;
	for (size_t i = 0; i < q->n_peers; i++) {
		struct queue_peer *p = &q->peer[i];
		if (p->key == key)
			return p;
		if (!p->n_jobs && (!old || lately(p, old->at_s) < old->lately_s))
			old = p;
	}
	if (q->n_peers < QUEUE_PEERS_MAX)
		old = &q->peer[q->n_peers++];
	*old = (struct queue_peer){.key = key};
	return old;
}

static int check_room(struct queue *q, const struct queue_job *j, struct err *e)
{
	const struct queue_peer *p = j->p;
	bool full = p->n_jobs >= QUEUE_PEER_JOBS_MAX ||
		    (p->n_jobs && p->n_bytes + j->n_bytes > QUEUE_BYTES_MAX / 2);
	if (full)
		return err_set(e, ERR_TEMP, "busy: %zu requests of yours, %zu bytes with their"
			       " answers, wait: ask again later", p->n_jobs, p->n_bytes);
	bool modest = j->small && p->n_jobs < QUEUE_FEW;
	full = q->n_jobs >= (modest ? QUEUE_JOBS_MAX : QUEUE_OPEN_MAX) ||
	       (q->n_jobs && q->n_bytes + j->n_bytes > QUEUE_BYTES_MAX);
	if (full)
		return err_set(e, ERR_TEMP, "busy: %zu requests, %zu bytes with their answers, wait:"
			       " ask again later", q->n_jobs, q->n_bytes);
	return 0;
}

int queue_add(struct queue *q, struct queue_job *j, struct err *e)
{
	size_t n_bytes = 0;
	j->n_done = 0;
	j->cost_left = 0;
	j->merged = false;
	for (size_t i = 0; i < j->n_texts; i++) {
		n_bytes += j->texts[i].n;
		j->cost_left += cost_of(q, j, i);
	}
	j->small = j->n_texts <= QUEUE_SMALL_TEXTS && n_bytes <= QUEUE_SMALL_BYTES;
	j->p = find_peer(q, j->peer);
	if (check_room(q, j, e)) {
		q->n_busy++;
		return -1;
	}
	j->p->n_jobs++;
	j->p->n_bytes += j->n_bytes;
	q->n_bytes += j->n_bytes;
	q->job[q->n_jobs++] = j;
	return 0;
}

void queue_remove(struct queue *q, struct queue_job *j)
{
	size_t i = 0;
	while (q->job[i] != j)
		i++;
	memmove(q->job + i, q->job + i + 1, (q->n_jobs - i - 1) * sizeof *q->job);
	q->n_jobs--;
	q->n_bytes -= j->n_bytes;
	j->p->n_jobs--;
	j->p->n_bytes -= j->n_bytes;
}

/* A job and its place in the queue, for sorting. */
struct entry {
	struct queue_job *j;
	size_t age;
};

/* Every peer's lately_s is of the same time when this is called. */
static int by_turn(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->j->rank != y->j->rank)
		return x->j->rank < y->j->rank ? -1 : 1;
	if (x->j->p->lately_s != y->j->p->lately_s)
		return x->j->p->lately_s < y->j->p->lately_s ? -1 : 1;
	if (x->j->cost_left != y->j->cost_left)
		return x->j->cost_left < y->j->cost_left ? -1 : 1;
	return x->age < y->age ? -1 : 1;
}

static void sort(struct queue *q, double now_s, struct entry *order)
{
	for (size_t i = 0; i < q->n_jobs; i++) {
		struct queue_job *j = q->job[i];
		j->p->lately_s = lately(j->p, now_s);
		j->p->at_s = now_s;
		j->rank = !j->small ? 2 : j->query ? 0 : j->p->lately_s < QUEUE_LITTLE_S ? 1 : 2;
		order[i] = (struct entry){j, i};
	}
	qsort(order, q->n_jobs, sizeof *order, by_turn);
}

/* As many of j's next texts as the slice has room for. */
static size_t take(const struct queue *q, struct queue_job *j, struct queue_part *part,
		   size_t *n_texts, double *room)
{
	*part = (struct queue_part){.job = j, .first = j->n_done};
	while (j->n_done + part->n < j->n_texts && *n_texts < QUEUE_SLICE_TEXTS) {
		double cost = cost_of(q, j, j->n_done + part->n);
		if (cost > *room && *n_texts >= q->n_threads)
			break;
		part->n++;
		part->cost += cost;
		*room -= cost;
		++*n_texts;
	}
	return part->n;
}

/* Always the same texts of a request together. */
static size_t fixed_slice(const struct queue *q, struct queue_job *j, struct queue_part *part)
{
	size_t left = j->n_texts - j->n_done;
	*part = (struct queue_part){.job = j, .first = j->n_done,
				    .n = left < QUEUE_FIXED_TEXTS ? left : QUEUE_FIXED_TEXTS};
	for (size_t i = 0; i < part->n; i++)
		part->cost += cost_of(q, j, part->first + i);
	return 1;
}

/* Of a slice, in cost. */
static double room_for(const struct queue *q)
{
	double call_s = q->scale * q->call_s;
	double slice_s = QUEUE_CALLS * call_s > QUEUE_SLICE_S ? QUEUE_CALLS * call_s : QUEUE_SLICE_S;
	return (slice_s - call_s) / (q->scale * q->s_per_cost);
}

/* Have others had their part of the time since the oldest had his? Short slices count as long. */
static bool oldest_turn(const struct queue *q)
{
	double part_s = q->oldest_s > QUEUE_SLICE_S ? q->oldest_s : QUEUE_SLICE_S;
	return q->others_s >= (QUEUE_SHARE - 1) * part_s;
}

size_t queue_slice(struct queue *q, double now_s, struct queue_part *part)
{
	struct entry order[QUEUE_JOBS_MAX];
	size_t n = 0, n_texts = 0;
	double room = room_for(q);
	if (!q->n_jobs)
		return 0;
	sort(q, now_s, order);
	struct queue_job *lead = oldest_turn(q) ? q->job[0] : order[0].j;
	if (!q->alone)
		return fixed_slice(q, lead, part);
	n += take(q, lead, &part[n], &n_texts, &room) > 0;
	for (size_t i = 0; i < q->n_jobs; i++) {
		struct queue_job *j = order[i].j;
		bool fits = j != lead && j->kind == lead->kind && (j->rank < 2) == (lead->rank < 2);
		if (part[n - 1].first + part[n - 1].n < part[n - 1].job->n_texts)
			break;	/* full */
		if (fits)
			n += take(q, j, &part[n], &n_texts, &room) > 0;
	}
	return n;
}

/* The machine gets other work, or less: follow, but not one slice that was held up. */
static void measure(struct queue *q, double cost, double took_s)
{
	double scale = took_s / (q->call_s + cost * q->s_per_cost);
	if (!(scale > 0))
		return;
	if (scale > 4 * q->scale)
		scale = 4 * q->scale;
	q->scale += .3 * (scale - q->scale);
}

void queue_done(struct queue *q, const struct queue_part *part, size_t n, double now_s,
		double took_s)
{
	double cost = 0;
	bool oldest = false;
	for (size_t i = 0; i < n; i++)
		cost += part[i].cost;
	for (size_t i = 0; i < n; i++) {
		struct queue_job *j = part[i].job;
		j->n_done += part[i].n;
		j->cost_left -= part[i].cost;
		j->p->lately_s = lately(j->p, now_s) + took_s * part[i].cost / cost;
		j->p->at_s = now_s;
		oldest |= j == q->job[0];
		q->n_merged += n > 1 && !j->merged;
		j->merged |= n > 1;
	}
	if (oldest)
		q->oldest_s = took_s;
	q->others_s = oldest ? 0 : q->others_s + took_s;
	q->n_batches++;
	measure(q, cost, took_s);
}
