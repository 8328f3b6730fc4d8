/*
 * damage INDEX SISTER STEP SEED: an index with one thing changed, again and again: none may pass.
 *
 * Of every STEP-th byte each bit and three other values; every STEP-th shorter length, some longer;
 * every block of 512 bytes zeroed, as the one before, in the place of the next; every member of SISTER
 * in place of the one of that name. What opens and verifies is a failure, unless nothing has changed.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fmt/index_verify.h"
#include "fmt/tar.h"

enum { REPORTS = 10 };

static struct buf good, now;
static int fd;
static size_t n_trials, n_failed;
static const char *repro;

static void put(size_t at, size_t n)
{
	struct err e;
	if (fd_pwrite(fd, "damaged", now.p + at, n, at, &e))
		err_die(&e);
}

/* The file holds what now says: is it refused? */
static void judge(const char *what, size_t at)
{
	struct index ix;
	struct err e;
	n_trials++;
	int r = index_open_fd(&ix, dup(fd), "damaged", &e);
	if (!r)
		r = index_verify(&ix, &e);
	index_close(&ix);
	if (r && e.code == ERR_DATA)
		return;
	if (++n_failed <= REPORTS)
		printf("FAILED %s at %zu: %s\nREPRO: %s\n", what, at, r ? e.msg : "it passes", repro);
}

/* n bytes from at differ in now; then all is as it was. */
static void try(const char *what, size_t at, size_t n)
{
	if (!memcmp(now.p + at, good.p + at, n))
		return;
	put(at, n);
	judge(what, at);
	memcpy(now.p + at, good.p + at, n);
	put(at, n);
}

static void bytes(size_t step, struct rng *r)
{
	for (size_t i = (size_t)rng_below(r, step); i < good.len; i += step) {
		for (int bit = 0; bit < 8; bit++) {
			now.p[i] ^= (uint8_t)(1 << bit);
			try("a bit", i, 1);
		}
		for (int k = 0; k < 3; k++) {
			now.p[i] += (uint8_t)(1 + rng_below(r, 255));
			try("a byte", i, 1);
		}
	}
}

static void lengths(size_t step)
{
	static const size_t more[] = {1, 2, 3, 4, 8, 16, 256, 511, 512, 513, 1024, 4096};
	struct err e;
	for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
		if (ftruncate(fd, (off_t)(good.len + more[i])))
			exit(2);
		judge("longer", good.len + more[i]);
	}
	for (size_t n = good.len - 1; n < good.len; n = n >= step ? n - step : SIZE_MAX) {
		if (ftruncate(fd, (off_t)n))
			exit(2);
		judge("shorter", n);
	}
	if (fd_pwrite(fd, "damaged", good.p, good.len, 0, &e))
		err_die(&e);
}

static void blocks(void)
{
	enum { B = TAR_BLOCK };
	for (size_t at = 0; at + B <= good.len; at += B) {
		memset(now.p + at, 0, B);
		try("a block of zeros", at, B);
		if (!at)
			continue;
		memcpy(now.p + at, good.p + at - B, B);
		try("a block twice", at, B);
		memcpy(now.p + at, good.p + at - B, B);
		memcpy(now.p + at - B, good.p + at, B);
		try("blocks swapped", at - B, 2 * B);
	}
}

/* Members of another index, cut or followed by what was there where their length is another. */
static void sister(const char *path)
{
	struct bundle a, b;
	struct err e;
	if (bundle_open_fd(&a, dup(fd), "good", &e) || bundle_open(&b, path, &e))
		err_die(&e);
	for (size_t i = 0; i < a.n_members; i++) {
		const struct bundle_member *m = &a.member[i], *o = bundle_find(&b, m->name);
		if (!o)
			continue;
		size_t n = (size_t)tar_padded(m->n < o->n ? m->n : o->n), at = (size_t)m->off_bytes;
		memcpy(now.p + at, o->p, n);
		try("a member of another index", at, n);
		memcpy(now.p + at - TAR_BLOCK, o->p - TAR_BLOCK, n + TAR_BLOCK);
		try("a member of another index, with its header", at - TAR_BLOCK, n + TAR_BLOCK);
	}
	bundle_close(&a);
	bundle_close(&b);
}

int main(int argc, char **argv)
{
	struct err e;
	prog_start(argv[0]);
	if (argc != 5)
		err_usage_die("want INDEX SISTER STEP SEED");
	size_t step = strtoul(argv[3], NULL, 10);
	struct rng r = {strtoull(argv[4], NULL, 10)};
	repro = mem_printf("damage %s %s %s %s", argv[1], argv[2], argv[3], argv[4]);
	fd = memfd_create("damaged", MFD_CLOEXEC);
	if (!step || file_slurp(argv[1], 1u << 28, &good, &e))
		err_usage_die("no index %s, or step 0", argv[1]);
	buf_add(&now, good.p, good.len);
	put(0, now.len);
	bytes(step, &r);
	lengths(step);
	blocks();
	sister(argv[2]);
	printf("an index of %zu bytes\n%zu trials, %zu failed\n", good.len, n_trials, n_failed);
	return n_failed != 0;
}
