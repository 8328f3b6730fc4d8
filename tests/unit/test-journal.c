/* The journal of embeddings: what was kept is found, what is damaged is not, nothing crashes. */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/rng.h"
#include "sys/journal.h"
#include "unit.h"

enum { DIM = 8, N = 40, HEAD = 96, REC = 24 + 4 * DIM };

static int n_warned;

static void warn(const char *msg)
{
	(void)msg;
	n_warned++;
}

static struct wire_info info(void)
{
	return (struct wire_info){.model = "m", .sha256 = "abc", .dim = DIM, .max_tokens = 256,
				  .precision = "fp32", .kernels = "fp32-avx2"};
}

static struct journal *open_it(const char *path)
{
	struct wire_info i = info();
	struct journal *j = NULL;
	struct err e;
	return journal_open(path, &i, warn, &j, &e) ? NULL : j;
}

/* Of text i: a unit vector that tells which. */
static void vec(int i, float v[DIM])
{
	memset(v, 0, DIM * sizeof *v);
	v[0] = cosf((float)i);
	v[1] = sinf((float)i);
}

static void key(struct journal *j, int i, struct journal_key *k)
{
	char text[20];
	journal_key(j, text, (size_t)snprintf(text, sizeof text, "text %d", i), k);
}

static void keep(struct journal *j, int from, int to)
{
	for (int i = from; i < to; i++) {
		struct journal_key k;
		float v[DIM];
		vec(i, v);
		key(j, i, &k);
		journal_add(j, &k, v);
	}
	journal_flush(j);
}

/* How many of the N are found; -1: one with another's numbers. */
static int n_right(struct journal *j)
{
	int n = 0;
	for (int i = 0; i < N; i++) {
		struct journal_key k;
		float v[DIM], got[DIM];
		key(j, i, &k);
		const uint8_t *p = journal_find(j, &k);
		if (!p)
			continue;
		vec(i, v);
		get_lef32s(p, got, DIM);
		if (memcmp(v, got, sizeof v))
			return -1;
		n++;
	}
	return n;
}

static void spoil(const char *path, const struct buf *good)
{
	struct rng r = {1};
	struct err e;
	bool fine = true, tails = true;
	for (int t = 0; t < 3000 && fine; t++) {
		size_t n = t % 3 ? good->len : (size_t)rng_below(&r, good->len + 1);
		uint8_t *p = mem_alloc(n);
		memcpy(p, good->p, n);
		for (int k = t % 3; k > 0 && n > 8; k--)
			p[8 + rng_below(&r, n - 8)] ^= (uint8_t)(1 << rng_below(&r, 8));
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		fine = fd >= 0 && !fd_write(fd, path, p, n, &e);
		close(fd);
		mem_free(p);
		struct journal *j = open_it(path);
		int right = j ? n_right(j) : -1;
		fine &= right >= 0 && (size_t)right == journal_n(j);
		keep(j, 0, 1);
		journal_close(j);
		fd = open(path, O_RDONLY);
		tails &= (lseek(fd, 0, SEEK_END) - HEAD) % REC == 0;
		close(fd);
	}
	ok(fine, "of a journal cut short or with bits changed, only right embeddings are found");
	ok(tails, "what is kept after that is at a record's place");
}

int main(void)
{
	char dir[] = "/tmp/leann-journal.XXXXXX";
	struct err e;
	if (!mkdtemp(dir))
		return 1;
	char *path = mem_printf("%s/j", dir);
	struct journal *j = open_it(path);
	keep(j, 0, N / 2);
	ok(journal_n(j) == 0 && n_right(j) == 0, "a new journal is empty, and finds what was there");
	journal_close(j);
	j = open_it(path);
	ok(n_right(j) == N / 2, "what was kept is found by the next");
	struct journal *second = open_it(path);
	ok(!second && n_warned == 1, "a second at the same time gets none, and is told");
	keep(j, N / 2, N);
	journal_close(j);
	struct buf good = BUF_INIT;
	if (file_slurp(path, 1 << 20, &good, &e))
		return 1;
	ok(good.len == HEAD + N * REC, "a journal is a header and records");
	spoil(path, &good);
	journal_add(NULL, NULL, NULL);
	journal_flush(NULL);
	ok(!journal_find(NULL, NULL) && !journal_n(NULL), "without a journal nothing is found");
	journal_close(NULL);
	buf_release(&good);
	unlink(path);
	rmdir(dir);
	mem_free(path);
	return done();
}
