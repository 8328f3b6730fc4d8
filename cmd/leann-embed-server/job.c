/* Texts of requests through the encoder, rows into replies; see job.h. */
#include "job.h"

#include <math.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/progress.h"

enum { BYTES_PER_TOKEN = 5 };	/* of English text; code has fewer */
#define S_PER_COST_MIN 1e-9

/* Seconds for n texts of n_bytes, or 0; *cost: that of the queue. */
static double time_call(struct work *w, size_t n, size_t n_bytes, double *cost)
{
	static const char text[] = "where is the file with the settings read, and what is said of it"
				   " when it is damaged or not there at all?";
	struct encoder_text texts[QUEUE_SLICE_TEXTS];
	struct err ignored;
	double t0_s = now_s();
	n_bytes = n_bytes < sizeof text ? n_bytes : sizeof text - 1;
	for (size_t i = 0; i < n; i++)
		texts[i] = (struct encoder_text){text, n_bytes};
	static const struct encoder_text none[QUEUE_SLICE_TEXTS];
	struct encoder_batch b = {texts, n, ENCODER_RAW, w->rows, NULL,
				  w->info->reranker ? none : NULL};
	*cost = (double)n * queue_cost(&w->queue, &(struct wire_text){text, n_bytes});
	return encoder_embed(w->enc, w->par, &b, &ignored) ? 0 : now_s() - t0_s;
}

/* What a call costs by itself, and by text; the first question then finds all in memory. */
static void calibrate(struct work *w)
{
	struct queue *q = &w->queue;
	size_t n = 4 * q->n_threads < QUEUE_SLICE_TEXTS ? 4 * q->n_threads : QUEUE_SLICE_TEXTS;
	double few, many, few_s = time_call(w, 1, 8, &few), many_s = time_call(w, n, 100, &many);
	double again_s = time_call(w, 1, 8, &few);
	few_s = again_s < few_s ? again_s : few_s;
	if (few_s < many_s)
		q->s_per_cost = (many_s - few_s) / (many - few);
	else
		q->s_per_cost = many_s / many;
	if (q->s_per_cost < S_PER_COST_MIN)
		q->s_per_cost = S_PER_COST_MIN;
	if (few_s > few * q->s_per_cost)
		q->call_s = few_s - few * q->s_per_cost;
}

void work_init(struct work *w, struct encoder *enc, struct par *par, struct wire_info *info)
{
	*w = (struct work){.enc = enc, .par = par, .info = info};
	w->queue.alone = encoder_alone(enc);
	w->queue.n_threads = par_n_threads(par);
	w->queue.text_bytes_max = BYTES_PER_TOKEN * info->max_tokens;
	w->queue.scale = 1;
	w->queue.s_per_cost = S_PER_COST_MIN;
	w->rows = mem_array(QUEUE_SLICE_TEXTS * info->dim, sizeof *w->rows);
	if (w->queue.alone)
		calibrate(w);
}

void work_release(struct work *w)
{
	while (w->queue.n_jobs) {
		struct job *j = job_of(w->queue.job[0]);
		queue_remove(&w->queue, &j->q);
		job_free(j);
	}
	mem_free(w->rows);
}

/* The kinds that the model puts the same before, nothing mostly, are one. */
static enum encoder_kind kind_of(const struct work *w, const struct wire_req *r)
{
	if (r->kind == WIRE_QUERY && *w->info->query_prefix)
		return ENCODER_QUERY;
	if (r->kind == WIRE_DOCUMENT && *w->info->document_prefix)
		return ENCODER_DOCUMENT;
	return ENCODER_RAW;
}

/* Of the official forms a float is a msgpack one. */
static size_t reply_bytes(const struct work *w, const struct wire_req *r)
{
	if (r->op == WIRE_OFFICIAL_DISTANCES)
		return 9 * r->n_numbers;
	return (r->op == WIRE_OFFICIAL_EMBED || r->op == WIRE_OFFICIAL_ROWS ? 5 : 4) * r->n_texts *
	       w->info->dim;
}

/* Passages that have no text are far away. */
static void start_numbered(struct job *j, struct numbered_kept *kept)
{
	j->kept = *kept;
	*kept = (struct numbered_kept)NUMBERED_KEPT_INIT;
	if (j->req.op != WIRE_OFFICIAL_DISTANCES)
		return;
	j->distances = mem_array(j->req.n_numbers, sizeof *j->distances);
	for (size_t i = 0; i < j->req.n_numbers; i++)
		j->distances[i] = NUMBERED_FAR;
	if (!j->req.n_texts)
		wire_put_official_distances(&j->reply, j->distances, j->req.n_numbers);
}

struct job *job_new(const struct work *w, struct zmsg *m, struct wire_req *r,
		    struct numbered_kept *kept)
{
	struct job *j = mem_calloc(1, sizeof *j);
	j->from = m->from;
	j->body = m->body;
	j->req = *r;
	j->q = (struct queue_job){.peer = hash64(m->from.id, m->from.n_id), .texts = r->texts,
				  .n_texts = r->n_texts, .kind = kind_of(w, r),
				  .query = r->op == WIRE_RERANK ||
					   (r->op == WIRE_EMBED && r->kind == WIRE_QUERY),
				  .pair_bytes = r->query.n,
				  .n_bytes = m->body.len + reply_bytes(w, r) +
					     (kept ? kept->bytes.len : 0)};
	if (kept)
		start_numbered(j, kept);
	m->body = (struct buf)BUF_INIT;
	*r = (struct wire_req)WIRE_REQ_INIT;
	return j;
}

void job_free(struct job *j)
{
	wire_req_release(&j->req);
	buf_release(&j->body);
	buf_release(&j->reply);
	numbered_kept_release(&j->kept);
	mem_free(j->distances);
	mem_free(j);
}

static void put_distances(const struct work *w, struct job *j, const struct queue_part *part, const float *v)
{
	for (size_t i = 0; i < part->n; i++)
		j->distances[j->kept.place[part->first + i]] =
			numbered_distance(w->numbered, &j->req, v + i * w->info->dim);
	if (part->first + part->n == j->q.n_texts)
		wire_put_official_distances(&j->reply, j->distances, j->req.n_numbers);
}

/* Rows of a part into the reply, in the form of the request: its head before the first, its tail. */
static void put_rows(const struct work *w, struct job *j, const struct queue_part *part, const float *v)
{
	const struct wire_info *info = w->info;
	switch (j->req.op) {
	case WIRE_OFFICIAL_DISTANCES:
		put_distances(w, j, part, v);
		break;
	case WIRE_OFFICIAL_ROWS:
		if (!part->first)
			wire_put_official_flat_head(&j->reply, j->q.n_texts, info->dim);
		wire_put_official_flat(&j->reply, v, part->n * info->dim);
		break;
	case WIRE_OFFICIAL_EMBED:
		if (!part->first)
			wire_put_official_head(&j->reply, j->q.n_texts, info->dim);
		wire_put_official_rows(&j->reply, v, part->n, info->dim);
		break;
	default:
		if (!part->first)
			wire_put_embed_head(&j->reply, j->req.id, info, j->q.n_texts);
		wire_put_embed_rows(&j->reply, v, part->n, info->dim);
		if (part->first + part->n == j->q.n_texts)
			wire_put_embed_tail(&j->reply, j->n_tokens, j->n_cut);
	}
}

/* n rows from texts first of j on; the first text that has none fails the request. */
static void take_rows(struct work *w, struct job *j, const struct queue_part *part, const float *v,
		      const uint32_t *n_tokens)
{
	const struct wire_info *info = w->info;
	for (size_t i = 0; i < part->n * info->dim; i++)
		if (!isfinite(v[i])) {
			j->failed = true;
			err_set(&j->why, ERR_DATA, "text %zu: the model's answer is not finite",
				part->first + i / info->dim);
			return;
		}
	for (size_t i = 0; i < part->n; i++) {
		j->n_cut += n_tokens[i] > info->max_tokens;
		j->n_tokens += n_tokens[i] < info->max_tokens ? n_tokens[i] : info->max_tokens;
	}
	put_rows(w, j, part, v);
	if (part->first + part->n < j->q.n_texts)
		return;
	w->info->n_texts += j->q.n_texts;
	w->info->n_tokens += j->n_tokens;
}

/* The texts of these parts in one call. */
static int encode(struct work *w, const struct queue_part *part, size_t n, struct err *e)
{
	struct encoder_text texts[QUEUE_SLICE_TEXTS], queries[QUEUE_SLICE_TEXTS];
	uint32_t n_tokens[QUEUE_SLICE_TEXTS];
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		const struct wire_text *query = &job_of(part[i].job)->req.query;
		for (size_t t = 0; t < part[i].n; t++) {
			const struct wire_text *text = &part[i].job->texts[part[i].first + t];
			queries[k] = (struct encoder_text){query->p, query->n};
			texts[k++] = (struct encoder_text){text->p, text->n};
		}
	}
	struct encoder_batch b = {texts, k, (enum encoder_kind)part[0].job->kind, w->rows, n_tokens,
				  w->info->reranker ? queries : NULL};
	if (encoder_embed(w->enc, w->par, &b, e))
		return -1;
	k = 0;
	for (size_t i = 0; i < n; i++) {
		take_rows(w, job_of(part[i].job), &part[i], w->rows + k * w->info->dim,
			  n_tokens + k);
		k += part[i].n;
	}
	return 0;
}

size_t work_slice(struct work *w, struct queue_part *part)
{
	double t0_s = now_s();
	size_t n = queue_slice(&w->queue, t0_s, part);
	struct err why;
	if (!n)
		return 0;
	/* A call that fails is made again for each: nobody's request fails for another's texts. */
	if (encode(w, part, n, &why))
		for (size_t i = 0; i < n; i++) {
			struct job *j = job_of(part[i].job);
			if (n == 1 || encode(w, &part[i], 1, &why)) {
				j->failed = true;
				j->why = why;
			}
		}
	double t1_s = now_s();
	queue_done(&w->queue, part, n, t1_s, t1_s - t0_s);
	return n;
}
