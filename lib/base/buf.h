/*
 * buf: a growable byte buffer.
 *
 *	struct buf b = BUF_INIT;
 *	buf_add(&b, p, n); buf_printf(&b, "%d", x);
 *	buf_release(&b);
 *
 * b.p is owned by b until buf_detach(). b.p[b.len] is always readable and 0 once
 * anything was added, so text can be used as a C string.
 */
#ifndef LEANN_BASE_BUF_H
#define LEANN_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct buf {
	uint8_t *p;
	size_t len, cap;
};
#define BUF_INIT {0}

void buf_reserve(struct buf *b, size_t extra);		/* room for extra more bytes (+1) */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_addc(struct buf *b, int c);
void buf_adds(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_zero(struct buf *b, size_t n);			/* append n zero bytes */
void buf_clear(struct buf *b);				/* len 0, memory kept */
void buf_release(struct buf *b);			/* frees; b is BUF_INIT again */
uint8_t *buf_detach(struct buf *b);			/* caller frees with mem_free */

#endif
