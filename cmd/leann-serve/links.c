/* Connections and their clocks; see links.h. */
#include "links.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>

#include "base/mem.h"
#include "base/progress.h"

struct link {
	struct link *next, **at;
	int fd;
	_Atomic double since_s;		/* below 0: not their turn */
};

struct links {
	pthread_mutex_t lock;		/* of the list and stop */
	pthread_cond_t wake;
	pthread_t thread;
	struct link *first;
	double limit_s;
	bool stop;
};

static void *cut_slow_ones(void *arg)
{
	struct links *l = arg;
	pthread_mutex_lock(&l->lock);
	while (!l->stop) {
		struct timespec t;
		double now = now_s();
		for (struct link *x = l->first; x; x = x->next) {
			double since = atomic_load(&x->since_s);
			if (since >= 0 && now - since > l->limit_s)
				shutdown(x->fd, SHUT_RDWR);
		}
		clock_gettime(CLOCK_REALTIME, &t);
		t.tv_sec++;
		pthread_cond_timedwait(&l->wake, &l->lock, &t);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

struct links *links_new(double limit_s, struct err *e)
{
	struct links *l = mem_calloc(1, sizeof *l);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->wake, NULL);
	l->limit_s = limit_s;
	errno = pthread_create(&l->thread, NULL, cut_slow_ones, l);
	if (!errno)
		return l;
	err_sys(e, "cannot start a thread");
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->wake);
	mem_free(l);
	return NULL;
}

void links_free(struct links *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->wake);
	mem_free(l);
}

struct link *links_add(struct links *l, int fd)
{
	struct link *x = mem_calloc(1, sizeof *x);
	x->fd = fd;
	atomic_init(&x->since_s, now_s());
	pthread_mutex_lock(&l->lock);
	x->next = l->first;
	x->at = &l->first;
	if (x->next)
		x->next->at = &x->next;
	l->first = x;
	pthread_mutex_unlock(&l->lock);
	return x;
}

void links_drop(struct links *l, struct link *x)
{
	pthread_mutex_lock(&l->lock);
	*x->at = x->next;
	if (x->next)
		x->next->at = x->at;
	pthread_mutex_unlock(&l->lock);
	mem_free(x);
}

void link_rest(struct link *x)
{
	atomic_store(&x->since_s, -1);
}

void link_hurry(struct link *x)
{
	atomic_store(&x->since_s, now_s());
}
