/* The thread pool; see par.h. The caller of par_for() is worker 0. */
#define _GNU_SOURCE
#include "base/par.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/progress.h"

/*
 * The items left of the round in the low bits of `work`, the round's number above: who takes one
 * with a compare-and-swap has a share in that very round, and the round cannot end, nor its
 * fields change, before he is done. Who comes late finds nothing left and touches nothing.
 */
#define LEFT_BITS 40
#define LEFT(work) ((work) & ((1ull << LEFT_BITS) - 1))

struct par {
	_Atomic uint64_t work;
	atomic_size_t n_done;		/* items of this round */
	atomic_size_t n_sleeping;	/* workers in cond_wait(start) */
	atomic_bool caller_sleeps;	/* in cond_wait(finish) */
	par_body *body;
	void *ctx;
	size_t n_items;
	size_t n_threads;		/* workers, the caller included */
	pthread_t *threads;		/* n_threads - 1 */
	pthread_mutex_t lock;
	pthread_cond_t start, finish;
	atomic_bool quit;
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

static void pause_cpu(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/*
 * Rounds often follow each other within microseconds, while waking a thread takes tens of them:
 * a thread looks for SPIN_S before it sleeps. No longer, since on a busy machine the one it
 * waits for may not be running.
 */
#define SPIN_S 50e-6
enum { LOOKS = 32 };			/* between two looks at the clock, about 1 us */

static bool spin(struct par *p, bool (*ready)(struct par *p))
{
	for (double end_s = now_s() + SPIN_S; now_s() < end_s;)
		for (int i = 0; i < LOOKS; i++) {
			if (ready(p))
				return true;
			pause_cpu();
		}
	return false;
}

static bool has_work(struct par *p)
{
	return LEFT(atomic_load(&p->work)) || atomic_load(&p->quit);
}

static bool has_finished(struct par *p)
{
	return atomic_load(&p->n_done) == p->n_items;
}

/* Take items until none is left. */
static void drain(struct par *p, size_t i_worker)
{
	for (;;) {
		uint64_t work = atomic_load(&p->work);
		do {
			if (!LEFT(work))
				return;
		} while (!atomic_compare_exchange_weak(&p->work, &work, work - 1));
		size_t n = p->n_items;
		p->body(p->ctx, n - LEFT(work), i_worker);
		if (atomic_fetch_add(&p->n_done, 1) + 1 == n && atomic_load(&p->caller_sleeps)) {
			pthread_mutex_lock(&p->lock);
			pthread_cond_signal(&p->finish);
			pthread_mutex_unlock(&p->lock);
		}
	}
}

static void *worker(void *arg)
{
	struct par_start s = *(struct par_start *)arg;
	struct par *p = s.p;
	mem_free(arg);
	while (!atomic_load(&p->quit)) {
		drain(p, s.i_worker);
		if (spin(p, has_work))
			continue;
		pthread_mutex_lock(&p->lock);
		atomic_fetch_add(&p->n_sleeping, 1);
		while (!has_work(p))
			pthread_cond_wait(&p->start, &p->lock);
		atomic_fetch_sub(&p->n_sleeping, 1);
		pthread_mutex_unlock(&p->lock);
	}
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
	p->body = body;
	p->ctx = ctx;
	p->n_items = n_items;
	atomic_store(&p->n_done, 0);
	atomic_store(&p->work, ((atomic_load(&p->work) >> LEFT_BITS) + 1) << LEFT_BITS | n_items);
	if (atomic_load(&p->n_sleeping)) {
		pthread_mutex_lock(&p->lock);
		pthread_cond_broadcast(&p->start);
		pthread_mutex_unlock(&p->lock);
	}
	drain(p, 0);
	if (spin(p, has_finished))
		return;
	pthread_mutex_lock(&p->lock);
	atomic_store(&p->caller_sleeps, true);
	while (!has_finished(p))
		pthread_cond_wait(&p->finish, &p->lock);
	atomic_store(&p->caller_sleeps, false);
	pthread_mutex_unlock(&p->lock);
}

void par_free(struct par *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	atomic_store(&p->quit, true);
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
