/* The thread pool; see par.h. The caller of par_for() is worker 0. */
#define _GNU_SOURCE
#include "base/par.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"

struct par {
	pthread_mutex_t lock;
	pthread_cond_t start, finish;
	size_t n_threads;		/* workers, the caller included */
	pthread_t *threads;		/* n_threads - 1 */
	par_body *body;
	void *ctx;
	size_t n_items, n_busy;
	unsigned long round;
	atomic_size_t next;
	bool quit;
};

struct par_start {
	struct par *p;
	size_t i_worker;
};

size_t par_n_processors(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set))
		return 1;
	int n = CPU_COUNT(&set);
	return n > 0 ? (size_t)n : 1;
}

static void drain(struct par *p, size_t i_worker)
{
	for (;;) {
		size_t i = atomic_fetch_add(&p->next, 1);
		if (i >= p->n_items)
			return;
		p->body(p->ctx, i, i_worker);
	}
}

static void *worker(void *arg)
{
	struct par_start s = *(struct par_start *)arg;
	struct par *p = s.p;
	mem_free(arg);
	unsigned long seen = 0;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->round == seen && !p->quit)
			pthread_cond_wait(&p->start, &p->lock);
		if (p->quit)
			break;
		seen = p->round;
		pthread_mutex_unlock(&p->lock);
		drain(p, s.i_worker);
		pthread_mutex_lock(&p->lock);
		if (--p->n_busy == 0)
			pthread_cond_signal(&p->finish);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/*
 * Threads run with signals blocked: handlers belong to the main thread. But for SIGBUS, which
 * is sent to the thread that reads beyond a file that was cut short (map.h).
 */
static void spawn(struct par *p, size_t i_worker)
{
	struct par_start *s = mem_alloc(sizeof *s);
	sigset_t all, old;
	*s = (struct par_start){p, i_worker};
	sigfillset(&all);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int rc = pthread_create(&p->threads[i_worker - 1], NULL, worker, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc) {
		fprintf(stderr, "%s: cannot start thread %zu of %zu: error %d\n",
			err_prog(), i_worker, p->n_threads, rc);
		exit(2);
	}
}

struct par *par_new(size_t n_threads)
{
	if (!n_threads)
		n_threads = par_n_processors();
	struct par *p = mem_calloc(1, sizeof *p);
	p->n_threads = n_threads;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->start, NULL);
	pthread_cond_init(&p->finish, NULL);
	p->threads = mem_calloc(n_threads, sizeof *p->threads);
	for (size_t i = 1; i < n_threads; i++)
		spawn(p, i);
	return p;
}

size_t par_n_threads(const struct par *p)
{
	return p ? p->n_threads : 1;
}

void par_for(struct par *p, size_t n_items, par_body *body, void *ctx)
{
	if (!p || p->n_threads == 1 || n_items < 2) {
		for (size_t i = 0; i < n_items; i++)
			body(ctx, i, 0);
		return;
	}
	pthread_mutex_lock(&p->lock);
	p->body = body;
	p->ctx = ctx;
	p->n_items = n_items;
	atomic_store(&p->next, 0);
	p->n_busy = p->n_threads - 1;
	p->round++;
	pthread_cond_broadcast(&p->start);
	pthread_mutex_unlock(&p->lock);
	drain(p, 0);
	pthread_mutex_lock(&p->lock);
	while (p->n_busy)
		pthread_cond_wait(&p->finish, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void par_free(struct par *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->quit = true;
	pthread_cond_broadcast(&p->start);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 1; i < p->n_threads; i++)
		pthread_join(p->threads[i - 1], NULL);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->start);
	pthread_cond_destroy(&p->finish);
	mem_free(p->threads);
	mem_free(p);
}
