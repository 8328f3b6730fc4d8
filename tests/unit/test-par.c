/* The thread pool: every item once, rounds in a row, pauses between them. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/par.h"
#include "unit.h"

enum { N_MAX = 5000 };

struct count {
	atomic_uchar seen[N_MAX];
	atomic_size_t n_bad_worker;
	size_t n_workers;
};

static void count_body(void *ctx, size_t i, size_t i_worker)
{
	struct count *c = ctx;
	atomic_fetch_add(&c->seen[i], 1);
	if (i_worker >= c->n_workers)
		atomic_fetch_add(&c->n_bad_worker, 1);
}

static bool round_is_right(struct par *p, struct count *c, size_t n)
{
	size_t n_wrong = 0;
	memset(c->seen, 0, sizeof c->seen);
	par_for(p, n, count_body, c);
	for (size_t i = 0; i < N_MAX; i++)
		n_wrong += atomic_load(&c->seen[i]) != (i < n);
	return !n_wrong && !atomic_load(&c->n_bad_worker);
}

static void rounds(size_t n_threads)
{
	static struct count c;
	struct par *p = n_threads ? par_new(n_threads) : NULL;
	const struct timespec pause = {0, 200 * 1000};	/* longer than workers look for work */
	size_t n_wrong = 0, sizes[] = {0, 1, 2, 3, 7, 64, 1000, N_MAX};
	c.n_workers = n_threads ? n_threads : 1;
	for (size_t r = 0; r < 2000; r++) {
		n_wrong += !round_is_right(p, &c, sizes[r % (sizeof sizes / sizeof *sizes)]);
		if (r % 50 == 0)
			nanosleep(&pause, NULL);
	}
	ok(!n_wrong, "%zu threads: every item of 2000 rounds is done once, before the round ends",
	   n_threads);
	par_free(p);
}

static void slow_body(void *ctx, size_t i, size_t i_worker)
{
	const struct timespec nap = {0, (long)(i % 3) * 300 * 1000};
	(void)i_worker;
	nanosleep(&nap, NULL);
	atomic_fetch_add((atomic_size_t *)ctx, 1);
}

/* Longer than anyone spins: the caller and the workers sleep and are woken. */
static void sleepers(void)
{
	struct par *p = par_new(4);
	atomic_size_t n = 0;
	size_t want = 0, n_wrong = 0;
	for (size_t r = 0; r < 100; r++) {
		size_t items = 1 + r % 9;
		par_for(p, items, slow_body, &n);
		want += items;
		n_wrong += atomic_load(&n) != want;
	}
	ok(!n_wrong, "slow items: the caller returns when the last is done, and not before");
	par_free(p);
}

int main(void)
{
	for (size_t n = 0; n <= 5; n++)
		rounds(n);
	sleepers();
	for (size_t i = 0; i < 200; i++)
		par_free(par_new(3));
	ok(true, "pools that did nothing end");
	return done();
}
