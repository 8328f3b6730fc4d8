/* A queue and its threads; see work.h. */
#include "work.h"

#include <errno.h>
#include <pthread.h>

#include "base/mem.h"

struct worker {
	struct work *w;
	size_t i;
	pthread_t thread;
};

struct work {
	pthread_mutex_t lock;		/* of all below */
	pthread_cond_t more;
	struct job *first, **last;
	size_t n_queued, queue_max;
	bool stop;
	struct worker *worker;		/* (n_workers) */
	size_t n_workers;
};

static void *run(void *arg)
{
	struct worker *me = arg;
	struct work *w = me->w;
	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->first && !w->stop)
			pthread_cond_wait(&w->more, &w->lock);
		struct job *j = w->first;
		if (!j)
			break;
		w->first = j->next;
		if (!w->first)
			w->last = &w->first;
		w->n_queued--;
		pthread_mutex_unlock(&w->lock);
		j->run(j, me->i);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct work *work_new(size_t n_workers, size_t queue_max, struct err *e)
{
	struct work *w = mem_calloc(1, sizeof *w);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	w->last = &w->first;
	w->queue_max = queue_max;
	w->worker = mem_calloc(n_workers, sizeof *w->worker);
	for (; w->n_workers < n_workers; w->n_workers++) {
		struct worker *me = &w->worker[w->n_workers];
		*me = (struct worker){.w = w, .i = w->n_workers};
		errno = pthread_create(&me->thread, NULL, run, me);
		if (errno) {
			err_sys(e, "cannot start a thread");
			work_free(w);
			return NULL;
		}
	}
	return w;
}

void work_stop(struct work *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->more);
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < w->n_workers; i++)
		pthread_join(w->worker[i].thread, NULL);
	w->n_workers = 0;
}

void work_free(struct work *w)
{
	if (!w)
		return;
	work_stop(w);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->more);
	mem_free(w->worker);
	mem_free(w);
}

bool work_push(struct work *w, struct job *j)
{
	pthread_mutex_lock(&w->lock);
	bool room = w->n_queued < w->queue_max && !w->stop;
	if (room) {
		j->next = NULL;
		*w->last = j;
		w->last = &j->next;
		w->n_queued++;
		pthread_cond_signal(&w->more);
	}
	pthread_mutex_unlock(&w->lock);
	return room;
}

size_t work_n_queued(struct work *w)
{
	pthread_mutex_lock(&w->lock);
	size_t n = w->n_queued;
	pthread_mutex_unlock(&w->lock);
	return n;
}
