/* A progress line; see progress.h. */
#include "base/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void progress_start(struct progress *p, const char *unit, uint64_t total, bool quiet)
{
	*p = (struct progress){
		.unit = unit, .on = !quiet && isatty(2), .t0_s = now_s(), .total = total};
	p->shown_s = p->t0_s + .5;	/* nothing for work of half a second */
}

void progress_at(struct progress *p, uint64_t done)
{
	if (!p->on)
		return;
	double t = now_s();
	if (t < p->shown_s)
		return;
	p->shown_s = t + .5;
	double rate = (double)done / (t - p->t0_s);
	fprintf(stderr, "\r\033[K%s: %llu", err_prog(), (unsigned long long)done);
	if (p->total)
		fprintf(stderr, " of %llu", (unsigned long long)p->total);
	fprintf(stderr, " %s, %.0f/s", p->unit, rate);
	if (p->total && rate > 0)
		fprintf(stderr, ", %.0f s left", (double)(p->total - done) / rate);
	fflush(stderr);
}

void progress_end(struct progress *p, uint64_t done)
{
	(void)done;
	if (p->on && now_s() > p->t0_s + .5)
		fputs("\r\033[K", stderr);
	p->on = false;
}
