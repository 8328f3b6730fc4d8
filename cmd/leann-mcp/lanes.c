/* Requests that wait, and stdout; see lanes.h. */
#include "lanes.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"

struct waiting {
	struct waiting *next;
	struct mcp_message msg;
	struct mcp_session session;	/* as it was when this came */
	bool cancelled;			/* nobody waits for the answer */
};

struct lane {
	struct lanes *of;
	pthread_t thread;
	pthread_cond_t more;
	struct waiting *first, **last;	/* the one that runs is no longer among them */
	struct waiting *running;
};

enum { SEARCHES, BUILDS, LANES };

struct lanes {
	const struct mcp *m;
	struct catalog *catalog;
	const struct leann_options *o;
	pthread_mutex_t lock;		/* of the lanes, n_waiting, end */
	struct lane lane[LANES];
	size_t n_waiting;
	bool end;
	atomic_bool failed;		/* stdout takes no more */
	struct err why;			/* of out */
};

static pthread_mutex_t out = PTHREAD_MUTEX_INITIALIZER;	/* of stdout; outlives the lanes, for lanes_close() */

void lanes_send(struct lanes *s, struct buf *line)
{
	if (!line->len)
		return;
	buf_addc(line, '\n');
	pthread_mutex_lock(&out);
	if (!s->failed && fd_write(STDOUT_FILENO, "stdout", line->p, line->len, &s->why))
		s->failed = true;
	pthread_mutex_unlock(&out);
}

static void free_waiting(struct waiting *w)
{
	mcp_message_release(&w->msg);
	mem_free(w);
}

/* The next of the lane, or NULL at the end. */
static struct waiting *take(struct lane *l)
{
	struct lanes *s = l->of;
	pthread_mutex_lock(&s->lock);
	while (!l->first && !s->end)
		pthread_cond_wait(&l->more, &s->lock);
	struct waiting *w = l->running = l->first;
	if (w) {
		l->first = w->next;
		if (!l->first)
			l->last = &l->first;
		s->n_waiting--;
		if (l == &s->lane[BUILDS] && s->m->builder)
			builder_begin(s->m->builder);
	}
	pthread_mutex_unlock(&s->lock);
	return w;
}

static void *work(void *arg)
{
	struct lane *l = arg;
	struct lanes *s = l->of;
	struct desk *desk = desk_new(s->catalog, s->o);
	for (struct waiting *w; (w = take(l)); free_waiting(w)) {
		struct buf line = BUF_INIT;
		mcp_answer(s->m, &w->session, desk, NULL, &w->msg, &line);
		pthread_mutex_lock(&s->lock);
		bool unwanted = w->cancelled;
		l->running = NULL;
		pthread_mutex_unlock(&s->lock);
		if (!unwanted)
			lanes_send(s, &line);
		buf_release(&line);
	}
	desk_free(desk);
	return NULL;
}

static bool is(const struct waiting *w, const char *id)
{
	return w && w->msg.id && !strcmp(w->msg.id, id);
}

void lanes_cancel(struct lanes *s, const char *id)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < LANES; i++) {
		struct lane *l = &s->lane[i];
		for (struct waiting **p = &l->first, *w; (w = *p); p = &w->next) {
			if (!is(w, id))
				continue;
			*p = w->next;
			if (!w->next)
				l->last = p;
			s->n_waiting--;
			free_waiting(w);
			break;
		}
		if (is(l->running, id)) {
			l->running->cancelled = true;
			if (i == BUILDS && s->m->builder)
				builder_cancel(s->m->builder);
		}
	}
	pthread_mutex_unlock(&s->lock);
}

bool lanes_push(struct lanes *s, struct mcp_message *msg, struct mcp_session session)
{
	struct lane *l = &s->lane[msg->kind == MCP_BUILD ? BUILDS : SEARCHES];
	pthread_mutex_lock(&s->lock);
	bool room = s->n_waiting < LANES_WAITING_MAX;
	if (room) {
		struct waiting *w = mem_calloc(1, sizeof *w);
		w->msg = *msg;
		w->session = session;
		*l->last = w;
		l->last = &w->next;
		s->n_waiting++;
		pthread_cond_signal(&l->more);
	}
	pthread_mutex_unlock(&s->lock);
	return room;
}

struct lanes *lanes_new(const struct mcp *m, struct catalog *c, const struct leann_options *o, struct err *e)
{
	struct lanes *s = mem_calloc(1, sizeof *s);
	s->m = m;
	s->catalog = c;
	s->o = o;
	pthread_mutex_init(&s->lock, NULL);
	for (size_t i = 0; i < LANES; i++) {
		struct lane *l = &s->lane[i];
		l->of = s;
		l->last = &l->first;
		pthread_cond_init(&l->more, NULL);
		errno = pthread_create(&l->thread, NULL, work, l);
		if (errno) {	/* the program ends */
			err_sys(e, "cannot start a thread");
			return NULL;
		}
	}
	return s;
}

bool lanes_failed(const struct lanes *s)
{
	return s->failed;
}

void lanes_close(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec++;
	(void)pthread_mutex_timedlock(&out, &t);	/* and keeps it */
}

int lanes_finish(struct lanes *s, struct err *e)
{
	if (s->m->builder)
		builder_stop(s->m->builder);
	pthread_mutex_lock(&s->lock);
	s->end = true;
	for (size_t i = 0; i < LANES; i++)
		pthread_cond_signal(&s->lane[i].more);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < LANES; i++) {
		pthread_join(s->lane[i].thread, NULL);
		pthread_cond_destroy(&s->lane[i].more);
	}
	pthread_mutex_destroy(&s->lock);
	bool failed = s->failed;
	*e = s->why;
	mem_free(s);
	return failed ? -1 : 0;
}
