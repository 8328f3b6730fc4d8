/*
 * Files to passages. A batch of files is read and cut by all threads, then written in order, so
 * the bytes of the stream do not depend on how many threads there are. While the main thread writes
 * a batch, the others have begun with the next.
 */
#include "chunk.h"

#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "job.h"

enum {
	BATCH_FILES = 64,
	BATCH_BYTES = 8 << 20,		/* one that has them is written before the next is read */
};

struct batch {
	struct job jobs[BATCH_FILES];
	size_t n;
	uint64_t bytes;
};

struct run {
	struct chunker *k;
	struct worker *workers;		/* (threads) */
	struct batch *now, *before;	/* being read; to be written, with n 0: there is none */
	int r;				/* of writing */
	struct err *e;
};

/* By the main thread: what it does not come to here while others read, it does after them. */
static void write_before(struct run *x)
{
	struct batch *b = x->before;
	for (size_t i = 0; i < b->n && !x->r; i++)
		x->r = job_write(x->k, &b->jobs[i], x->e);
	for (size_t i = 0; i < b->n; i++)
		document_clear(&b->jobs[i].doc);
	b->n = 0;
}

static void work(void *ctx, size_t i, size_t i_worker)
{
	struct run *x = ctx;
	if (!i_worker)
		write_before(x);
	job_read(x->k, &x->now->jobs[i], &x->workers[i_worker], i_worker);
}

/* The jobs from source i on: BATCH_FILES of them, fewer when they add up to BATCH_BYTES. */
static void fill(struct batch *b, const struct chunker *k, size_t i)
{
	const struct sources *s = k->src;
	b->n = b->bytes = 0;
	while (i + b->n < s->n && b->n < BATCH_FILES && b->bytes < BATCH_BYTES) {
		struct stat st;
		const struct source *src = &s->p[i + b->n];
		b->jobs[b->n++].s = src;
		char *path = mem_printf("%s/%s", src->is_stdin ? "" : s->roots[src->root].path,
					src->rel);
		if (src->is_stdin)
			b->bytes = BATCH_BYTES;
		else if (lstat(path, &st) == 0 &&
			 (src->named || (uint64_t)st.st_size <= k->c->max_bytes))
			b->bytes += (uint64_t)st.st_size;
		mem_free(path);
	}
}

static void read_all(struct run *x)
{
	struct chunker *k = x->k;
	for (size_t i = 0, n; i < k->src->n && !x->r; i += n) {
		fill(x->now, k, i);
		n = x->now->n;
		par_for(k->par, n, work, x);
		write_before(x);
		struct batch *done = x->now;
		x->now = x->before;
		x->before = done;
		if (k->up || done->bytes >= BATCH_BYTES)	/* an update asks what has been written */
			write_before(x);
		progress_at(&k->progress, i + n);
	}
	write_before(x);
}

int chunk_files(struct chunker *k, struct err *e)
{
	struct batch *b = mem_calloc(2, sizeof *b);
	size_t n_threads = par_n_threads(k->par);
	struct run x = {.k = k, .now = &b[0], .before = &b[1], .e = e};
	x.workers = mem_array(n_threads, sizeof *x.workers);
	for (size_t t = 0; t < n_threads; t++)
		x.workers[t] = (struct worker){READFILE_INIT, sums_new(&k->prose)};
	read_all(&x);
	for (size_t t = 0; t < n_threads; t++) {
		readfile_release(&x.workers[t].reader);
		sums_free(x.workers[t].sums);
	}
	for (size_t t = 0; t < 2 * BATCH_FILES; t++)
		job_release(&b[t / BATCH_FILES].jobs[t % BATCH_FILES]);
	mem_free(x.workers);
	mem_free(b);
	return x.r;
}
