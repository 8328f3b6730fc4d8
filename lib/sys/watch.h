/*
 * watch: what changes below folders, in batches: inotify(7).
 *
 *	struct watch_opts o = WATCH_OPTS_INIT; o.roots = ...;
 *	struct watch *w; if (watch_open(&o, &w, e)) return -1;
 *	while (watch_next(w, stop_fd, 1, &batch, e) > 0) ... batch.n changes ...
 *	watch_batch_release(&batch); watch_free(w);
 *
 * Events only say that something happened. What changed is found by looking: the files that a
 * walk finds (walk.h), their sizes, times and inodes, compared with those of the last look. So
 * nothing is missed where events are lost, nothing is queued here, and what came and went between
 * two looks, or is ignored, is no change. A look waits until nothing has happened for debounce_s.
 *
 * Where there are no watches to be had, it looks every interval_s, says so, and tries again. While
 * a root is not there none of its files count as removed: it is waited for.
 */
#ifndef LEANN_SYS_WATCH_H
#define LEANN_SYS_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "sys/glob.h"

struct watch_opts {
	const char *const *roots;	/* (n_roots) folders and files; names in batches begin with them */
	size_t n_roots;
	/* (n_exclude) files that do not count, nor do NAME.lock and .NAME.journal beside each */
	const char *const *exclude;
	size_t n_exclude;
	const struct globs *globs;	/* or NULL */
	bool hidden, no_ignore, one_fs;	/* as in walk.h */
	bool follow;			/* links: what they lead to, as if it had been named */
	bool poll;			/* no events: look every interval_s */
	double debounce_s, longest_s;	/* of quiet before a look; of changes without quiet */
	double interval_s;
	size_t max_watches;		/* folders; 0: as many as the system lets us */
	void (*warn)(const char *msg);	/* or NULL */
};
#define WATCH_OPTS_INIT {.debounce_s = .5, .longest_s = 5, .interval_s = 30}

struct watch;

struct watch_batch {
	size_t n;
	struct buf names;		/* n names, each ended by NUL: added, changed, removed files */
};
#define WATCH_BATCH_INIT {0, BUF_INIT}

/* The first look. ERR_SYS: a root is not there. What o points to outlives *out. */
int watch_open(const struct watch_opts *o, struct watch **out, struct err *e) MUST_CHECK;
void watch_free(struct watch *w);
/*
 * Wait for changes: 1 and *b. 0: stop_fd became readable, or the reader of out_fd left; either may
 * be -1.
 */
int watch_next(struct watch *w, int stop_fd, int out_fd, struct watch_batch *b,
	       struct err *e) MUST_CHECK;
void watch_batch_release(struct watch_batch *b);
/* Of the last look. */
size_t watch_n_files(const struct watch *w);
size_t watch_n_dirs(const struct watch *w);

#endif
