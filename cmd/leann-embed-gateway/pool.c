/* Waiting requests and the threads that ask; see pool.h. */
#include "pool.h"

#include <errno.h>
#include <time.h>

#include "base/mem.h"
#include "job.h"
#include "wake.h"

enum {
	THREADS_MAX = 65,
	JOBS_MAX = 256,			/* that wait or are under way */
	BYTES_MAX = 128 << 20,		/* of requests and their answers */
	END_MS = 300,			/* for threads to end */
};

struct pool {
	struct fetch *f;
	struct wire_info *info;
	struct wake wake;
	pthread_t thread[THREADS_MAX];
	size_t n_threads, n_open, n_bytes;	/* the last two are the main thread's */
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct jobs small, large, done;
	size_t n_ended;
	bool stop;
};

struct worker {
	struct pool *p;
	bool small_only;
};

static struct job *next_job(struct pool *p, bool small_only)
{
	struct job *j = NULL;
	pthread_mutex_lock(&p->lock);
	while (!p->stop && !(j = jobs_pop(&p->small)) && (small_only || !(j = jobs_pop(&p->large))))
		pthread_cond_wait(&p->more, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return j;
}

static void *work_on(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->p;
	struct conn *c = conn_new(p->f->c);
	for (struct job *j; (j = next_job(p, w->small_only));) {
		j->f.out = mem_array(j->f.n * p->f->dim, sizeof *j->f.out);
		j->failed = fetch_rows(p->f, c, &j->f, &j->why) != 0;
		pthread_mutex_lock(&p->lock);
		jobs_push(&p->done, j);
		pthread_mutex_unlock(&p->lock);
		wake_up(&p->wake);
	}
	conn_free(c);
	mem_free(w);
	pthread_mutex_lock(&p->lock);
	p->n_ended++;
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* ---- what the loop calls ---- */

static void count(void *ctx)
{
	struct pool *p = ctx;
	gate_counts(&p->f->gate, &p->info->n_batches, &p->info->n_busy);
	p->info->queue = p->n_open;
}

static const char *prefix_of(const struct pool *p, const struct wire_req *r)
{
	if (r->op == WIRE_OFFICIAL_EMBED || r->kind == WIRE_RAW)
		return "";
	return r->kind == WIRE_QUERY ? p->info->query_prefix : p->info->document_prefix;
}

static int take(void *ctx, struct embed_serve *s, struct zmsg *m, struct wire_req *r, struct err *e)
{
	struct pool *p = ctx;
	size_t n_bytes = m->body.len + 9 * r->n_texts * p->info->dim;
	struct err why;
	if (p->n_open >= JOBS_MAX || (p->n_open && p->n_bytes + n_bytes > BYTES_MAX)) {
		err_set(&why, ERR_TEMP, "busy: %zu requests, %zu bytes with their answers, wait: ask again later",
			p->n_open, p->n_bytes);
		return embed_serve_busy(s, &m->from, r->id, &why, e);
	}
	struct job *j = job_new(m, r);
	j->n_bytes = n_bytes;
	j->f.prefix = prefix_of(p, &j->req);
	p->n_open++;
	p->n_bytes += n_bytes;
	pthread_mutex_lock(&p->lock);
	jobs_push(j->small ? &p->small : &p->large, j);
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	return 0;
}

static size_t n_open(void *ctx)
{
	return ((struct pool *)ctx)->n_open;
}

static int answer(struct pool *p, struct embed_serve *s, struct job *j, struct err *e)
{
	struct buf b = BUF_INIT;
	if (j->failed)
		return j->f.busy ? embed_serve_busy(s, &j->from, j->req.id, &j->why, e)
				 : embed_serve_err(s, &j->from, j->req.id, &j->why, e);
	job_reply(j, p->info, &b);
	p->info->n_texts += j->f.n;
	p->info->n_tokens += j->f.n_tokens;
	return embed_serve_reply(s, &j->from, &b, e);
}

static int work(void *ctx, struct embed_serve *s, bool *more, struct err *e)
{
	struct pool *p = ctx;
	int r = 0;
	*more = false;
	while (!r) {
		pthread_mutex_lock(&p->lock);
		struct job *j = jobs_pop(&p->done);
		pthread_mutex_unlock(&p->lock);
		if (!j)
			break;
		p->n_open--;
		p->n_bytes -= j->n_bytes;
		r = answer(p, s, j, e);
		job_free(j);
	}
	if (!p->n_open && fetch_leaves(p->f))
		wake_up(&p->wake);	/* told_to_leave() is asked */
	return r;
}

static bool told_to_leave(void *ctx)
{
	struct pool *p = ctx;
	bool leave = wake_told(&p->wake);
	return leave || (!p->n_open && fetch_leaves(p->f));
}

/* Those that no thread has yet are told; what a thread has under way gets no answer. */
static void stop(void *ctx, struct embed_serve *s)
{
	struct pool *p = ctx;
	struct err why;
	err_set(&why, ERR_TEMP, "the gateway stops");
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	for (struct job *j; (j = jobs_pop(&p->small)) || (j = jobs_pop(&p->large));) {
		(void)!embed_serve_err(s, &j->from, j->req.id, &why, NULL);
		job_free(j);
	}
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
}

const struct embed_serve_ops pool_ops = {count, take, n_open, work, told_to_leave, stop};

/* ---- beginning and end ---- */

struct pool *pool_new(struct fetch *f, struct wire_info *info, size_t n_threads, int stop_fd, struct err *e)
{
	struct pool *p = mem_calloc(1, sizeof *p);
	*p = (struct pool){.f = f, .info = info};
	jobs_init(&p->small);
	jobs_init(&p->large);
	jobs_init(&p->done);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	int r = wake_open(&p->wake, stop_fd, e);
	for (size_t i = 0; !r && i <= n_threads && i < THREADS_MAX; i++) {
		struct worker *w = mem_alloc(sizeof *w);
		*w = (struct worker){p, i == n_threads};
		errno = pthread_create(&p->thread[i], NULL, work_on, w);
		if (errno) {
			mem_free(w);
			r = err_sys(e, "cannot start a thread");
		} else {
			p->n_threads++;
		}
	}
	if (!r)
		return p;
	(void)pool_free(p);
	return NULL;
}

int pool_fd(const struct pool *p)
{
	return p->wake.poll_fd;
}

static bool all_ended(struct pool *p)
{
	const struct timespec ms = {0, 1000 * 1000};
	for (size_t i = 0; i < END_MS; i++) {
		pthread_mutex_lock(&p->lock);
		p->stop = true;
		pthread_cond_broadcast(&p->more);
		bool r = p->n_ended == p->n_threads;
		pthread_mutex_unlock(&p->lock);
		if (r)
			return true;
		nanosleep(&ms, NULL);
	}
	return false;
}

bool pool_free(struct pool *p)
{
	if (!all_ended(p))
		return false;
	for (size_t i = 0; i < p->n_threads; i++)
		pthread_join(p->thread[i], NULL);
	for (struct job *j; (j = jobs_pop(&p->done));)
		job_free(j);
	wake_close(&p->wake);
	pthread_cond_destroy(&p->more);
	pthread_mutex_destroy(&p->lock);
	mem_free(p);
	return true;
}
