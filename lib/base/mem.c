/* Allocation; the only caller of malloc and friends. */
#define _DEFAULT_SOURCE	/* _SC_PHYS_PAGES */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool guarded;

_Noreturn void mem_none(const char *for_what)
{
	fprintf(stderr, "%s: out of memory for %s\n", err_prog(), for_what);
	exit(2);
}

static void end_guarded(void)
{
	if (guarded)
		_exit(2);
}

void mem_guard_start(void)
{
	atexit(end_guarded);
}

void mem_guard(bool on)
{
	guarded = on;
}

static _Noreturn void out_of_memory(size_t n_bytes)
{
	fprintf(stderr, "%s: out of memory (%zu bytes asked for)\n", err_prog(), n_bytes);
	exit(2);
}

void *mem_alloc(size_t n_bytes)
{
	void *p = malloc(n_bytes ? n_bytes : 1);
	if (!p)
		out_of_memory(n_bytes);
	return p;
}

void *mem_calloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);
	if (!p)
		out_of_memory(n * size);
	return p;
}

void *mem_array(size_t n, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory((size_t)-1);
	return mem_alloc(total);
}

void *mem_realloc(void *p, size_t n_bytes)
{
	void *q = realloc(p, n_bytes ? n_bytes : 1);
	if (!q)
		out_of_memory(n_bytes);
	return q;
}

void *mem_aligned(size_t align, size_t n_bytes)
{
	void *p = NULL;
	if (posix_memalign(&p, align, n_bytes ? n_bytes : 1))
		out_of_memory(n_bytes);
	return p;
}

char *mem_strdup(const char *s)
{
	return mem_strndup(s, strlen(s));
}

char *mem_strndup(const char *s, size_t n)
{
	char *p = mem_alloc(n + 1);
	memcpy(p, s, n);
	p[n] = 0;
	return p;
}

char *mem_printf(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *p = mem_alloc((size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void mem_free(void *p)
{
	free(p);
}

uint64_t mem_machine_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : UINT64_MAX;
}

int size_mul(size_t a, size_t b, size_t *out, struct err *e)
{
	if (__builtin_mul_overflow(a, b, out))
		return err_set(e, ERR_DATA, "size overflow: %zu x %zu", a, b);
	return 0;
}

int size_add(size_t a, size_t b, size_t *out, struct err *e)
{
	if (__builtin_add_overflow(a, b, out))
		return err_set(e, ERR_DATA, "size overflow: %zu + %zu", a, b);
	return 0;
}
