/* Pauses; see gate.h. */
#include "gate.h"

#include <math.h>
#include <stdbool.h>
#include <time.h>

#include "base/progress.h"

#define PAUSE_MIN_S .25
#define PAUSE_MAX_S 8.
#define RETRY_MAX_S 120.	/* then it is asked whatever it said */

void gate_nap(double s)
{
	const struct timespec t = {(time_t)s, (long)((s - floor(s)) * 1e9)};
	if (s > 0)
		nanosleep(&t, NULL);
}

int gate_wait(struct gate *g, double due_s, struct err *e)
{
	for (;;) {
		pthread_mutex_lock(&g->lock);
		double left_s = g->closed_until_s - now_s();
		bool late = left_s > 0 && g->closed_until_s > due_s;
		if (late)
			*e = g->closed;
		g->n_asked += left_s <= 0;
		pthread_mutex_unlock(&g->lock);
		if (late)
			return -1;
		if (left_s <= 0)
			return 0;
		gate_nap(left_s < .1 ? left_s : .1);
	}
}

void gate_close(struct gate *g, double retry_after_s, struct err *why)
{
	pthread_mutex_lock(&g->lock);
	double now = now_s(), pause_s = retry_after_s;
	g->n_later++;
	if (retry_after_s > 0)
		err_prefix(why, "come again in %g s", retry_after_s);
	else if (now >= g->closed_until_s) {	/* what is refused together is one refusal */
		pause_s = g->pause_s = g->pause_s > 0 ? 2 * g->pause_s : PAUSE_MIN_S;
		if (pause_s > PAUSE_MAX_S)
			pause_s = g->pause_s = PAUSE_MAX_S;
	}
	if (pause_s > RETRY_MAX_S)
		pause_s = RETRY_MAX_S;
	if (now + pause_s > g->closed_until_s)
		g->closed_until_s = now + pause_s;
	g->closed = *why;
	pthread_mutex_unlock(&g->lock);
}

void gate_open(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	if (now_s() >= g->closed_until_s)
		g->pause_s = 0;
	pthread_mutex_unlock(&g->lock);
}

void gate_counts(struct gate *g, uint64_t *n_asked, uint64_t *n_later)
{
	pthread_mutex_lock(&g->lock);
	*n_asked = g->n_asked;
	*n_later = g->n_later;
	pthread_mutex_unlock(&g->lock);
}
