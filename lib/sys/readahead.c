/* See readahead.h. */
#define _GNU_SOURCE	/* mincore */
#include "sys/readahead.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"

enum { PIECE_BYTES = 1 << 20, PAGE_MIN = 4096 };

uint64_t memory_available(void)
{
	static const char key[] = "MemAvailable:";
	char text[4096];
	struct err ignored;
	size_t n = 0;
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fd_pread(fd, "meminfo", text, sizeof text - 1, 0, &n, &ignored))
		n = 0;
	if (fd >= 0)
		close(fd);
	text[n] = 0;
	const char *at = strstr(text, key);
	if (at)
		return (uint64_t)strtoull(at + strlen(key), NULL, 10) * 1024;
	long pages = sysconf(_SC_AVPHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

/* How many of n bytes at p, which begins a page, are not in memory; all where it is not known. */
static size_t missing(const uint8_t *p, size_t n, size_t page)
{
	unsigned char in[PIECE_BYTES / PAGE_MIN];
	size_t pages = n / page + (n % page != 0), k = 0;
	if (pages > sizeof in || mincore((void *)(uintptr_t)p, n, in))
		return n;
	for (size_t i = 0; i < pages; i++)
		k += !(in[i] & 1);
	return k * page < n ? k * page : n;
}

int readahead_part(int fd, const char *name, const uint8_t *map, uint64_t from, uint64_t to,
		   uint64_t *room, uint64_t *read, uint64_t *left, struct err *e)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), got;
	uint8_t *scratch = mem_alloc(PIECE_BYTES);
	int r = 0;
	*read = *left = 0;
	for (uint64_t at = from - from % page; at < to && !r;) {
		size_t n = to - at < PIECE_BYTES ? (size_t)(to - at) : PIECE_BYTES;
		size_t want = missing(map + at, n, page);
		if (want > *room) {
			*left = to - (at > from ? at : from);
			break;
		}
		if (want)
			r = fd_pread(fd, name, scratch, n, at, &got, e);
		*room -= want;
		*read += want;
		at += n;
	}
	mem_free(scratch);
	return r;
}
