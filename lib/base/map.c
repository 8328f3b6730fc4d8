/*
 * Mapped files; see map.h. The handler of SIGBUS is here, beside the table it reads: the second
 * piece of state that a signal handler touches (the other is in tmpfile.c).
 */
#define _GNU_SOURCE
#include "base/map.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fdio.h"

enum { MAPS_MAX = 16 };	/* an index, a model's weights, a few members; more are mapped unwatched */

/* A slot is written before its address is published, so that the handler sees it whole. */
static struct {
	atomic_bool taken;	/* by a thread that maps or has mapped */
	_Atomic uintptr_t p;	/* 0: nothing to see */
	size_t n_bytes;
	char line[256];		/* what the handler says */
	size_t n_line;
} maps[MAPS_MAX];

static void on_sigbus(int sig, siginfo_t *info, void *ctx)
{
	uintptr_t at = (uintptr_t)info->si_addr;
	(void)ctx;
	for (size_t i = 0; i < MAPS_MAX; i++) {
		uintptr_t p = atomic_load(&maps[i].p);
		if (!p || at < p || at - p >= maps[i].n_bytes)
			continue;
		/* with no err to fill, fd_write() calls what a handler may call */
		int r = fd_write(2, "stderr", maps[i].line, maps[i].n_line, NULL);
		(void)r;
		_exit(2);
	}
	/* not ours: the read is tried again and ends the process */
	signal(sig, SIG_DFL);
}

static void watch(const void *p, size_t n_bytes, const char *name)
{
	struct sigaction sa = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO};
	size_t i = 0;
	while (i < MAPS_MAX && atomic_exchange(&maps[i].taken, true))
		i++;
	if (i == MAPS_MAX)
		return;
	int n = snprintf(maps[i].line, sizeof maps[i].line - 1,
			 "%.40s: %.150s: cut short or unreadable while it was read", err_prog(),
			 name);
	for (int k = 0; k < n; k++)	/* a name may hold anything */
		if ((unsigned char)maps[i].line[k] < 0x20)
			maps[i].line[k] = '?';
	maps[i].line[n] = '\n';
	maps[i].n_line = (size_t)n + 1;
	maps[i].n_bytes = n_bytes;
	atomic_store(&maps[i].p, (uintptr_t)p);
	sigaction(SIGBUS, &sa, NULL);
}

int map_file(int fd, const char *name, size_t n_bytes, const void **p, struct err *e)
{
	void *map = mmap(NULL, n_bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return err_sys(e, "%s: cannot map %zu bytes", name, n_bytes);
	watch(map, n_bytes, name);
	*p = map;
	return 0;
}

void map_release(const void *p, size_t n_bytes)
{
	if (!p)
		return;
	for (size_t i = 0; i < MAPS_MAX; i++)
		if (atomic_load(&maps[i].p) == (uintptr_t)p) {
			atomic_store(&maps[i].p, 0);
			atomic_store(&maps[i].taken, false);
		}
	munmap((void *)(uintptr_t)p, n_bytes);
}

void map_hint(const void *p, size_t n_bytes, enum map_use use)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)p & ~(page - 1);
	if (n_bytes)
		madvise((void *)at, (uintptr_t)p + n_bytes - at,
			use == MAP_SPARSE ? MADV_RANDOM : MADV_WILLNEED);
}
