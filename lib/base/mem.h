/*
 * mem: memory that is there or the program ends ("out of memory", exit 2).
 *
 * Sizes that come from input are checked with size_mul()/size_add() and against
 * the length of their container before they reach an allocation.
 */
#ifndef LEANN_BASE_MEM_H
#define LEANN_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

void *mem_alloc(size_t n_bytes);			/* not zeroed; n 0 gives 1 byte */
void *mem_calloc(size_t n, size_t size);		/* zeroed; overflow ends the program */
void *mem_array(size_t n, size_t size);			/* not zeroed; overflow ends the program */
void *mem_realloc(void *p, size_t n_bytes);
void *mem_aligned(size_t align, size_t n_bytes);	/* align a power of two; freed by mem_free */
char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t n);
char *mem_printf(const char *fmt, ...) PRINTF(1, 2);
void mem_free(void *p);					/* NULL is fine */
/* There is none, says a library that has its own: "out of memory for X". */
_Noreturn void mem_none(const char *for_what);
/*
 * on: a library runs that calls exit(1) when memory is out, as libarchive does; the status is then
 * 2, in programs that called mem_guard_start(), as prog_start() does.
 */
void mem_guard(bool on);
void mem_guard_start(void);
uint64_t mem_machine_bytes(void);	/* memory of this machine; UINT64_MAX: it does not say */

/* a*b and a+b into *out; ERR_DATA "size overflow" when they do not fit a size_t. */
int size_mul(size_t a, size_t b, size_t *out, struct err *e) MUST_CHECK;
int size_add(size_t a, size_t b, size_t *out, struct err *e) MUST_CHECK;

#endif
