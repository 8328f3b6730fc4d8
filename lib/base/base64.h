/* base64: RFC 4648 with padding, no line breaks. */
#ifndef LEANN_BASE_BASE64_H
#define LEANN_BASE_BASE64_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

void base64_put(struct buf *out, const void *p, size_t n);
/*
 * Append the bytes that the n characters at s stand for; -1 (out as it was) when they are not
 * base64.
 */
int base64_get(struct buf *out, const char *s, size_t n) MUST_CHECK;
/* What digit c stands for, 0..63; -1: it is none. */
int base64_digit(uint8_t c);

#endif
